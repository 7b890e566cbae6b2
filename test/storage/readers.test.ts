/** Shared connections for short questions: each gets its own answer, and one that fails harms nobody who comes later. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { openPostgres, unavailability } from '../../src/storage/postgres';
import { createReaders, type OpenedReaders } from '../../src/storage/readers';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { until } from '../support/processes';

const TIMEOUT_MS = 500;

let database: TestDatabase;
let readers: OpenedReaders;
let lost: Error[];

beforeAll(async () => {
  database = await openTestDatabase('postgres');
});
afterAll(() => database.close());

beforeEach(() => {
  lost = [];
  const settings = { url: database.url ?? '', poolSize: 2, queryTimeoutMs: TIMEOUT_MS, pipeline: true };
  readers = createReaders(openPostgres(settings, (error) => lost.push(error)).pool);
});
afterEach(() => readers.close());

const ask = async (number: number): Promise<unknown> =>
  (
    await readers.query<{ answer: number }>({
      name: 'twice',
      text: 'select 2 * $1::int as answer',
      values: [number],
    })
  ).rows[0]?.answer;
const backends = async (): Promise<number[]> => {
  const asked = Array.from({ length: 8 }, () =>
    readers.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid, pg_sleep(0.02)' }),
  );
  return [...new Set((await Promise.all(asked)).flatMap(({ rows }) => rows.map(({ pid }) => pid)))];
};
const bothConnected = () => until('both to be connected', async () => (await backends()).length === 2);
const worksAgain = () =>
  until('questions to be answered again', () =>
    ask(1).then(
      (answer) => answer === 2,
      () => false,
    ),
  );

test('each of many questions of one turn gets its own answer, over two connections', async () => {
  const numbers = Array.from({ length: 500 }, (_, index) => index);
  expect(await Promise.all(numbers.map(ask))).toEqual(numbers.map((number) => 2 * number));
  await bothConnected();
});

test('they can be closed while connections are being made, and nothing is asked then', async () => {
  const { pool } = openPostgres({ url: database.url ?? '', poolSize: 2, pipeline: true }, (error) =>
    lost.push(error),
  );
  const others = createReaders(pool);
  await others.close();
  expect([pool.totalCount, pool.ended]).toEqual([0, true]);
  await expect(others.query({ text: 'select 1' })).rejects.toThrow();
  expect(lost).toEqual([]);
});

test('a question that is wrong fails alone', async () => {
  const answers = await Promise.allSettled([
    ask(1),
    readers.query({ text: 'select 1 / 0' }),
    ask(2),
    readers.query({ text: 'select no_such_column' }),
    ask(3),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
});

test('connections that were ended are made again', async () => {
  await bothConnected();
  const pids = await backends();
  const waiting = Promise.allSettled([ask(1), readers.query({ text: 'select pg_sleep(0.4)' })]);
  await database.db
    .selectNoFrom((eb) => pids.map((pid, n) => eb.fn('pg_terminate_backend', [eb.val(pid)]).as(`t${n}`)))
    .execute();
  await waiting;
  await worksAgain();
  expect(lost.length).toBeGreaterThan(0);
  await bothConnected();
  const again = await backends();
  for (const pid of pids) expect(again).not.toContain(pid);
});

test('whoever asks behind questions that hang is refused in time, and the next are answered', async () => {
  await backends();
  const begun = performance.now();
  // The server ends what takes too long; behind several of them the client's own bound ends the connection.
  const asked = Array.from(
    { length: 8 },
    () => readers.query({ text: 'select pg_sleep(60)' }) as Promise<unknown>,
  );
  while (performance.now() - begun < 3 * TIMEOUT_MS) {
    asked.push(ask(1));
    await new Promise(setImmediate);
  }
  const answers = await Promise.allSettled(asked);
  expect(performance.now() - begun).toBeLessThan(3 * TIMEOUT_MS + 10_000);
  expect(answers.slice(0, 9).map(({ status }) => status)).toEqual(Array(9).fill('rejected'));
  const refused = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  // Each of them means "not now", and none a fault of the program.
  expect(refused.filter((reason) => unavailability(reason)?.code !== 'store_unavailable')).toEqual([]);
  await worksAgain();
});

test('a table that is locked before anybody has asked of it is "not now", and is asked of again afterwards', async () => {
  const ofAccounts = { name: 'of_accounts', text: 'select count(*)::int as count from accounts' };
  const answers = await database.db.transaction().execute(async (trx) => {
    await sql`lock table accounts in access exclusive mode`.execute(trx);
    const asked: Promise<unknown>[] = [];
    for (let round = 0; round < 40; round += 1) {
      asked.push(readers.query(ofAccounts), ask(round));
      await sleep(50);
    }
    return Promise.allSettled(asked);
  });
  const refused = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as unknown] : [],
  );
  expect(refused.length).toBeGreaterThanOrEqual(40);
  expect(refused.filter((reason) => unavailability(reason)?.code !== 'store_unavailable')).toEqual([]);
  await worksAgain();
  const counted = await Promise.allSettled(Array.from({ length: 8 }, () => readers.query(ofAccounts)));
  expect(counted.map(({ status }) => status)).toEqual(Array(8).fill('fulfilled'));
});
