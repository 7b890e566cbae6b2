/** Who is measured. A new subject is one entry of the list below. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { startRedisServer } from '../../test/support/redis-server';
import { installBare } from './bare-provider';
import { startCountingPostgres } from '../comparison/counting/postgres';
import { seed } from './known-person';
import type { ServerProgram } from './server';
import type { Target } from '../client/target';
import { freePort } from '../../test/support/ports';

/** A subject with its stores running and one person and one relying party known to it. */
export interface Installation {
  program: ServerProgram;
  target: Target;
  /** Processes of its stores, whose work counts beside the server's own. */
  storePids: number[];
  /** Where its stores can be asked what they did; absent where there are none. */
  stores?: Stores;
}

export interface Stores {
  redisUrl: string;
  /** URL of the server's database `postgres`, and the subject's own database. */
  postgres?: { url: string; database: string };
}

/** What ends a store; given to whoever runs the bench. */
export type OnStop = (stop: () => Promise<void>) => void;

export interface Subject {
  name: string;
  meaning: string;
  /** Whether a sign-in costs it a password check. */
  asksPassword: boolean;
  /** @param folder empty, of this subject alone */
  install(folder: string, onStop: OnStop): Promise<Installation>;
}

export const BARE = 'bare';
export const REDIS = 'redis';
export const OURS = 'postgres';
export const EMBEDDED = 'embedded';

const DATABASE = 'bench';

export const SUBJECTS: readonly Subject[] = [
  {
    name: BARE,
    meaning: 'oidc-provider 9 alone, its in-memory adapter, no password asked',
    asksPassword: false,
    install: () => installBare(),
  },
  {
    name: REDIS,
    meaning: 'the same with the Redis adapter of the tutorials',
    asksPassword: false,
    install: async (_folder, onStop) => {
      const redis = await startRedisServer();
      onStop(redis.close);
      const stores = { redisUrl: redis.url };
      return { ...(await installBare(redis.url)), storePids: [redis.pid()], stores };
    },
  },
  {
    name: OURS,
    meaning: 'port.one ID on Postgres and Redis, its audit rows written',
    asksPassword: true,
    install: async (folder, onStop) => {
      const [postgres, redis] = await Promise.all([startCountingPostgres(), startRedisServer()]);
      onStop(postgres.close);
      onStop(redis.close);
      await createDatabase(postgres.url('postgres'), DATABASE);
      const env = { DATA_DIR: folder, DATABASE_URL: postgres.url(DATABASE), REDIS_URL: redis.url };
      const installed = await installOurs(env, [postgres.pid(), redis.pid()]);
      const counted = { url: postgres.url('postgres'), database: DATABASE };
      return { ...installed, stores: { redisUrl: redis.url, postgres: counted } };
    },
  },
  {
    name: EMBEDDED,
    meaning: 'port.one ID on the embedded database',
    asksPassword: true,
    install: (folder) => installOurs({ DATA_DIR: folder }, []),
  },
];

/** The product as it ships, except for a captcha whose answer is known and limits that a bench would reach. */
export async function installOurs(
  storage: Record<string, string>,
  storePids: number[],
): Promise<Installation> {
  const port = await freePort();
  const env = {
    ...storage,
    NODE_ENV: 'test',
    ISSUER: `http://localhost:${port}`,
    PORT: String(port),
    SECRET_KEY: randomBytes(33).toString('base64'),
    CAPTCHA_PROVIDER: 'fixed',
    SIGN_IN_LIMIT_ACCOUNT: '1000',
    SIGN_IN_LIMIT_ADDRESS: '1000000',
    SIGN_IN_LIMIT_GLOBAL: '100000000',
  };
  const known = await seed(env);
  const program = { entry: 'src/main.js', env };
  return { program, target: { issuer: env.ISSUER, port, ...known }, storePids };
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
}

/** The folder of a subject within the bench's own. */
export const folderOf = (parent: string, { name }: Subject): string => join(parent, name);
