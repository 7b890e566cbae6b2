/**
 * Stores that are gone and queues that are full: a refusal that says when to come back, never a pass, and never an end that
 * did not happen (attacks 80, 81, 82).
 */
import { sql } from 'kysely';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { createApp, type App } from '../../src/app';
import { loadConfig } from '../../src/config';
import { openFoundation, SERVING } from '../../src/foundation';
import { createLogger } from '../../src/log';
import { createServing } from '../../src/node/server';
import { createAgent, type Agent, type Answer } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server';
import { until } from '../support/processes';
import { startRedisServer, type RedisServer } from '../support/redis-server';
import { openTestRedis, type TestRedis } from '../support/redis';
import {
  authorizationRequest,
  hiddenFields,
  openSignIn,
  postAsClient,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';
import { codeFor, relyingParty, tokensFor, userinfoStatus } from '../provider/tokens';
import { freePort } from '../support/ports';

interface Running {
  product: TestProduct;
  stop(): Promise<void>;
}

/** The product over stores of the test's own, which it may kill. */
async function run(databaseUrl: string, redisUrl: string): Promise<Running> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const config = loadConfig({
    NODE_ENV: 'test',
    ISSUER: issuer,
    PORT: String(port),
    SECRET_KEY: 'test-master-key-of-no-value-0000000000000000',
    CAPTCHA_PROVIDER: 'fixed',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
  });
  const foundation = await openFoundation(config, { ...SERVING, log: createLogger('silent') });
  const passwords = createPasswordHasher({ memoryKib: 64, passes: 1, workers: 1 });
  const app: App = await createApp(foundation, { passwords });
  const { listen, stop } = createServing(app);
  await listen();
  return { product: { issuer, app, nodes: [{ app, port, stop }], close: stop }, stop };
}

interface Prepared {
  person: TestPerson;
  client: TestClient;
  signedIn: Agent;
  halfWay: Agent;
  page: Answer & { path: string };
  code: Awaited<ReturnType<typeof codeFor>>;
  tokens: Awaited<ReturnType<typeof tokensFor>>;
  /** The fields of the page that asks whether to sign out. */
  signOut: Record<string, string>;
}

async function prepare(product: TestProduct): Promise<Prepared> {
  const person = await addPerson(product.app);
  const client = await addClient(product.app);
  const signedIn = createAgent(product.issuer);
  const tokens = await tokensFor(product, signedIn, client, person);
  const code = await codeFor(product, signedIn, client, person);
  const halfWay = createAgent(product.issuer);
  const page = await openSignIn(halfWay, authorizationRequest(client));
  const signOut = hiddenFields((await signedIn.get('/session/end')).body);
  return { person, client, signedIn, halfWay, page, code, tokens, signOut };
}

/**
 * Attack 82: who takes a token back or signs out is told that it was not done.
 *
 * @param kept the tokens that are kept where nobody can look now
 */
async function claimsNoEnd(
  product: TestProduct,
  prepared: Prepared,
  kept: readonly ('access' | 'refresh')[],
): Promise<void> {
  const { client, signedIn, tokens, signOut } = prepared;
  for (const token of kept.map((name) => tokens[name])) {
    const revoked = await postAsClient(relyingParty(product), '/token/revocation', client, { token });
    expect(revoked.status).toBe(503);
  }
  const left = await signedIn.post('/session/end/confirm', { ...signOut, logout: 'yes' });
  expect(left.status).toBe(503);
  expect(left.headers['retry-after']).toBe('3');
  expect(left.location).toBeUndefined();
}

/** Everything that needs the store says "not now"; nothing lets anybody in. */
async function refusesEverything(product: TestProduct, prepared: Prepared): Promise<void> {
  const { person, client, signedIn, halfWay, page, code } = prepared;
  const party = relyingParty(product);
  const begun = performance.now();
  const sent = await submitSignIn(halfWay, page, person);
  expect(sent.status).toBe(503);
  expect(Number(sent.headers['retry-after'])).toBeGreaterThan(0);
  expect(performance.now() - begun).toBeLessThan(4000);
  const others = [
    await submitSignIn(halfWay, page, { ...person, password: 'не тот' }),
    await halfWay.get(page.path),
    await signedIn.get(authorizationRequest(client).path),
    await signedIn.get(authorizationRequest(client, { prompt: 'none' }).path),
  ];
  for (const { status, location } of others) {
    expect(status).toBe(503);
    expect(location).toBeUndefined();
  }
  const redeemed = await redeemCode(party, client, code.request, code.code);
  expect(redeemed.status).toBe(503);
  expect(redeemed.json).not.toHaveProperty('access_token');
  expect((await party.get('/health/live')).status).toBe(200);
  expect((await party.get('/health/ready')).status).toBe(503);
  expect((await party.get('/jwks')).status).toBe(200);
  expect((await party.get('/.well-known/openid-configuration')).status).toBe(200);
}

const isReady = (product: TestProduct) => async () =>
  (await relyingParty(product).get('/health/ready')).status === 200;

describe('attack 81, attack 82: without Redis', () => {
  let database: TestDatabase;
  let redis: RedisServer;
  let running: Running;

  beforeAll(async () => {
    database = await openTestDatabase('postgres');
    redis = await startRedisServer();
    running = await run(database.url ?? '', redis.url);
  });
  afterAll(async () => {
    await running.stop();
    await redis.close();
    await database.close();
  });

  it('nobody gets in, and when it is back, empty, people sign in again', async () => {
    const { product } = running;
    const prepared = await prepare(product);
    await redis.kill();
    await refusesEverything(product, prepared);
    // Nothing of a token stands in Redis: it serves as long as its grant, and ends with it.
    expect(await userinfoStatus(product, prepared.tokens.access)).toBe(200);
    await claimsNoEnd(product, prepared, []);
    await redis.restart();
    await until('the product to be ready', isReady(product));

    const { client, person, tokens, code, halfWay, page } = prepared;
    const party = relyingParty(product);
    // A spent or lost code stays worthless; who was asked for their password is asked again, without a fault.
    expect((await redeemCode(party, client, code.request, code.code)).status).toBe(400);
    const again = await halfWay.get(page.path);
    expect(again.status).toBe(200);
    expect((await submitSignIn(halfWay, { ...again, path: page.path }, person)).status).toBe(303);
    // Without offline_access a refresh token lives no longer than its session, which was lost with the rest.
    expect([200, 400]).toContain((await refreshTokens(party, client, tokens.refresh)).status);
    await tokensFor(product, createAgent(product.issuer), client, person);
  });

  it('that does not answer is no different', async () => {
    const { product } = running;
    const prepared = await prepare(product);
    redis.freeze();
    try {
      const begun = performance.now();
      const sent = await submitSignIn(prepared.halfWay, prepared.page, prepared.person);
      expect(sent.status).toBe(503);
      expect(performance.now() - begun).toBeLessThan(5000);
    } finally {
      redis.thaw();
    }
    await until('the product to be ready', isReady(product));
  });
});

describe('attack 81, attack 82: without Postgres', () => {
  let postgres: PostgresServer;
  let redis: TestRedis;
  let running: Running;

  beforeAll(async () => {
    postgres = await startPostgresServer();
    redis = await openTestRedis();
    running = await run(postgres.url('postgres'), redis.url);
  }, 180_000);
  afterAll(async () => {
    await running.stop();
    await postgres.close();
    await redis.close();
  });

  it('nobody gets in, and when it is back everybody goes on', async () => {
    const { product } = running;
    const prepared = await prepare(product);
    await postgres.kill();
    await refusesEverything(product, prepared);
    expect(await userinfoStatus(product, prepared.tokens.access)).toBe(503);
    await claimsNoEnd(product, prepared, ['access', 'refresh']);
    const refused = await refreshTokens(relyingParty(product), prepared.client, prepared.tokens.refresh);
    expect(refused.status).toBe(503);
    await postgres.restart();
    await until('the product to be ready', isReady(product));

    const { client, person, tokens, halfWay } = prepared;
    expect((await refreshTokens(relyingParty(product), client, tokens.refresh)).status).toBe(200);
    const page = await openSignIn(halfWay, authorizationRequest(client));
    expect((await submitSignIn(halfWay, page, person)).status).toBe(303);
  }, 180_000);

  it('that is locked is "not now" too, in the middle of a sign-in, and nobody is in', async () => {
    const { product } = running;
    const { db } = product.app;
    const client = await addClient(product.app);
    const person = await addPerson(product.app);
    const agent = createAgent(product.issuer);
    const sent = await submitSignIn(agent, await openSignIn(agent, authorizationRequest(client)), person);
    await db.transaction().execute(async (trx) => {
      await sql`lock table account_sessions in access exclusive mode`.execute(trx);
      const { status, headers, body } = await agent.get(
        new URL(sent.location ?? '', product.issuer).pathname,
      );
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      // It has to be begun anew.
      expect(body).toContain('Этот вход уже завершён или устарел');
    });
    const sessions = db.selectFrom('accountSessions').select('uid');
    expect(await sessions.where('accountId', '=', person.id).execute()).toEqual([]);
    await tokensFor(product, createAgent(product.issuer), client, person);
  });
});

describe.each(storageKinds)('attack 80 on %s: a flood of sign-ins', (kind) => {
  it('is refused beyond the queue while the rest goes on', async () => {
    const passwords = createPasswordHasher({ memoryKib: 65_536, passes: 3, workers: 1, queueLimit: 4 });
    const env = { SIGN_IN_LIMIT_ACCOUNT: '1000' };
    const product = await startProduct(kind, { passwords, env });
    try {
      const client = await addClient(product.app);
      const person = await addPerson(product.app);
      const sends = [];
      for (let index = 0; index < 20; index += 1) {
        const agent = createAgent(product.issuer);
        const page = await openSignIn(agent, authorizationRequest(client));
        sends.push(() => submitSignIn(agent, page, { email: person.email, password: `не тот ${index}` }));
      }
      const answers = Promise.all(sends.map((send) => send()));
      const begun = performance.now();
      expect((await relyingParty(product).get('/jwks')).status).toBe(200);
      expect((await relyingParty(product).get('/health/live')).status).toBe(200);
      expect(performance.now() - begun).toBeLessThan(6000);
      const settled = await answers;
      const refused = settled.filter(({ status }) => status === 503);
      // One is at work and four wait; how many are done before the last has come is the machine's matter.
      expect(refused.length).toBeGreaterThanOrEqual(6);
      for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(settled.filter(({ status }) => status === 422).length).toBe(20 - refused.length);
      const agent = createAgent(product.issuer);
      const page = await openSignIn(agent, authorizationRequest(client));
      expect((await submitSignIn(agent, page, person)).status).toBe(303);
    } finally {
      await product.close();
    }
  });
});
