/** The product as its own process, compiled like a release, which a test may kill. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../src/app';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { loadConfig } from '../../src/config';
import { openFoundation } from '../../src/foundation';
import { addClient, addPerson, type StorageKind, type TestClient, type TestPerson } from '../support/app';
import { openTestDatabase } from '../support/database';
import { findProgram, temporaryFolder, until } from '../support/processes';
import { openTestRedis } from '../support/redis';
import { freePort } from '../support/ports';

const ROOT = join(__dirname, '..', '..');

/** Compiles src/ as a release is compiled; types are another check's matter. */
export function compileProgram(): { main: string; remove(): void } {
  const folder = temporaryFolder();
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', folder.path, '--noCheck'];
  execFileSync(compiler, options, { stdio: ['ignore', 2, 2] });
  for (const name of ['node_modules', 'views', 'package.json'])
    symlinkSync(join(ROOT, name), join(folder.path, name));
  return { main: join(folder.path, 'src', 'main.js'), remove: folder.remove };
}

export interface Program {
  pid: number;
  /** Resolves with the exit code once it has ended; null after a signal. */
  ended: Promise<number | null>;
  /** What it wrote to stderr so far. */
  complaints(): string;
  /** Its log so far: a JSON object a line. */
  log(): string;
  /** Resolves once it says it can serve. */
  ready(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the compiled program; it dies with this process. */
export function startProgram(main: string, env: Record<string, string>, folder: string): Program {
  const id = Math.random().toString(36).slice(2);
  const [file, logFile] = [join(folder, `stderr-${id}`), join(folder, `log-${id}`)];
  const [complaints, log] = [openSync(file, 'a'), openSync(logFile, 'a')];
  const guard = findProgram('setpriv');
  const command = [process.execPath, main];
  const [program = '', ...parameters] = guard ? [guard, '--pdeathsig', 'KILL', '--', ...command] : command;
  const child = spawn(program, parameters, {
    stdio: ['ignore', log, complaints],
    env: { PATH: process.env['PATH'], ...env },
    cwd: folder,
  });
  closeSync(complaints);
  closeSync(log);
  let over = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      over = true;
      resolve(code);
    });
  });
  const isReady = async () => {
    if (over) throw new Error(`ended early: ${readFileSync(file, 'utf8')}`);
    const answer = await fetch(`http://127.0.0.1:${env.PORT}/health/ready`).catch(() => undefined);
    return answer?.status === 200;
  };
  return {
    pid: child.pid ?? 0,
    ended,
    complaints: () => readFileSync(file, 'utf8'),
    log: () => readFileSync(logFile, 'utf8'),
    ready: () => until('the program to be ready', isReady, 40),
    kill: (signal) => {
      if (!over) child.kill(signal);
      return ended;
    },
  };
}

export interface Premises {
  issuer: string;
  env: Record<string, string>;
  folder: string;
  person: TestPerson;
  client: TestClient;
  close(): Promise<void>;
}

/** A database (and Redis) with one person and one relying party, on which a program can be started and killed. */
export async function preparePremises(
  kind: StorageKind,
  more: Record<string, string> = {},
): Promise<Premises> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const folder = temporaryFolder();
  const database = kind === 'postgres' ? await openTestDatabase(kind) : undefined;
  const redis = kind === 'postgres' ? await openTestRedis() : undefined;
  const env = {
    NODE_ENV: 'test',
    ISSUER: issuer,
    PORT: String(port),
    DATA_DIR: join(folder.path, 'data'),
    SECRET_KEY: 'test-master-key-of-no-value-0000000000000000',
    CAPTCHA_PROVIDER: 'fixed',
    LOG_LEVEL: 'error',
    ...(database?.url === undefined ? {} : { DATABASE_URL: database.url }),
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    ...more,
  };
  const passwords = createPasswordHasher({ workers: 1 });
  const app = await createApp(await openFoundation(loadConfig(env)), { passwords });
  const person = await addPerson(app);
  const client = await addClient(app);
  await app.close();
  return {
    issuer,
    env,
    folder: folder.path,
    person,
    client,
    close: async () => {
      await database?.close();
      await redis?.close();
      folder.remove();
    },
  };
}
