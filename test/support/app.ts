/** The whole product in this process, on either storage, at a free port of loopback. */
import { insertAccount, proveEmail, replaceEmail, updatePassword } from '../../src/accounts/store';
import { parseEmail } from '../../src/accounts/email-address';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { createApp, type App, type AppOptions } from '../../src/app';
import { clientInput, type ClientInput } from '../../src/clients/client';
import { registerClient } from '../../src/clients/register-client';
import type { Clock } from '../../src/clock';
import { loadConfig } from '../../src/config';
import { openFoundation } from '../../src/foundation';
import { createLogger, type Logger } from '../../src/log';
import { createServing } from '../../src/node/server';
import { behindProxy, openTestDatabase, type StorageKind, type TestDatabase } from './database';
import { startProxy } from './proxy';
import { openTestRedis } from './redis';
import { freePort } from './ports';

/** `embedded`: PGlite with the store over SQL. `postgres`: Postgres with Redis, as in production. */
export type { StorageKind };

export interface TestNode {
  app: App;
  port: number;
  stop(): Promise<void>;
}

export interface TestProduct {
  /** All nodes answer to this name; the first one listens there, or the proxy before them all. */
  issuer: string;
  nodes: TestNode[];
  app: App;
  close(): Promise<void>;
}

export interface ProductOptions extends AppOptions {
  /** Further nodes over the same Postgres and Redis. */
  nodes?: number;
  /** Settings beside the usual ones of a test. */
  env?: Record<string, string>;
  /** Settings of one node alone, by its place, the first is 0; nodes that differ are asked by name, never in turn. */
  envOf?: (node: number) => Record<string, string>;
  /** Near the true time at the start: the library's sessions and tokens end by that. */
  clock?: Clock;
  /** Instead of errors to stdout. */
  log?: Logger;
}

const MASTER_KEY = 'test-master-key-of-no-value-0000000000000000';

export async function startProduct(kind: StorageKind, options: ProductOptions = {}): Promise<TestProduct> {
  const ahead = (options.clock?.now().getTime() ?? Date.now()) - Date.now();
  if (Math.abs(ahead) > 24 * 3_600_000) throw new Error('the clock of a product must be near the true time');
  const database = await openTestDatabase(kind);
  const redis = kind === 'postgres' ? await openTestRedis() : undefined;
  const issuer = `http://localhost:${await freePort()}`;
  const nodes: TestNode[] = [];
  const proxied = behindProxy() && kind === 'postgres' && !options.envOf;
  const count = Math.max(options.nodes ?? 1, proxied ? 2 : 1);
  for (let index = 0; index < count; index += 1) {
    const port = index === 0 && !proxied ? Number(new URL(issuer).port) : await freePort();
    nodes.push(
      await startNode({
        database: index === 0 ? database : undefined,
        url: database.url,
        redisUrl: redis?.url,
        issuer,
        port,
        options: { ...options, env: { ...options.env, ...options.envOf?.(index) } },
      }),
    );
  }
  const [first] = nodes;
  if (!first) throw new Error('a product has at least one node');
  const front = Number(new URL(issuer).port);
  const proxy = proxied
    ? await startProxy(
        front,
        await freePort(),
        nodes.map(({ port }) => port),
      )
    : undefined;
  return {
    issuer,
    nodes,
    app: first.app,
    close: async () => {
      await proxy?.close();
      // The first node holds the database that was made for the test, so it goes last.
      for (const node of [...nodes].reverse()) await node.stop();
      await redis?.close();
    },
  };
}

interface NodeParts {
  database: TestDatabase | undefined;
  url: string | undefined;
  redisUrl: string | undefined;
  issuer: string;
  port: number;
  options: ProductOptions;
}

async function startNode({ database, url, redisUrl, issuer, port, options }: NodeParts): Promise<TestNode> {
  const config = loadConfig({
    NODE_ENV: 'test',
    ISSUER: issuer,
    PORT: String(port),
    SECRET_KEY: MASTER_KEY,
    CAPTCHA_PROVIDER: 'fixed',
    LOG_LEVEL: 'error',
    SIGN_IN_LIMIT_ADDRESS: '100000',
    ...(behindProxy() ? { TRUSTED_PROXIES: '127.0.0.1' } : {}),
    ...(url === undefined ? {} : { DATABASE_URL: url }),
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    ...options.env,
  });
  const foundation = await openFoundation(config, {
    clock: options.clock,
    log: options.log ?? createLogger(config.logLevel),
    database,
  });
  const passwords =
    options.passwords ?? createPasswordHasher({ memoryKib: 64, passes: 1, workers: 1, queueLimit: 500 });
  const app = await createApp(foundation, { ...options, passwords });
  const serving = createServing(app);
  await serving.listen();
  return { app, port, stop: serving.stop };
}

export const TEST_PASSWORD = 'лодка плывёт 42';

export interface TestPerson {
  id: string;
  email: string;
  password: string;
}

let made = 0;

/** A person with a proved e-mail and a password. */
export async function addPerson(
  app: App,
  change: Partial<{ email: string; password: string }> = {},
): Promise<TestPerson> {
  made += 1;
  const typed = change.email ?? `person-${made}@example.com`;
  const email = parseEmail(typed);
  if (!email) throw new Error(`no address: ${typed}`);
  const password = change.password ?? TEST_PASSWORD;
  const hash = await app.passwords.hash(password);
  const at = app.clock.now();
  const name = { familyName: 'Вымышленный', givenName: 'Иван', middleName: 'Иванович', locale: 'ru' };
  const { id } = await app.db.transaction().execute(async (trx) => {
    const account = await insertAccount(trx, name, at);
    await replaceEmail(trx, account.id, email);
    await proveEmail(trx, account.id, email.canonical, at);
    await updatePassword(trx, account.id, hash, at);
    return account;
  });
  return { id, email: email.value, password };
}

export interface TestClient {
  id: string;
  secret: string | undefined;
  redirectUri: string;
}

/** A registered relying party; nobody needs to listen at its redirect address. */
export async function addClient(
  app: App,
  change: Partial<ClientInput> & { pkceExempt?: boolean } = {},
): Promise<TestClient> {
  made += 1;
  const { pkceExempt, ...metadata } = change;
  const input = clientInput.parse({
    client_id: `client-${made}`,
    client_name: `Кабинет ${made}`,
    redirect_uris: ['https://cabinet.example/callback'],
    post_logout_redirect_uris: ['https://cabinet.example/'],
    ...metadata,
  });
  const registered = await registerClient(app, input, { actor: 'system', pkceExempt });
  if (registered === 'id_taken') throw new Error('client id taken');
  return { id: input.client_id, secret: registered.secret, redirectUri: input.redirect_uris[0] ?? '' };
}
