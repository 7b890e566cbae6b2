import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { startProcess, tail, temporaryFolder, until, type RunningProcess } from '../support/processes';
import { freePort } from '../support/ports';

const root = join(__dirname, '..', '..');
const tsNode = join(root, 'node_modules', 'ts-node', 'dist', 'bin.js');
// Same semantics as in production, compiled faster than with -T.
const program = [process.execPath, tsNode, '--swc'];

describe.each(storageKinds)('the program beside a real server, %s storage', (kind) => {
  const folder = temporaryFolder();
  let database: TestDatabase | undefined;
  let server: RunningProcess | undefined;
  let settings: Record<string, string> = {};

  beforeAll(async () => {
    const port = String(await freePort());
    settings = {
      PORT: port,
      ISSUER: `http://localhost:${port}`,
      DATA_DIR: join(folder.path, 'data'),
      SECRET_KEY: 'only-for-tests-0123456789-abcdefghijk',
      TZ: 'Europe/Moscow',
    };
    if (kind === 'postgres') {
      database = await openTestDatabase('postgres');
      settings = { ...settings, DATABASE_URL: database.url ?? '' };
    }
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    await database?.close();
    folder.remove();
  });

  const log = join(folder.path, 'log');
  const ready = () =>
    fetch(`${settings.ISSUER}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  async function start(entry: string[]): Promise<void> {
    const assignments = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    server = startProcess(['env', ...assignments, ...program, ...entry], log);
    await until('the server is ready', ready, 30).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${tail(log)}`);
    });
  }
  const admin = (...argv: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const [file = '', ...parameters] = [...program, join(root, 'src', 'admin', 'main.ts'), ...argv];
      execFile(file, parameters, { env: { PATH: process.env['PATH'], ...settings } }, (error, out, err) => {
        resolve({ code: Number(error?.code ?? 0), out, err });
      });
    });
  const publishedKeys = async () =>
    ((await (await fetch(`${settings.ISSUER}/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(
      ({ kid }) => kid,
    );

  test('commands work before, beside and after it, also when it was killed', async () => {
    if (kind === 'embedded') {
      const early = await admin('accounts', 'list');
      expect([early.code, early.err]).toEqual([1, expect.stringContaining('run port-one-id migrate')]);
      expect((await admin('migrate')).out).toContain('ran 0001-foundation');
    }
    await start([join(root, 'src', 'main.ts')]);
    const person = ['--family-name', 'Тестова', '--given-name', 'Анна', '--no-middle-name'];
    const made = await admin('accounts', 'create', '--email', 'anna@example.com', ...person, '--json');
    expect([made.code, made.err]).toEqual([0, '']);
    expect(JSON.parse(made.out)).toMatchObject({ email: 'anna@example.com' });

    const before = await publishedKeys();
    // The next keys are too young to sign.
    expect((await admin('keys', 'rotate', '--yes')).code).toBe(4);
    const [leaked = ''] = before;
    expect((await admin('keys', 'revoke', leaked, '--reason', 'leaked', '--yes')).code).toBe(0);
    await until('the server drops the key', async () => !(await publishedKeys()).includes(leaked), 1);

    const socket = join(settings.DATA_DIR ?? '', 'admin.sock');
    expect(existsSync(socket)).toBe(kind === 'embedded');
    await server?.stop('SIGKILL');
    if (kind === 'postgres') return;

    expect(existsSync(socket)).toBe(true);
    expect((await admin('accounts', 'show', 'anna@example.com')).code).toBe(0);
    await start([join(root, 'src', 'admin', 'main.ts'), 'serve']);
    expect((await admin('accounts', 'show', 'nobody@example.com')).code).toBe(3);
    expect((await admin('clients', 'import', join(folder.path, 'none.json'))).err).toMatch(/does not exist/);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await server?.stop();
    expect(tail(log)).toContain('"stopped"');
    expect(existsSync(socket)).toBe(false);
  }, 180_000);
});

test('a database that is away ends with 5 and one sentence', async () => {
  const env = { PATH: process.env['PATH'], DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };
  const answer = await new Promise<{ code: number; err: string }>((resolve) => {
    const parameters = [tsNode, '--swc', join(root, 'src', 'admin', 'main.ts'), 'accounts', 'list'];
    execFile(process.execPath, parameters, { env }, (error, _out, err) =>
      resolve({ code: Number(error?.code), err }),
    );
  });
  expect(answer.code).toBe(5);
  expect(answer.err).toMatch(/^The database cannot be reached;[^\n]*\n$/);
}, 180_000);
