/** A Postgres that says nothing for a while, or for ever: nobody goes on with a connection that somebody gave up. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, unavailability, type OpenedDatabase } from '../../src/storage/postgres';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { until } from '../support/processes';

const TIMEOUT_MS = 1000;

let database: TestDatabase;
let between: Server;
let lines: { near: Socket; far: Socket; silent: boolean }[];
let opened: OpenedDatabase;

beforeAll(async () => {
  database = await openTestDatabase('postgres');
});
afterAll(() => database.close());

beforeEach(async () => {
  lines = [];
  const url = new URL(database.url ?? '');
  const [host, port] = [url.hostname, Number(url.port)];
  between = createServer((near) => {
    const line = { near, far: connect(port, host), silent: false };
    lines.push(line);
    for (const [from, to] of [
      [near, line.far],
      [line.far, near],
    ] as const) {
      from.on('data', (chunk) => {
        if (!line.silent) to.write(chunk);
      });
      from.on('error', () => undefined).on('close', () => line.silent || to.destroy());
    }
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  url.port = String((between.address() as AddressInfo).port);
  opened = openPostgres({ url: url.href, poolSize: 1, queryTimeoutMs: TIMEOUT_MS }, () => undefined);
});
afterEach(async () => {
  await opened.close();
  for (const { near, far } of lines) for (const socket of [near, far]) socket.destroy();
  await new Promise((resolve) => between.close(resolve));
});

const ask = () => opened.db.selectFrom('auditHead').select('seq').execute();
const mute = (key: string) =>
  opened.db.insertInto('ephemeral').values({ key, value: '1', spent: false, expiresAt: new Date(0) });
const kept = async (key: string) =>
  (await database.db.selectFrom('ephemeral').select('key').where('key', '=', key).execute()).length;
const isRefusal = (error: unknown) => unavailability(error)?.code === 'store_unavailable';

test("a transaction whose beginning was not answered in time is nobody else's", async () => {
  await ask();
  for (const { near, far } of lines) for (const socket of [near, far]) socket.pause();
  const begun = opened.db.transaction().execute((trx) => trx.selectFrom('auditHead').selectAll().execute());
  await expect(begun.catch((error: unknown) => isRefusal(error))).resolves.toBe(true);
  // The server hears of it after all.
  for (const { near, far } of lines) for (const socket of [near, far]) socket.resume();
  await sleep(50);
  const key = randomUUID();
  await mute(key).execute();
  expect(await kept(key)).toBe(1);
});

test('a server that is gone without a word costs one question its answer, and the next goes elsewhere', async () => {
  await ask();
  for (const line of lines) line.silent = true;
  await expect(ask().catch((error: unknown) => isRefusal(error))).resolves.toBe(true);
  await expect(ask()).resolves.toHaveLength(1);
  expect(lines).toHaveLength(2);
});

test('questions that are answered in time share their connection', async () => {
  for (let time = 0; time < 5; time += 1) await ask();
  const wrong = opened.db
    .insertInto('ephemeral')
    .values({ key: 'x', value: '', spent: false, expiresAt: 'never' as never });
  await expect(wrong.execute()).rejects.toThrow();
  const undone = opened.db.transaction().execute(async (trx) => {
    await trx.selectFrom('auditHead').selectAll().execute();
    throw new Error('not that');
  });
  await expect(undone).rejects.toThrow('not that');
  await ask();
  expect(lines).toHaveLength(1);
});

test('locks of a node that vanished within a transaction do not last', async () => {
  const { rows } = await opened.pool.query<{ setting: string }>(
    "select setting from pg_settings where name = 'idle_in_transaction_session_timeout'",
  );
  expect(rows).toEqual([{ setting: '10000' }]);
  await until('the connection to be given back', () => Promise.resolve(opened.pool.idleCount === 1));
});
