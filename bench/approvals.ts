/**
 * `npm run bench:approvals`: what 100,000 accounts and 10,000 waiting applications cost. One run prints how long
 * the operator's lists take in the database and as a command, and how long a sign-in takes beside one at a server
 * whose database is empty. It brings its own Postgres and Redis and leaves nothing behind.
 *
 *   npm run bench:approvals -- [--accounts 100000] [--waiting 10000] [--sign-ins 300] [--plans]
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { ensurePrograms } from '../test/support/bench/programs';
import { onStop, stopEverything } from '../test/support/bench/running';
import { FOLDER_VARIABLE, temporaryFolder } from '../test/support/processes';
import { startPostgresServer, type PostgresServer } from '../test/support/postgres-server';
import { startRedisServer } from '../test/support/redis-server';
import { signIn } from './browser';
import { compile } from './compile';
import { openConnection } from './connection';
import { emailOf, populate, SHARED_PASSWORD, type Population } from './population';
import { authorizationPath, redeemCode } from './relying-party';
import { describeMachine, layOut } from './report';
import { startServer } from './server';
import { runExplained, type CommandRun } from './statements';
import { installOurs, type Installation } from './subjects';
import type { Target } from './target';

interface Plan extends Population {
  signIns: number;
  plans: boolean;
}

const LIST_BAR_MS = 200;
const SIGN_IN_BAR = 1.2;
const REPEATS = 5;

const LISTS: readonly string[][] = [
  ['approvals', 'list'],
  ['approvals', 'list', '--limit', '200', '--json'],
];

const note = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  try {
    if (!(await run(readPlan()))) process.exitCode = 1;
  } finally {
    await stopEverything();
  }
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      accounts: { type: 'string', default: '100000' },
      waiting: { type: 'string', default: '10000' },
      'sign-ins': { type: 'string', default: '300' },
      plans: { type: 'boolean', default: false },
    },
  });
  const plan = {
    accounts: Number(values.accounts),
    waiting: Number(values.waiting),
    signIns: Number(values['sign-ins']),
    plans: values.plans,
  };
  // Somebody has to sign in.
  if (!(plan.waiting >= 0 && plan.waiting < plan.accounts && plan.signIns >= 20))
    throw new Error('fewer people may wait than there are accounts, and a p95 takes 20 sign-ins at least');
  return plan;
}

/** True when every bar is held. */
async function run(plan: Plan): Promise<boolean> {
  ensurePrograms();
  const folder = openFolder();
  note('compiling');
  const program = join(folder, 'program');
  mkdirSync(program);
  compile(program);
  const postgres = await startPostgresServer();
  onStop(postgres.close);
  const empty = await install(postgres, 'empty', folder);
  const full = await install(postgres, 'full', folder);
  await fill(postgres.url('full'), plan);
  print(`${describeMachine()}; ${new Date().toISOString().slice(0, 10)}`);
  print(`${plan.accounts} accounts, ${plan.waiting} of them waiting; Postgres without fsync\n`);
  const lists = await measureLists(program, full, postgres.log, plan);
  const signIns = await measureSignIns(program, folder, { empty, full }, plan);
  return lists && signIns;
}

function openFolder(): string {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  return folder.path;
}

async function install(postgres: PostgresServer, name: string, parent: string): Promise<Installation> {
  const redis = await startRedisServer();
  onStop(redis.close);
  const folder = join(parent, name);
  mkdirSync(folder, { mode: 0o700 });
  await withClient(postgres.url('postgres'), (client) => client.query(`create database "${name}"`));
  const env = { DATA_DIR: folder, DATABASE_URL: postgres.url(name), REDIS_URL: redis.url };
  return installOurs(env, []);
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return work(client).finally(() => client.end());
}

async function fill(url: string, plan: Plan): Promise<void> {
  note('seeding');
  await withClient(url, (client) => populate(client, plan, note));
}

/** Prints each list's figures; true when all of them are within the bar. */
async function measureLists(
  program: string,
  { program: { env } }: Installation,
  log: string,
  plan: Plan,
): Promise<boolean> {
  const rows: string[][] = [['command', 'in the database, ms', 'of it the list, ms', 'command, ms']];
  const settings = { ...env, DATABASE_URL: env.DATABASE_URL ?? '' };
  let held = true;
  for (const list of LISTS) {
    note(list.join(' '));
    const runs: CommandRun[] = [];
    while (runs.length < REPEATS)
      runs.push(await runExplained([join(program, 'src/admin/main.js'), ...list], settings, log));
    const whole = runs.map(({ statements }) => statements.reduce((sum, one) => sum + one.milliseconds, 0));
    // The rest looks whether the schema is up to date.
    const own = runs
      .flatMap(({ statements }) => statements)
      .filter(({ plan }) => /\bmemberships\b/.test(plan));
    if (own.length === 0) throw new Error(`Postgres logged no statement of ${list.join(' ')}`);
    held &&= Math.max(...whole) <= LIST_BAR_MS;
    const wall = runs.map(({ wallMs }) => wallMs);
    rows.push([
      list.join(' '),
      spread(whole, 1),
      spread(
        own.map(({ milliseconds }) => milliseconds),
        1,
      ),
      spread(wall, 0),
    ]);
    if (plan.plans) print(own[0]?.plan ?? '');
  }
  print(layOut(rows, 1));
  print(`median and, in brackets, the greatest of ${REPEATS} runs`);
  print(`bar: ${LIST_BAR_MS} ms in the database: ${verdict(held)}\n`);
  return held;
}

/** Median and, in brackets, the greatest. */
function spread(values: readonly number[], digits: number): string {
  return `${quantile(values, 0.5).toFixed(digits)} (${Math.max(...values).toFixed(digits)})`;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

const verdict = (held: boolean): string => (held ? 'held' : 'MISSED');

/** Signs in at both servers in turns, so that what slows the machine slows both. True when the bar is held. */
async function measureSignIns(
  programFolder: string,
  folder: string,
  places: { empty: Installation; full: Installation },
  plan: Plan,
): Promise<boolean> {
  const measured = [];
  for (const [name, { program, target }] of Object.entries(places)) {
    const server = await startServer(
      program,
      { programFolder, log: join(folder, `${name}.log`) },
      target.port,
    );
    onStop(server.stop);
    measured.push({ name, target, latencies: new Array<number>() });
  }
  note('signing in');
  const warmUp = 20;
  for (let turn = 0; turn < warmUp + plan.signIns; turn += 1) {
    // Whoever went first goes second the next time.
    for (const { name, target, latencies } of turn % 2 === 0 ? measured : [...measured].reverse()) {
      const latency = await timeSignIn(name === 'full' ? somebody(target, turn, plan) : target);
      if (turn >= warmUp) latencies.push(latency);
    }
  }
  const rows = measured.map(({ name, latencies }) => [
    name,
    ...[0.5, 0.95, 0.99].map((part) => quantile(latencies, part).toFixed(1)),
  ]);
  print(layOut([['sign-in', 'p50 ms', 'p95 ms', 'p99 ms'], ...rows], 1));
  const [before = 0, after = 0] = measured.map(({ latencies }) => quantile(latencies, 0.95));
  const held = after / before <= SIGN_IN_BAR;
  print(`p95 of full to empty: ${(after / before).toFixed(2)}, bar: ${SIGN_IN_BAR}: ${verdict(held)}`);
  return held;
}

/** Somebody else each time, from all over the table. */
function somebody(target: Target, turn: number, { accounts, waiting }: Population): Target {
  const number = 1 + ((turn * 7919) % (accounts - waiting));
  return { ...target, person: { identifier: emailOf(number), password: SHARED_PASSWORD } };
}

/** Milliseconds of a whole sign-in by a new browser: page, password, code, tokens. */
async function timeSignIn(target: Target): Promise<number> {
  const connection = await openConnection(target.port);
  try {
    const begun = performance.now();
    const back = await signIn(connection, target, new Map(), authorizationPath(target));
    await redeemCode(connection, target, back);
    return performance.now() - begun;
  } finally {
    connection.close();
  }
}

main().catch((error: unknown) => {
  note(`The bench failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
