/** An account that is being closed (docs/account.md): its owner gets in to undo that, and no relying party gets them. */
import { randomUUID } from 'node:crypto';
import { agreedVersion } from '../../src/consents/consent';
import { createDocuments } from '../../src/consents/documents';
import { giveConsents } from '../../src/consents/give';
import { findOpenClosing } from '../../src/consents/store';
import { enterAt } from '../approvals/office';
import { createAgent, type Agent, type Answer } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { messagesTo } from '../support/recovery';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';

const CLOSE = '/account/close';
const CONSENTS = '/account/consents';

let product: TestProduct;
let client: TestClient;
let person: TestPerson;
let agent: Agent;

beforeAll(async () => {
  product = await startProduct('postgres');
  client = await addClient(product.app);
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await addPerson(product.app);
  agent = createAgent(product.issuer);
  await enterAt(agent, product.issuer, CLOSE, person);
});

/** Fills in the form of a page; the answer to it. */
const send = async (path: string, form: Record<string, string>, to = path): Promise<Answer> =>
  agent.post(to, { ...hiddenFields((await agent.get(path)).body), ...form });
const askClosing = (): Promise<Answer> => send(CLOSE, { understood: 'yes' });

/** What a relying party's request comes to for somebody who is signed in here, or signs in for it. */
async function ask(who: Agent, change: Record<string, string> = {}) {
  const request = authorizationRequest(client, change);
  const answer = await follow(who, product.issuer, await who.get(request.path));
  return { request, answer };
}
const said = ({ location }: Answer, name: string): string | null =>
  new URL(location ?? 'http://nowhere').searchParams.get(name);

/** The form of the page that a relying party's request has led to. */
async function decide(who: Agent, page: Answer, decision: string): Promise<Answer> {
  const action = /<form id="closing"[^>]*action="([^"]+)"/.exec(page.body)?.[1] ?? '';
  return follow(who, product.issuer, await who.post(action, { ...hiddenFields(page.body), decision }));
}

it('leads to a page that undoes it and goes on; who does not want that goes back without a sign-in', async () => {
  await askClosing();
  const silent = await ask(agent, { prompt: 'none' });
  expect(said(silent.answer, 'error')).toBe('interaction_required');
  const here = await ask(agent);
  expect(here.answer.status).toBe(200);
  expect(here.answer.body).toContain('Учётная запись закрывается');
  expect(said(await decide(agent, here.answer, 'cancel'), 'error')).toBe('access_denied');
  expect(await findOpenClosing(product.app.db, person.id)).toBeDefined();

  // The same in another browser, where they sign in first.
  const other = createAgent(product.issuer);
  const request = authorizationRequest(client);
  const signIn = await openSignIn(other, request);
  const stopped = await follow(other, product.issuer, await submitSignIn(other, signIn, person));
  expect(stopped.body).toContain('Учётная запись закрывается');
  const back = await decide(other, stopped, 'undo');
  const tokens = await redeemCode(other, client, request, said(back, 'code') ?? '');
  expect(tokens.status).toBe(200);
  expect(await findOpenClosing(product.app.db, person.id)).toBeUndefined();
  const [notice] = await messagesTo(product, person.email);
  expect(notice?.template).toBe('account_closing_undone');
});

it('refuses what relying parties hold, as for a blocked account', async () => {
  const unspent = await ask(agent);
  const { request, answer } = await ask(agent);
  const tokens = await redeemCode(agent, client, request, said(answer, 'code') ?? '');
  await askClosing();
  const late = await redeemCode(agent, client, unspent.request, said(unspent.answer, 'code') ?? '');
  expect(late.json.error).toBe('invalid_grant');
  const refreshed = await refreshTokens(agent, client, String(tokens.json.refresh_token));
  expect(refreshed.json.error).toBe('invalid_grant');
});

it('refuses tokens that were made in the very moment in which the closing began', async () => {
  const { request, answer } = await ask(agent);
  const tokens = await redeemCode(agent, client, request, said(answer, 'code') ?? '');
  const headers = { authorization: `Bearer ${String(tokens.json.access_token)}` };
  expect((await agent.get('/userinfo', { headers })).status).toBe(200);
  // As if its transaction had not seen them.
  const { db, clock } = product.app;
  const day = new Date(clock.now().getTime() + 7 * 86_400_000);
  const closing = { accountId: person.id, reason: 'asked', askedBy: `account:${person.id}` } as const;
  await db
    .insertInto('accountClosings')
    .values({
      ...{ id: randomUUID(), ...closing, askedAt: clock.now(), destroyAfter: day, destroyBy: day },
      ...{ undoneAt: null, destroyedAt: null },
    })
    .execute();
  expect((await agent.get('/userinfo', { headers })).status).toBe(401);
  const refreshed = await refreshTokens(agent, client, String(tokens.json.refresh_token));
  expect(refreshed.json.error).toBe('invalid_grant');
});

it('leaves the own pages open, from which it is undone', async () => {
  await askClosing();
  const other = createAgent(product.issuer);
  const page = await enterAt(other, product.issuer, CLOSE, person);
  expect([page.path, page.status]).toEqual([CLOSE, 200]);
  const undone = await other.post(`${CLOSE}/undo`, hiddenFields(page.body));
  expect(undone.location).toContain('done=undone');
  expect(said((await ask(other)).answer, 'code')).toBeTruthy();
});

describe('for who has agreed to something', () => {
  beforeEach(async () => {
    const { db } = product.app;
    const consents = (await createDocuments(product.app).required()).map(agreedVersion);
    const facts = { form: 'registration', way: 'box', address: '192.0.2.7', userAgent: 'test' } as const;
    const given = { accountId: person.id, consents, facts, at: product.app.clock.now() };
    await db.transaction().execute((trx) => giveConsents(trx, given));
  });

  const withdraw = (): Promise<Answer> => send(`${CONSENTS}/personal_data/withdraw`, {});

  it('says goodbye on a page that a reload and the other language show again', async () => {
    expect((await agent.get(`${CONSENTS}/withdrawn`)).location).toBe(`${product.issuer}${CONSENTS}`);
    const done = await withdraw();
    expect([done.status, done.location]).toEqual([303, `${product.issuer}${CONSENTS}/withdrawn`]);
    expect((await agent.get(CONSENTS)).location).toContain('/auth?');
    const open = await findOpenClosing(product.app.db, person.id);
    const day = open?.destroyBy.toLocaleDateString('ru', { dateStyle: 'long', timeZone: 'Europe/Moscow' });
    const page = await agent.get(`${CONSENTS}/withdrawn`);
    expect(page.body).toContain('Согласие отозвано');
    expect(page.body).toContain((day ?? '').replace(/\sг\.$/, ''));
    const english = await agent.get(`${CONSENTS}/withdrawn?lang=en`);
    expect([english.status, english.body.includes('<html lang="en"')]).toEqual([200, true]);
    expect((await agent.get(`${CONSENTS}/personal_data/withdraw`)).location).toContain('/auth?');
    // From there the way back in stands open.
    const again = await enterAt(agent, product.issuer, CONSENTS, person);
    expect(again.body).toMatch(/name="again" value="personal_data"/);
  });

  it('is not undone by the page of the closing while a consent is withdrawn', async () => {
    await askClosing();
    await withdraw();
    await enterAt(agent, product.issuer, CLOSE, person);
    await send(CLOSE, {}, `${CLOSE}/undo`);
    expect(await findOpenClosing(product.app.db, person.id)).toMatchObject({ reason: 'consent_withdrawn' });
    const { answer } = await ask(agent);
    expect(answer.body).toContain('Вы отозвали согласие');
    const action = /<form id="documents"[^>]*action="([^"]+)"/.exec(answer.body)?.[1] ?? '';
    const form = { ...hiddenFields(answer.body), personal_data: 'yes', decision: 'agree' };
    const back = await follow(agent, product.issuer, await agent.post(action, form));
    expect(said(back, 'code')).toBeTruthy();
    expect(await findOpenClosing(product.app.db, person.id)).toBeUndefined();
  });
});
