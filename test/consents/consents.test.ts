/** A new version is asked for at sign-in, consents are records, and withdrawing one does what the law asks. */
import { findProfile } from '../../src/accounts/store';
import { listEvents } from '../../src/audit/store';
import { agreedVersion } from '../../src/consents/consent';
import { createDocuments, DOCUMENTS_AGE, readShipped } from '../../src/consents/documents';
import { giveConsents } from '../../src/consents/give';
import { publishDocument } from '../../src/consents/publish-document';
import { findOpenClosing, listConsents } from '../../src/consents/store';
import { withdrawConsent } from '../../src/consents/withdraw';
import { openAnswers } from '../../src/registration/answers';
import { dataOf, messagesTo, newRegistrant } from '../registration/wizard';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  redeemCode,
  refreshTokens,
  signIn,
  submitSignIn,
} from '../support/relying-party';

const BOTH = { terms: 'yes', personal_data: 'yes', decision: 'agree' };
const IN_ACCOUNT = { form: 'account', way: 'button', address: '127.0.0.1', userAgent: 'test' } as const;

describe.each(storageKinds)('consents on %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;
  const clock = movableClock(new Date());
  beforeAll(async () => {
    product = await startProduct(kind, { clock });
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  let published = 0;
  /** Publishes the shipped text with a line more, and waits until every node has it. */
  async function publish(name: 'terms' | 'personal_data', line: string): Promise<string> {
    published += 1;
    const shipped = readShipped(product.app.viewsDir).find((document) => document.name === name);
    const [ru, en] = [`${shipped?.text.ru ?? ''}${line}\n`, `${shipped?.text.en ?? ''}EN ${line}\n`];
    const version = `test-${published}`;
    await publishDocument(product.app, { name, ru, en, version }, 'operator:test');
    clock.advance(DOCUMENTS_AGE + 1);
    return version;
  }

  /** Somebody who has agreed to everything that holds now. */
  async function addAgreed(): Promise<TestPerson> {
    const { app } = product;
    const person = await addPerson(app);
    const consents = (await createDocuments(app).required()).map(agreedVersion);
    const facts = { form: 'registration', way: 'box', address: '127.0.0.1', userAgent: 'test' } as const;
    const given = { accountId: person.id, consents, facts, at: clock.now() };
    await app.db.transaction().execute((trx) => giveConsents(trx, given));
    return person;
  }

  async function enter(person: TestPerson, agent: Agent = createAgent(product.issuer), change = {}) {
    const request = authorizationRequest(client, change);
    const page = await openSignIn(agent, request);
    const answer = await follow(agent, product.issuer, await submitSignIn(agent, page, person));
    const action = /<form id="documents"[^>]*action="([^"]+)"/.exec(answer.body)?.[1] ?? '';
    const post = async (form: Record<string, string>) =>
      follow(agent, product.issuer, await agent.post(action, { ...hiddenFields(answer.body), ...form }));
    return { agent, request, answer, action, post };
  }

  const codeOf = ({ location }: { location: string | undefined }): string | null =>
    new URL(location ?? 'http://nowhere').searchParams.get('code');
  const errorOf = ({ location }: { location: string | undefined }): string | null =>
    new URL(location ?? 'http://nowhere').searchParams.get('error');
  const withdraw = (person: TestPerson, document: 'terms' | 'personal_data' | 'marketing') =>
    withdrawConsent(
      { ...product.app, issuer: product.issuer },
      { accountId: person.id, document, facts: IN_ACCOUNT },
      `account:${person.id}`,
    );

  it('asks nothing while the text is the same, nor those who never agreed to anything here', async () => {
    const person = await addAgreed();
    expect(codeOf((await enter(person)).answer)).toBeTruthy();
    await publish('terms', '6. Новое правило.');
    const made = await addPerson(product.app);
    // Advertising is nobody's ground for having an account.
    const marketing = (await createDocuments(product.app).current()).filter(
      ({ name }) => name === 'marketing',
    );
    const consents = marketing.map(agreedVersion);
    const given = { accountId: made.id, consents, facts: IN_ACCOUNT, at: clock.now() };
    await product.app.db.transaction().execute((trx) => giveConsents(trx, given));
    const back = await signIn(
      createAgent(product.issuer),
      product.issuer,
      authorizationRequest(client),
      made,
    );
    expect(back.searchParams.get('code')).toBeTruthy();
  });

  it('shows what has changed, takes each box by itself, and leads on', async () => {
    const person = await addAgreed();
    const terms = await publish('terms', 'Правило о погрузке.');
    const data = await publish('personal_data', 'Цель: погрузка.');
    const visit = await enter(person);
    expect(visit.answer.status).toBe(200);
    expect(visit.answer.body).toContain('Подтвердите согласие с документами');
    expect(visit.answer.body).toMatch(/<ins><b>Добавлено:<\/b> Правило о погрузке\.<\/ins>/);
    expect(visit.answer.body).toMatch(/<ins><b>Добавлено:<\/b> Цель: погрузка\.<\/ins>/);
    expect(visit.answer.body).not.toContain('Учётная запись личная');
    expect(visit.answer.body).not.toMatch(/type="checkbox"[^>]*checked/);
    const whole = await visit.agent.get(`/documents/terms?version=${terms}`);
    expect([whole.status, whole.body]).toEqual([200, expect.stringContaining('Учётная запись личная')]);

    const half = await visit.post({ terms: 'yes', decision: 'agree' });
    expect([half.status, half.body]).toEqual([
      422,
      expect.stringContaining('Дайте согласие на обработку персональных данных'),
    ]);
    expect(half.body.match(/type="checkbox"[^>]*checked/g)).toHaveLength(1);
    expect(await listConsents(product.app.db, person.id)).toHaveLength(2);
    expect(codeOf(await visit.post(BOTH))).toBeTruthy();

    const records = (await listConsents(product.app.db, person.id)).slice(2);
    const facts = { action: 'given', form: 'sign_in', way: 'box', address: '127.0.0.1' };
    expect(records).toEqual([
      expect.objectContaining({ ...facts, document: 'terms', version: terms }),
      expect.objectContaining({ ...facts, document: 'personal_data', version: data }),
    ]);
    const silent = await visit.agent.get(authorizationRequest(client, { prompt: 'none' }).path);
    expect(codeOf(silent)).toBeTruthy();
  });

  it('cancels at the relying party, and refuses prompt=none until it is settled', async () => {
    const person = await addAgreed();
    await publish('terms', 'Ещё правило.');
    const visit = await enter(person, undefined, { ui_locales: 'en' });
    expect(visit.answer.body).toContain('What has changed');
    expect(visit.answer.body).toContain('EN Ещё правило.');
    expect(visit.answer.body).not.toContain('Цель: погрузка');
    const silent = await visit.agent.get(authorizationRequest(client, { prompt: 'none' }).path);
    expect(errorOf(silent)).toBe('interaction_required');
    expect(errorOf(await visit.post({ decision: 'cancel' }))).toBe('access_denied');
    expect(await listConsents(product.app.db, person.id)).toHaveLength(2);
  });

  it('takes no agreement to a text that is not the newest any more', async () => {
    const person = await addAgreed();
    await publish('terms', 'Первая правка.');
    const visit = await enter(person);
    await publish('terms', 'Вторая правка.');
    const late = await visit.post(BOTH);
    expect([late.status, late.body]).toEqual([422, expect.stringContaining('вышла новая редакция')]);
    expect(late.body).toContain('Вторая правка.');
    expect(late.body).not.toMatch(/type="checkbox"[^>]*checked/);
    expect(await listConsents(product.app.db, person.id)).toHaveLength(2);
    const again = await visit.agent.post(visit.action, { ...hiddenFields(late.body), ...BOTH });
    expect(codeOf(await follow(visit.agent, product.issuer, again))).toBeTruthy();
  });

  it('asks for a password once, also with prompt=login', async () => {
    const person = await addAgreed();
    await publish('terms', 'Правило о входе.');
    const visit = await enter(person, undefined, { prompt: 'login' });
    expect(codeOf(await visit.post(BOTH))).toBeTruthy();
  });

  it('ends advertising and nothing else', async () => {
    const person = await addAgreed();
    const [marketing] = (await createDocuments(product.app).current()).filter(
      ({ name }) => name === 'marketing',
    );
    if (!marketing) throw new Error('no text of the consent to advertising');
    const given = {
      accountId: person.id,
      consents: [agreedVersion(marketing)],
      facts: IN_ACCOUNT,
      at: clock.now(),
    };
    await product.app.db.transaction().execute((trx) => giveConsents(trx, given));
    expect(await withdraw(person, 'marketing')).toEqual({ outcome: 'done' });
    expect(await withdraw(person, 'marketing')).toEqual({ outcome: 'absent' });
    const records = (await listConsents(product.app.db, person.id)).filter(
      ({ document }) => document === 'marketing',
    );
    expect(records.map(({ action }) => action)).toEqual(['given', 'withdrawn']);
    expect(await findOpenClosing(product.app.db, person.id)).toBeUndefined();
    expect(codeOf((await enter(person)).answer)).toBeTruthy();
  });

  it('ends sign-ins and sets the day of destruction when a required consent is withdrawn, and agreeing undoes it', async () => {
    const { app } = product;
    const person = await addAgreed();
    const visit = await enter(person);
    const tokens = await redeemCode(visit.agent, client, visit.request, codeOf(visit.answer) ?? '');
    clock.advance(1);
    const both = await Promise.all([withdraw(person, 'personal_data'), withdraw(person, 'personal_data')]);
    const destroyBy = new Date(clock.now().getTime() + 30 * 86_400_000);
    expect(both).toEqual(expect.arrayContaining([{ outcome: 'closing', destroyBy }, { outcome: 'absent' }]));
    const dead = await refreshTokens(visit.agent, client, String(tokens.json.refresh_token));
    expect(dead.json.error).toBe('invalid_grant');
    expect(await findOpenClosing(app.db, person.id)).toMatchObject({
      destroyBy,
      reason: 'consent_withdrawn',
    });
    const [mail] = await messagesTo(app, person.email);
    expect(mail?.template).toBe('account_closing');
    const events = (await listEvents(app.db, { subject: `account:${person.id}` })).map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['consent_withdrawn', 'account_closing_began']));
    expect(events.filter((event) => event === 'consent_withdrawn')).toHaveLength(1);

    clock.advance(2);
    const returned = await enter(person);
    expect(returned.answer.body).toContain('Вы отозвали согласие');
    expect(returned.answer.body).toContain('сведения о вас будут уничтожены');
    expect(codeOf(await returned.post({ personal_data: 'yes', decision: 'agree' }))).toBeTruthy();
    expect(await findOpenClosing(app.db, person.id)).toBeUndefined();
    const said = (await listConsents(app.db, person.id)).filter(
      ({ document }) => document === 'personal_data',
    );
    expect(said.map(({ action }) => action)).toEqual(['given', 'withdrawn', 'given']);
    expect(await findProfile(app.db, person.id)).toBeDefined();
  });

  it('records what stood beside the box, though a newer text came out while the form was filled in', async () => {
    const { app, issuer } = product;
    const agent = createAgent(issuer);
    const shown = await publish('terms', 'Правило регистрации.');
    const page = await follow(agent, issuer, await agent.get('/register'));
    await publish('terms', 'Правило новее.');
    const sent = await agent.post('/register/data', {
      ...hiddenFields(page.body),
      ...dataOf(newRegistrant()),
    });
    expect(sent.status).toBe(303);
    const row = await app.db
      .selectFrom('registrations')
      .selectAll()
      .orderBy('createdAt', 'desc')
      .executeTakeFirstOrThrow();
    const terms = openAnswers(app.secrets, row)?.consents.find(({ document }) => document === 'terms');
    expect(terms?.version).toBe(shown);
  });

  it('has a page of every document, and none of anything else', async () => {
    const agent = createAgent(product.issuer);
    expect((await agent.get('/documents/marketing')).body).toContain('Согласие на получение рекламы');
    expect((await agent.get('/documents/terms?lang=en')).body).toContain('Terms of use');
    for (const path of [
      '/documents/secret',
      '/documents/terms?version=none',
      '/documents/terms?version=%00x',
    ])
      expect((await agent.get(path)).status).toBe(404);
  });
});
