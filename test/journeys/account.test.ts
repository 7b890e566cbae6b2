/** T13, T14, I12, Y6, B6: a person's own pages, over HTTP and on two nodes. */
import { destroyDueAccounts } from '../../src/consents/closing/destroy';
import { holdAccount, releaseAccount } from '../../src/consents/closing/hold';
import { withdrawConsent } from '../../src/consents/withdraw';
import { enterAt } from '../approvals/office';
import { createAgent, type Agent, type Answer, type RequestOptions } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  TEST_PASSWORD,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import { addPhone, codeSentTo, messagesTo } from '../support/recovery';
import {
  authorizationRequest,
  hiddenFields,
  redeemCode,
  refreshTokens,
  signIn,
} from '../support/relying-party';

const NEW_PASSWORD = 'семь вагонов угля 7';
const DAY = 86_400;

describe.each(storageKinds)('own pages on %s', (kind) => {
  let offset = 0;
  const clock = { now: () => new Date(Date.now() + offset * 1000) };
  let product: TestProduct;
  let person: TestPerson;
  let agent: Agent;
  let made = 0;

  beforeAll(async () => {
    const env = { SMS_LIMIT_ADDRESS: '10000', SMS_LIMIT_PREFIX: '1000' };
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1, env, clock });
  });
  afterAll(() => product.close());
  beforeEach(async () => {
    offset = 0;
    made += 1;
    person = await addPerson(product.app);
    agent = createAgent(product.issuer);
    await enterAt(agent, product.issuer, '/account', person);
  });

  /** The countdown to the next message runs on between two pages. */
  const withoutSeconds = (page: string): string =>
    page.replace(/data-wait="\d+"/, '').replace(/(data-resend-when>)[^<]*/, '$1');
  const elsewhere = (): RequestOptions => ({ port: product.nodes.at(-1)?.port });
  /** Sends the form of a page. */
  const send = async (path: string, form: Record<string, string>, to = path): Promise<Answer> =>
    agent.post(to, { form_token: hiddenFields((await agent.get(path)).body).form_token ?? '', ...form });
  const events = async () =>
    (
      await product.app.db
        .selectFrom('audit')
        .select('event')
        .where('subject', '=', `account:${person.id}`)
        .orderBy('id')
        .execute()
    ).map(({ event }) => event);
  const mobile = (): string => `+7909${String(Date.now()).slice(-5)}${String(made).padStart(2, '0')}`;

  it('ask to sign in, and come back', async () => {
    const stranger = createAgent(product.issuer);
    expect((await stranger.get('/account/sessions')).location).toContain('/auth?');
    expect((await stranger.post('/account/password', { password: 'x' })).location).toContain('/auth?');
    const page = await enterAt(stranger, product.issuer, '/account/log', person);
    expect(page.path).toBe('/account/log');
    expect(page.body).toContain('Журнал безопасности');
    expect((await agent.get('/account')).body).toContain('Личная информация');
  });

  it('attack 75: want a fresh sign-in before names and the password change, and lead back to the form', async () => {
    offset = -700;
    const sessionsValidAfter = new Date(clock.now().getTime() - 1000);
    await product.app.db
      .updateTable('accounts')
      .set({ sessionsValidAfter })
      .where('id', '=', person.id)
      .execute();
    const old = createAgent(product.issuer);
    await enterAt(old, product.issuer, '/account', person);
    offset = 0;
    expect((await old.get('/account/personal')).status).toBe(200);
    for (const path of [
      '/account/email',
      '/account/phone',
      '/account/login',
      '/account/password',
      '/account/data',
    ])
      expect((await old.get(path)).location).toContain('max_age=600');
    const posted = await old.post('/account/password', { old_password: TEST_PASSWORD });
    expect(posted.location).toContain('max_age=600');
    const page = await enterAt(old, product.issuer, '/account/email', person);
    expect(page.path).toBe('/account/email');
    expect(page.status).toBe(200);
  });

  it('change the name', async () => {
    const bad = await send('/account/name', { family_name: '<b>', given_name: '' });
    expect(bad.status).toBe(422);
    const name = { family_name: 'Придуманная', given_name: 'Анна', no_middle_name: 'yes' };
    expect((await send('/account/name', name)).location).toContain('/account/personal?done=name');
    expect((await agent.get('/account/personal')).body).toContain('Придуманная Анна');
    const forged = await agent.post('/account/name', name);
    expect(forged.status).toBe(403);
  });

  it('change the e-mail only after the new one is proved, by the code', async () => {
    const next = `next-${made}-${kind}@example.com`;
    expect((await send('/account/email', { email: person.email })).status).toBe(422);
    expect((await send('/account/email', { email: next })).location).toContain('/account/email/code');
    expect((await agent.get('/account/personal')).body).toContain(person.email);
    expect((await send('/account/email/code', { code: '000000x' })).status).toBe(422);
    expect((await messagesTo(product, person.email)).length).toBe(0);
    const code = await codeSentTo(product, next);
    expect((await send('/account/email/code', { code })).location).toContain('done=email');
    expect((await agent.get('/account/personal')).body).toContain(next);
    const [notice] = await messagesTo(product, person.email);
    expect(notice?.template).toBe('email_changed_by_owner');
    expect(notice?.text).not.toContain(next);
    expect(await events()).toEqual(
      expect.arrayContaining(['email_change_asked', 'email_changed', 'email_proved']),
    );
  });

  it('attack 46: change the e-mail by the link, which is good for this account only', async () => {
    const next = `link-${made}-${kind}@example.com`;
    await send('/account/email', { email: next });
    const [mail] = await messagesTo(product, next);
    const link = (mail?.links[0] ?? '').slice(product.issuer.length);
    const other = createAgent(product.issuer);
    await enterAt(other, product.issuer, '/account', await addPerson(product.app));
    await other.get(link);
    expect((await other.get('/account/email/link')).status).toBe(410);
    expect((await agent.get(link)).location).toBe(`${product.issuer}/account/email/link`);
    expect((await agent.get('/account/email/link')).body).toContain(next);
    expect((await send('/account/email/link', {})).location).toContain('done=email');
    expect((await agent.get('/account/email/link')).status).toBe(410);
  });

  it("tell nothing of somebody else's address, and reserve none", async () => {
    const owner = await addPerson(product.app);
    const free = `free-${made}-${kind}@example.com`;
    const bodies: string[] = [];
    for (const email of [owner.email, free]) {
      const asked = await send('/account/email', { email });
      expect(asked.location).toBe(`${product.issuer}/account/email/code`);
      const page = await agent.get('/account/email/code');
      bodies.push(withoutSeconds(page.body).replaceAll(email, '…'));
    }
    expect(bodies[0]).toBe(bodies[1]);
    const [mail] = await messagesTo(product, owner.email);
    expect(mail?.template).toBe('already_registered');
    // Somebody registers with the address meanwhile: it is theirs.
    await addPerson(product.app, { email: free });
    const late = await send('/account/email/code', { code: await codeSentTo(product, free) });
    expect(late.status).toBe(422);
    expect(late.body).toContain('уже подтверждён в другой учётной записи');
    expect((await agent.get('/account/personal')).body).toContain(person.email);
  });

  it("change the phone after a code, refuse landlines and leave another's phone", async () => {
    expect((await send('/account/phone', { phone: '8 812 678-96-00' })).body).toContain(
      'На городской номер код не придёт',
    );
    const phone = mobile();
    expect((await send('/account/phone', { phone })).location).toContain('/account/phone/code');
    const code = await codeSentTo(product, phone);
    expect(
      (await send('/account/phone/code', { code: code === '111111' ? '222222' : '111111' })).status,
    ).toBe(422);
    expect((await send('/account/phone/code', { code })).location).toContain('done=phone');
    expect((await messagesTo(product, person.email))[0]?.template).toBe('phone_changed');

    made += 50;
    const theirs = mobile();
    await addPhone(product, await addPerson(product.app), theirs);
    await send('/account/phone', { phone: theirs });
    const refused = await send('/account/phone/code', { code: await codeSentTo(product, theirs) });
    expect(refused.body).toContain('подтверждён в другой учётной записи');
  });

  it('change the login name', async () => {
    expect((await send('/account/login', { login: 'x' })).status).toBe(422);
    const login = `sklad.${kind}.${made}`;
    expect((await send('/account/login', { login })).location).toContain('done=login');
    const other = createAgent(product.issuer);
    await enterAt(other, product.issuer, '/account/login', await addPerson(product.app));
    const { form_token } = hiddenFields((await other.get('/account/login')).body);
    const taken = await other.post('/account/login', {
      form_token: form_token ?? '',
      login: login.toUpperCase(),
    });
    expect(taken.body).toContain('занят');
    expect((await messagesTo(product, person.email))[0]?.template).toBe('login_changed');
  });

  it('change the password: others and their tokens end on every node, this session stays', async () => {
    const client = await addClient(product.app);
    const other = createAgent(product.issuer);
    const request = authorizationRequest(client);
    const back = await signIn(other, product.issuer, request, person);
    const { json } = await redeemCode(other, client, request, back.searchParams.get('code') ?? '');
    expect(json.refresh_token).toBeDefined();
    await enterAt(other, product.issuer, '/account', person).catch(() => undefined);

    const form = {
      old_password: TEST_PASSWORD,
      password: NEW_PASSWORD,
      password_repeated: NEW_PASSWORD,
      others: 'yes',
    };
    expect((await send('/account/password', { ...form, old_password: 'не тот пароль' })).body).toContain(
      'Старый пароль не подошёл',
    );
    expect((await send('/account/password', { ...form, password_repeated: 'x' })).status).toBe(422);
    const same = { ...form, password: TEST_PASSWORD, password_repeated: TEST_PASSWORD };
    expect((await send('/account/password', same)).body).toContain('Это ваш прежний пароль');
    const page = (await agent.get('/account/password')).body;
    for (const label of ['Старый пароль', 'Новый пароль', 'Повторите новый пароль', 'Сохранить'])
      expect(page).toContain(label);
    expect((await send('/account/password', form)).location).toContain('done=changed');
    expect((await agent.get('/account')).status).toBe(200);
    expect((await other.get('/account', elsewhere())).location).toContain('/auth?');
    expect((await refreshTokens(other, client, String(json.refresh_token), elsewhere())).status).toBe(400);
    expect((await messagesTo(product, person.email))[0]?.template).toBe('password_changed');
    const again = createAgent(product.issuer);
    const entered = await enterAt(again, product.issuer, '/account', { ...person, password: NEW_PASSWORD });
    expect(entered.status).toBe(200);
  });

  it('count wrong old passwords with those of the sign-in', async () => {
    const form = { old_password: 'не тот пароль', password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
    const { form_token = '' } = hiddenFields((await agent.get('/account/password')).body);
    let last = await agent.post('/account/password', { form_token, ...form });
    for (let tries = 0; tries < 40 && last.status === 422; tries += 1)
      last = await agent.post('/account/password', { form_token, ...form });
    expect(last.status).toBe(429);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('attack 55: show sessions and end one, which is dead on the other node with its refresh token', async () => {
    const client = await addClient(product.app);
    const phoneBrowser = createAgent(product.issuer);
    const request = authorizationRequest(client);
    const back = await signIn(phoneBrowser, product.issuer, request, person);
    const { json } = await redeemCode(phoneBrowser, client, request, back.searchParams.get('code') ?? '');
    await product.app.db
      .updateTable('accountSessions')
      .set({
        userAgent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36',
      })
      .where('accountId', '=', person.id)
      .where('clientId', '=', client.id)
      .execute();
    const page = (await agent.get('/account/sessions')).body;
    expect(page).toContain('Chrome, Android');
    expect(page.match(/Это вы сейчас/g)).toHaveLength(1);
    const [, session = ''] = /name="session" value="([^"]+)"/.exec(page) ?? [];

    const thief = createAgent(product.issuer);
    const stranger = await addPerson(product.app);
    await enterAt(createAgent(product.issuer), product.issuer, '/account', stranger);
    await enterAt(thief, product.issuer, '/account/sessions', stranger);
    const theirs = hiddenFields((await thief.get('/account/sessions')).body);
    expect((await thief.post('/account/sessions', { ...theirs, session })).status).toBe(404);
    expect((await phoneBrowser.get('/account', elsewhere())).status).toBe(200);

    expect((await send('/account/sessions', { session })).location).toContain('done=ended');
    expect((await phoneBrowser.get('/account', elsewhere())).location).toContain('/auth?');
    expect((await refreshTokens(phoneBrowser, client, String(json.refresh_token), elsewhere())).status).toBe(
      400,
    );
    const silent = await phoneBrowser.get(authorizationRequest(client, { prompt: 'none' }).path, elsewhere());
    expect(silent.location).toContain('login_required');
    // Whoever signs in there anew is in again.
    expect((await enterAt(phoneBrowser, product.issuer, '/account', person)).status).toBe(200);
    expect((await send('/account/sessions', { others: 'yes' })).location).toContain('done=others_ended');
    expect((await phoneBrowser.get('/account', elsewhere())).location).toContain('/auth?');
    expect((await agent.get('/account/sessions')).body).toContain('Других входов нет');
  });

  it('show who sees what, and end it', async () => {
    const client = await addClient(product.app);
    const request = authorizationRequest(client);
    const started = await agent.get(request.path);
    const code = new URL(started.location ?? '').searchParams.get('code') ?? '';
    const { json } = await redeemCode(agent, client, request, code);
    const page = (await agent.get('/account/applications')).body;
    expect(page).toContain('номер телефона');
    const thief = createAgent(product.issuer);
    await enterAt(thief, product.issuer, '/account', await addPerson(product.app));
    expect((await thief.get('/account/applications')).body).toContain('ни один сервис');
    for (const application of ['nobody', 'no\0body'])
      expect((await send('/account/applications', { application })).status).toBe(404);
    expect((await send('/account/applications', { application: client.id })).location).toContain(
      'done=revoked',
    );
    expect((await refreshTokens(agent, client, String(json.refresh_token), elsewhere())).status).toBe(400);
    expect((await agent.get('/account/applications')).body).toContain('ни один сервис');
    const log = (await agent.get('/account/log')).body;
    expect(log).toContain('Отозван доступ сервиса');
    expect((await agent.get('/account/log?before=%27x')).status).toBe(400);
  });

  it('give out everything that is kept', async () => {
    const page = await agent.get('/account/data');
    expect(page.body).toContain(person.email);
    // Every field has its name in words.
    expect(page.body).not.toContain('account.data.');
    const answer = await send('/account/data', {});
    expect(answer.headers['content-disposition']).toContain('attachment');
    const data = JSON.parse(answer.body) as Record<string, unknown>;
    expect(data.identifiers).toMatchObject([{ kind: 'email', value: person.email }]);
    expect(answer.body).not.toMatch(/argon2|password_hash|uid/);
    expect(await events()).toContain('data_exported');
  });

  it('close the account, undo it, and destroy it when its day has come', async () => {
    expect((await send('/account/close', {})).status).toBe(422);
    expect((await send('/account/close', { understood: 'yes' })).location).toContain('done=asked');
    expect((await agent.get('/account')).body).toContain('Учётная запись закрывается');
    expect((await messagesTo(product, person.email))[0]?.template).toBe('account_closing_asked');
    expect((await send('/account/close', {}, '/account/close/undo')).location).toContain('done=undone');
    expect((await agent.get('/account/close?done=undone')).body).toContain('Закрытие отменено');
    await send('/account/close', { understood: 'yes' });

    offset = 6 * DAY;
    expect(await destroyDueAccounts(product.app)).toBe(0);
    offset = 8 * DAY;
    await holdAccount(product.app, person.id, 'claim 12', 'operator:test');
    expect(await destroyDueAccounts(product.app)).toBe(0);
    await releaseAccount(product.app, person.id, 'operator:test');
    const both = await Promise.all([destroyDueAccounts(product.app), destroyDueAccounts(product.app)]);
    expect(both.reduce((sum, count) => sum + count, 0)).toBe(1);
    const { db } = product.app;
    expect(await db.selectFrom('accounts').selectAll().where('id', '=', person.id).execute()).toEqual([]);
    expect(
      await db.selectFrom('identifiers').selectAll().where('accountId', '=', person.id).execute(),
    ).toEqual([]);
    expect((await events()).slice(-1)).toEqual(['account_destroyed']);
    const [act] = await db
      .selectFrom('accountClosings')
      .selectAll()
      .where('destroyedAt', 'is not', null)
      .execute();
    expect(act).toMatchObject({ accountId: person.id, reason: 'asked' });
    expect(act?.categories).toEqual(expect.arrayContaining(['profile', 'identifiers', 'sessions']));
    offset = 0;
    expect((await agent.get('/account')).location).toContain('/auth?');
  });

  it('destroy what a withdrawn consent left, before its thirty days are over', async () => {
    const facts = { form: 'operator', way: 'letter', address: '', userAgent: '' } as const;
    const { db } = product.app;
    const consent = { accountId: person.id, document: 'personal_data', version: '1', textHash: 'x' } as const;
    await db
      .insertInto('consents')
      .values({ id: person.id, ...consent, at: clock.now(), address: '', userAgent: '' })
      .execute();
    const withdrawal = { accountId: person.id, document: 'personal_data', facts } as const;
    const tools = { ...product.app, issuer: product.issuer };
    expect((await withdrawConsent(tools, withdrawal, 'operator:test')).outcome).toBe('closing');
    offset = 27 * DAY;
    expect(await destroyDueAccounts(product.app)).toBe(0);
    offset = 29 * DAY;
    expect(await destroyDueAccounts(product.app)).toBe(1);
    expect((await events()).at(-1)).toBe('account_destroyed');
  });
});
