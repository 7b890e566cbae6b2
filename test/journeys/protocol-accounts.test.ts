/** What operators do to an account shows at once: on every node, in sessions and in tokens. */
import { setTimeout as sleep } from 'node:timers/promises';
import { blockAccount, setEmail, unblockAccount } from '../../src/accounts/change-account';
import { SET_PASSWORD } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { requestMembership } from '../../src/companies/memberships/request';
import { openMessage } from '../../src/notifications/outbox';
import { setPassword, type PasswordRight } from '../../src/recovery/set-password';
import { issueLink } from '../../src/tokens/links';
import { codeFor, isActive, relyingParty, tokensFor, userinfoStatus } from '../provider/tokens';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  TEST_PASSWORD,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  hiddenFields,
  openSignIn,
  redeemCode,
  refreshTokens,
  follow,
  submitSignIn,
} from '../support/relying-party';

describe.each(storageKinds)('an account on %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;
  let agent: Agent;

  beforeAll(async () => {
    const env = { SUPPORT_PHONE: '8 800 000-00-00', SUPPORT_EMAIL: 'support@example.com' };
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1, env });
    client = await addClient(product.app);
  });
  afterAll(() => product.close());
  beforeEach(() => {
    agent = createAgent(product.issuer);
  });

  const tools = () => ({ ...product.app, issuer: product.issuer });
  /** Another node than the one that answers first, where there are two. */
  const lastPort = () => product.nodes.at(-1)?.port;
  const isSignedIn = async (): Promise<boolean> => {
    const silent = await agent.get(authorizationRequest(client, { prompt: 'none' }).path, {
      port: lastPort(),
    });
    return new URL(silent.location ?? '').searchParams.has('code');
  };
  const nodeTools = () => ({ ...tools(), db: product.nodes.at(-1)?.app.db ?? product.app.db });
  /** What a mailed link is worth that was not used yet. */
  const newRight = async ({ id, email }: TestPerson): Promise<PasswordRight> => {
    const request = { purpose: SET_PASSWORD, accountId: id, payload: { email }, ttlSeconds: 600 } as const;
    const token = await issueLink(product.app.db, request, product.app.clock);
    return { purpose: SET_PASSWORD, token };
  };
  const trySignIn = async (person: { email: string; password: string }) => {
    const browser = createAgent(product.issuer);
    return submitSignIn(browser, await openSignIn(browser, authorizationRequest(client)), person);
  };

  it('attack 36: that is blocked is out everywhere at once, and told why only with its password', async () => {
    const person = await addPerson(product.app);
    const given = await tokensFor(product, agent, client, person);
    const pending = await codeFor(product, agent, client, person);
    expect(await isSignedIn()).toBe(true);
    const ownPages = async () => (await agent.get('/account', { port: lastPort() })).status;
    await agent.get('/account').then((asked) => follow(agent, product.issuer, asked));
    expect(await ownPages()).toBe(200);
    const right = await newRight(person);
    await sleep(1100);
    await blockAccount(tools(), person.id, 'уволен <b>вчера</b>', 'operator:test', 'служебная записка');

    expect(await ownPages()).toBe(303);
    const spent = await setPassword(nodeTools(), right, 'корабль уходит в море');
    expect(spent).toEqual({ outcome: 'unknown' });
    const party = relyingParty(product);
    expect(await userinfoStatus(product, given.access, lastPort())).toBe(401);
    expect(await isActive(product, client, given.access)).toBe(false);
    expect(await refreshTokens(party, client, given.refresh, { port: lastPort() })).toMatchObject({
      status: 400,
      json: { error: 'invalid_grant' },
    });
    expect(await redeemCode(party, client, pending.request, pending.code)).toMatchObject({
      status: 400,
      json: { error: 'invalid_grant' },
    });
    expect(await isSignedIn()).toBe(false);

    const told = await trySignIn(person);
    expect(told.status).toBe(403);
    expect(told.body).toContain('уволен &lt;b&gt;вчера');
    expect(told.body).toMatch(
      /<main[^]*href="tel:88000000000"[^]*href="mailto:support@example.com"[^]*<\/main>/,
    );
    expect(told.body).not.toContain('служебная');
    const wrong = await trySignIn({ ...person, password: 'не тот пароль' });
    expect(wrong.status).toBe(422);
    expect(wrong.body).not.toContain('уволен');

    await unblockAccount(tools(), person.id, 'operator:test');
    expect(await isSignedIn()).toBe(false);
    expect(await userinfoStatus(product, given.access)).toBe(401);
    expect(await refreshTokens(party, client, given.refresh)).toMatchObject({ status: 400 });
    await tokensFor(product, agent, client, person);
    expect(await isSignedIn()).toBe(true);
  });

  it('with another e-mail is out, and in again only by the link sent there', async () => {
    const person = await addPerson(product.app);
    const given = await tokensFor(product, agent, client, person);
    await sleep(1100);
    const email = parseEmail(`moved-${kind}@example.com`);
    if (!email) throw new Error('no address');
    await setEmail(tools(), person.id, email, 'operator:test');

    expect(await isSignedIn()).toBe(false);
    expect(await userinfoStatus(product, given.access, lastPort())).toBe(401);
    expect((await trySignIn(person)).status).toBe(422);
    expect((await trySignIn({ email: email.value, password: TEST_PASSWORD })).status).toBe(422);

    const row = await product.app.db
      .selectFrom('outbox')
      .selectAll()
      .orderBy('createdAt', 'desc')
      .executeTakeFirstOrThrow();
    const message = openMessage(product.app.secrets, row);
    expect(message.to).toBe(email.value);
    const link = new URL(String((message.values as { link: string }).link));
    const browser = createAgent(product.issuer);
    const opened = await browser.get(link.pathname + link.search);
    expect(opened).toMatchObject({ status: 303, location: `${product.issuer}/set-password` });
    const page = await browser.get('/set-password');
    const password = 'корабль уходит в море';
    const form = { ...hiddenFields(page.body), password, password_repeated: password };
    expect((await browser.post('/set-password', form)).status).toBe(303);

    expect((await trySignIn({ email: email.value, password })).status).toBe(303);
    expect((await trySignIn({ email: person.email, password })).status).toBe(422);
    expect((await browser.post('/set-password', form)).status).toBe(410);
  });

  it('whose operator gives it another e-mail while its owner sets a password: one waits for the other', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const person = await addPerson(product.app);
      const right = await newRight(person);
      const email = parseEmail(`race-${kind}-${turn}@example.com`);
      if (!email) throw new Error('no address');
      const [set, changed] = await Promise.all([
        setPassword(nodeTools(), right, 'корабль уходит в море'),
        setEmail(tools(), person.id, email, 'operator:test'),
      ]);
      expect(['done', 'unknown', 'email_changed']).toContain(set.outcome);
      expect(changed).toMatchObject({ id: person.id });
    }
  });

  it('blocked at the page that says how an application stands: the page is over', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const unit = { inn: '7800999994', kpp: '780001001' };
    const naming = { name: 'ООО "Пример"', nameSource: 'operator' as const, ogrn: null };
    const request = { accountId: person.id, unit, naming, path: 'port-one', clientId: client.id };
    await app.db.transaction().execute((trx) => requestMembership(trx, tools(), request));
    const page = await openSignIn(agent, authorizationRequest(client));
    const waiting = await follow(agent, issuer, await submitSignIn(agent, page, person));
    const path = /action="(\/interaction\/[\w-]+\/waiting)"/.exec(waiting.body)?.[1] ?? '';
    expect((await agent.get(path)).body).toContain('Заявка на рассмотрении');
    await blockAccount(tools(), person.id, 'проверка', 'operator:test');
    expect((await agent.get(path, { port: lastPort() })).body).not.toContain('Заявка');
    const form = { ...hiddenFields(waiting.body), answer: 'я всё ещё здесь' };
    expect((await agent.post(`${path}/answer`, form)).status).toBe(410);
  });

  it('that is gone leaves nothing behind that works', async () => {
    const person = await addPerson(product.app);
    const given = await tokensFor(product, agent, client, person);
    await product.app.db.deleteFrom('accounts').where('id', '=', person.id).execute();
    expect(await isSignedIn()).toBe(false);
    expect(await userinfoStatus(product, given.access)).toBe(401);
    expect(await refreshTokens(relyingParty(product), client, given.refresh)).toMatchObject({ status: 400 });
    expect((await trySignIn(person)).status).toBe(422);
  });
});
