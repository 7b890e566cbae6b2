/** Who is measured. A new subject is one entry of the list below. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgresServer } from '../test/support/postgres-server';
import { freePort } from '../test/support/processes';
import { startRedisServer } from '../test/support/redis-server';
import { seed } from './known-person';
import type { ServerProgram } from './server';
import type { BareSettings } from './subjects/bare';
import { CLIENT_ID, REDIRECT_URI, SCOPE, type Target } from './target';

/** A subject with its stores running and one person and one relying party known to it. */
export interface Installation {
  program: ServerProgram;
  target: Target;
  /** Processes of its stores, whose work counts beside the server's own. */
  storePids: number[];
}

/** What ends a store; given to whoever runs the bench. */
export type OnStop = (stop: () => Promise<void>) => void;

export interface Subject {
  name: string;
  meaning: string;
  /** @param folder empty, of this subject alone */
  install(folder: string, onStop: OnStop): Promise<Installation>;
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'bare',
    meaning: 'oidc-provider 9 alone, its in-memory adapter, no password asked',
    install: installBare,
  },
  {
    name: 'embedded',
    meaning: 'port.one ID on the embedded database',
    install: (folder) => installOurs({ DATA_DIR: folder }, []),
  },
  {
    name: 'postgres',
    meaning: 'port.one ID on Postgres and Redis',
    install: async (folder, onStop) => {
      const [postgres, redis] = await Promise.all([startPostgresServer(), startRedisServer()]);
      onStop(postgres.close);
      onStop(redis.close);
      await createDatabase(postgres.url('postgres'), 'bench');
      const env = { DATA_DIR: folder, DATABASE_URL: postgres.url('bench'), REDIS_URL: redis.url };
      return installOurs(env, [postgres.pid(), redis.pid()]);
    },
  },
];

async function installBare(): Promise<Installation> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const secret = randomBytes(32).toString('base64url');
  const settings: BareSettings = {
    issuer,
    port,
    jwks: { keys: [signingKey('ES256'), signingKey('RS256')] },
    client: {
      client_id: CLIENT_ID,
      client_secret: secret,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      scope: SCOPE,
      id_token_signed_response_alg: 'ES256',
    },
  };
  return {
    program: { entry: 'bench/subjects/bare.js', env: { BARE_SETTINGS: JSON.stringify(settings) } },
    target: {
      issuer,
      port,
      client: { id: CLIENT_ID, secret, redirectUri: REDIRECT_URI },
      person: { identifier: '', password: '' },
    },
    storePids: [],
  };
}

function signingKey(alg: 'ES256' | 'RS256') {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig' } as BareSettings['jwks']['keys'][number];
}

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
