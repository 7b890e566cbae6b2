/** A copy of the database and of Redis gives nobody anything to use (principle 7), and ids open only their own kind. */
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { openMessage } from '../../src/notifications/outbox';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  hiddenFields,
  openSignIn,
  postAsClient,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';
import { codeFor, isActive, relyingParty, tokensFor, userinfoStatus } from '../provider/tokens';

/** Every row of every table, as text. */
async function databaseText(product: TestProduct): Promise<string> {
  const { db } = product.app;
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(db);
  expect(tables.rows.length).toBeGreaterThan(8);
  const texts = [];
  for (const { name } of tables.rows) {
    const rows = await sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(db);
    texts.push(...rows.rows.map(({ text }) => `${name} ${text}`));
  }
  return texts.join('\n');
}

/** Every key of Redis with its value. */
async function redisText(url: string | undefined): Promise<string> {
  if (url === undefined) return '';
  const redis = new Redis(url);
  try {
    const keys = await redis.keys('*');
    expect(keys.length).toBeGreaterThan(0);
    const values = await Promise.all(keys.map(async (key) => `${key} ${await redis.get(key)}`));
    return values.join('\n');
  } finally {
    redis.disconnect();
  }
}

describe.each(storageKinds)('what is kept on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let agent: Agent;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app, { password: 'очень тайная фраза 77' });
    client = await addClient(product.app);
    agent = createAgent(product.issuer);
  });
  afterAll(() => product.close());

  it('holds no token, code, cookie, secret, password or private key that could be used', async () => {
    const tokens = await tokensFor(product, agent, client, person);
    const { code } = await codeFor(product, agent, client, person);
    const { json } = await refreshTokens(relyingParty(product), client, tokens.refresh);
    const page = await openSignIn(createAgent(product.issuer), authorizationRequest(client));
    const email = parseEmail('invited@example.com');
    if (!email) throw new Error('no address');
    const named = { familyName: 'Гостев', givenName: 'Глеб', middleName: null, locale: 'ru' as const, email };
    await createAccount({ ...product.app, issuer: product.issuer }, named, 'operator:test');
    const row = await product.app.db
      .selectFrom('outbox')
      .selectAll()
      .orderBy('createdAt', 'desc')
      .executeTakeFirstOrThrow();
    const { link } = openMessage(product.app.secrets, row).values as { link: string };
    const wrong = await openSignIn(createAgent(product.issuer), authorizationRequest(client));
    await submitSignIn(createAgent(product.issuer), wrong, { ...person, password: 'мимо цели 123' });

    const cookies = [...agent.cookies.values()].filter(({ name }) =>
      /^(session|interaction|resume|known)/.test(name),
    );
    expect(cookies.length).toBeGreaterThan(1);
    const secrets = {
      accessToken: tokens.access,
      refreshToken: tokens.refresh,
      secondRefreshToken: String(json.refresh_token),
      secondAccessToken: String(json.access_token),
      idToken: tokens.id,
      signature: tokens.id.split('.')[2] ?? '',
      spentCode: tokens.code,
      code,
      verifier: tokens.request.verifier,
      clientSecret: client.secret ?? '',
      password: person.password,
      wrongPassword: 'мимо цели 123',
      linkToken: new URL(link).searchParams.get('token') ?? '',
      captchaId: hiddenFields(page.body).captcha_id ?? '',
      masterKey: 'test-master-key-of-no-value-0000000000000000',
      ...Object.fromEntries(cookies.map(({ name, value }) => [name, value.split('.').pop() ?? ''])),
    };
    const dump = `${await databaseText(product)}\n${await redisText(product.app.config.redisUrl)}`;
    expect(dump).toContain(person.email);
    const found = Object.entries(secrets).filter(([, secret]) => secret === '' || dump.includes(secret));
    expect(found.map(([name]) => name)).toEqual([]);
    expect(dump).not.toMatch(/"(d|p|q|dp|dq|qi)" ?: ?"/);
    expect(dump).not.toContain('PRIVATE KEY');
    for (const { key } of await product.app.db.selectFrom('ephemeral').select('key').execute())
      expect(key).not.toMatch(/@/);
  });

  it('attack 83: nothing of one kind is good as another', async () => {
    const tokens = await tokensFor(product, agent, client, person);
    const { code, request } = await codeFor(product, agent, client, person);
    const page = await openSignIn(createAgent(product.issuer), authorizationRequest(client));
    const party = relyingParty(product);
    const session = agent.cookies.get('/ session')?.value ?? '';
    const uid = page.path.split('/')[2] ?? '';
    const captcha = hiddenFields(page.body).captcha_id ?? '';
    const odd = [
      '*',
      ':',
      'oidc:AccessToken:*',
      `RefreshToken:${tokens.refresh}`,
      `${tokens.access}:x`,
      '../x',
      '{}',
    ];

    for (const notCode of [tokens.access, tokens.refresh, session, uid, captcha, ...odd])
      expect(await redeemCode(party, client, request, notCode)).toMatchObject({ status: 400 });
    for (const notRefresh of [tokens.access, code, session, uid, captcha, ...odd])
      expect(await refreshTokens(party, client, notRefresh)).toMatchObject({ status: 400 });
    for (const notAccess of [tokens.refresh, code, session, uid, captcha, ...odd])
      expect(await userinfoStatus(product, notAccess)).toBe(401);
    for (const token of [...odd, session, uid, captcha, code])
      expect(await postAsClient(party, '/token/revocation', client, { token })).toMatchObject({
        status: 200,
      });
    for (const notLink of [tokens.refresh, code, captcha, ...odd]) {
      const browser = createAgent(product.issuer);
      await browser.get(`/set-password?token=${encodeURIComponent(notLink)}`);
      expect((await browser.get('/set-password')).status).toBe(410);
    }
    // And none of the tries has touched what they were aimed at.
    expect(await userinfoStatus(product, tokens.access)).toBe(200);
    expect(await isActive(product, client, tokens.refresh)).toBe(true);
    expect((await redeemCode(party, client, request, code)).status).toBe(200);
  });
});
