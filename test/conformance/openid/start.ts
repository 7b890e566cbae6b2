/** The product as a process of its own beside a Postgres and a Redis of its own, with all that the pack needs. */
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createPasswordHasher } from '../../../src/accounts/passwords';
import { createApp } from '../../../src/app';
import { loadConfig } from '../../../src/config';
import { openFoundation } from '../../../src/foundation';
import { compileProgram, startProgram } from '../../http/program';
import { onStop } from '../../support/bench/running';
import { startPostgresServer } from '../../support/postgres-server';
import { FOLDER_VARIABLE, temporaryFolder } from '../../support/processes';
import { startRedisServer } from '../../support/redis-server';
import { openListener, openShelf } from './listener';
import type { Operator, Place } from './place';
import { preparePlace } from './prepare';
import { freePort } from '../../support/ports';

/** Seen from outside it is a server at this address; the pack connects to the port of loopback behind it. */
const ISSUER = 'https://id.conformance.example';

/** What is running; ended by the bench's `stopEverything`. */
export async function startPlace(): Promise<Place> {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  const { main } = compileProgram();
  const [postgres, redis, listener, shelf, port] = await Promise.all([
    startPostgresServer(),
    startRedisServer(),
    openListener(),
    openShelf(folder.path),
    freePort(),
  ]);
  for (const { close } of [postgres, redis, listener, shelf]) onStop(close);
  const env = {
    NODE_ENV: 'test',
    ISSUER,
    PORT: String(port),
    DATA_DIR: join(folder.path, 'data'),
    SECRET_KEY: 'test-master-key-of-no-value-0000000000000000',
    DATABASE_URL: postgres.url('postgres'),
    REDIS_URL: redis.url,
    CAPTCHA_PROVIDER: 'fixed',
    LOG_LEVEL: 'error',
    CLIENT_REGISTRATION: 'token',
    PAIRWISE_SALT: 'test-salt-of-no-value-000000000000000000000000',
    NODE_EXTRA_CA_CERTS: shelf.certificate,
    ...UNLIMITED,
  };
  const prepared = await prepare(env, listener.logoutUri);
  const program = startProgram(main, env, folder.path);
  onStop(async () => void (await program.kill('SIGTERM')));
  await program.ready();
  return {
    ...prepared,
    at: { host: '127.0.0.1', port, tls: false },
    logoutTokens: listener.logoutTokens,
    publish: shelf.publish,
    operator: operatorOf(join(dirname(main), 'admin', 'main.js'), env),
  };
}

/** One person signs in hundreds of times in a minute. */
const UNLIMITED = {
  SIGN_IN_LIMIT_ACCOUNT: '1000',
  SIGN_IN_LIMIT_ADDRESS: '100000',
  SIGN_IN_LIMIT_GLOBAL: '1000000',
};

/** The next keys have been published for so long that they may sign. */
const EARLIER = { now: () => new Date(Date.now() - 20 * 60_000) };

async function prepare(env: Record<string, string>, logoutUri: string) {
  const passwords = createPasswordHasher({ workers: 1 });
  const app = await createApp(await openFoundation(loadConfig(env), { clock: EARLIER }), { passwords });
  const prepared = await preparePlace(app, logoutUri);
  await app.close();
  return prepared;
}

/** By the command line, as those who run the server do it. */
function operatorOf(admin: string, env: Record<string, string>): Operator {
  const run = async (...words: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [admin, ...words], {
      env: { PATH: process.env['PATH'], ...env },
    });
    return stdout;
  };
  let token: Promise<string> | undefined;
  const makeToken = async (): Promise<string> => {
    const words = ['--name', 'Conformance', '--uses', '1000', '--json'];
    const made = await run('clients', 'registration-token', 'create', ...words);
    return (JSON.parse(made) as { token: string }).token;
  };
  return {
    rotateKeys: async () => void (await run('keys', 'rotate', '--yes')),
    registrationToken: () => (token ??= makeToken()),
  };
}
