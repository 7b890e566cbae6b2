/** The product as a process of its own beside stores of its own, for a fuzz. */
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import { openFoundation } from '../../src/foundation';
import { compileProgram, startProgram } from '../http/program';
import { onStop } from '../support/bench/running';
import { startPostgresServer } from '../support/postgres-server';
import { FOLDER_VARIABLE, temporaryFolder } from '../support/processes';
import { startRedisServer } from '../support/redis-server';
import { prepareCast } from './cast';
import type { Target } from './run';
import { freePort } from '../support/ports';

export const ISSUER = 'https://id.fuzz.example';

/** Limits that would answer for the code behind them; those by address are got round by the proxy that is trusted. */
export const ROOMY = {
  TRUSTED_PROXIES: '127.0.0.1',
  SIGN_IN_LIMIT_ACCOUNT: '1000',
  SIGN_IN_LIMIT_GLOBAL: '1000000',
  SMS_LIMIT_PREFIX: '1000000',
  SMS_LIMIT_ADDRESS: '1000000',
  SMS_LIMIT_GLOBAL: '1000000',
  CAPTCHA_PROVIDER: 'fixed',
  CLIENT_REGISTRATION: 'token',
  LOG_LEVEL: 'error',
};

/** How many may lose their account on the way. */
const PEOPLE = 200;

/** What is running; ended by the bench's `stopEverything`. */
export async function startTarget(): Promise<Target> {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  const { main } = compileProgram();
  const [postgres, redis, port] = await Promise.all([startPostgresServer(), startRedisServer(), freePort()]);
  for (const { close } of [postgres, redis]) onStop(close);
  const env = {
    NODE_ENV: 'test',
    ISSUER,
    PORT: String(port),
    DATA_DIR: join(folder.path, 'data'),
    SECRET_KEY: 'test-master-key-of-no-value-0000000000000000',
    DATABASE_URL: postgres.url('postgres'),
    REDIS_URL: redis.url,
    // What it holds on to ends it here; without a limit Node lets garbage lie for as long as there is room.
    NODE_OPTIONS: '--max-old-space-size=256',
    ...ROOMY,
  };
  const app = await createApp(await openFoundation(loadConfig(env)), {
    passwords: createPasswordHasher({ memoryKib: 64, passes: 1, workers: 1 }),
  });
  const cast = await prepareCast(app, PEOPLE);
  await app.close();
  const program = startProgram(main, env, folder.path);
  let over = false;
  void program.ended.then(() => (over = true));
  onStop(async () => void (await program.kill('SIGTERM')));
  await program.ready();
  return {
    ...{ issuer: ISSUER, at: { host: '127.0.0.1', port, tls: false }, cast },
    memory: () => residentBytes(program.pid),
    alive: () => !over,
  };
}

/** Resident memory of a process; Linux tells. */
function residentBytes(pid: number): number {
  const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return Number(pages) * 4096;
}
