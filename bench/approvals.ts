/**
 * `npm run bench:approvals`: what many accounts and many waiting applications cost. One run prints how long the
 * operator's lists take in the database and as a command, and what a sign-in costs beside those at servers with fewer
 * people, down to one. It brings its own Postgres and Redis and leaves nothing behind.
 *
 *   npm run bench:approvals -- [--accounts 100000] [--waiting 10000] [--sign-ins 300] [--plans]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config';
import { createSecrets } from '../src/secrets';
import type { Population } from './database/population';
import { describePlan, largeTables, summarisePlans, type Planned } from './database/plans';
import { describeMachine, layOut } from './comparison/report';
import { quantile } from './comparison/statistics';
import { measureHash, measureSignIns, watchSignIns, type Place, type SignInCost } from './database/sign-ins';
import { runExplained, type CommandRun, type Statement } from './database/statements';
import {
  connect,
  fill,
  installIn,
  note,
  openWorkshop,
  print,
  runBench,
  spread,
  verdict,
  type Workshop,
} from './database/throw-away';

interface Plan extends Population {
  signIns: number;
  plans: boolean;
}

const LIST_BAR_MS = 200;
const SIGN_IN_BAR = 1.2;
const REPEATS = 5;
/** Beside the greatest number of accounts. */
const FEWER = [1, 10_000, 100_000];

const LISTS: readonly string[][] = [
  ['approvals', 'list'],
  ['approvals', 'list', '--limit', '200', '--json'],
];

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
async function run(): Promise<boolean> {
  const plan = readPlan();
  const workshop = await openWorkshop();
  const hashMs = await measureHash();
  const places: Place[] = [];
  for (const accounts of [...FEWER.filter((fewer) => fewer < plan.accounts), plan.accounts])
    places.push(await makePlace(workshop, accounts, plan));
  const full = places.at(-1) as Place;
  print(`${describeMachine()}; ${new Date().toISOString().slice(0, 10)}`);
  print(`${plan.accounts} accounts, ${plan.waiting} of them waiting; Postgres without fsync\n`);
  const lists = await measureLists(workshop, full);
  note('signing in');
  const folders = { program: workshop.program, logs: workshop.folder };
  const signIns = printSignIns(await measureSignIns(folders, places, plan.signIns), hashMs);
  const plans = !plan.plans || (await printPlans(workshop, full));
  for (const { client } of places) await client.end();
  return lists && signIns && plans;
}

/** A tenth of fewer people waits. */
async function makePlace(workshop: Workshop, accounts: number, plan: Plan): Promise<Place> {
  const waiting = accounts === plan.accounts ? plan.waiting : Math.floor(accounts / 10);
  const name = `people-${accounts}`;
  const installation = await installIn(workshop, name);
  const url = workshop.postgres.url(name);
  const begun = performance.now();
  if (accounts > 1) await fill(url, { accounts, waiting });
  const client = await connect(url);
  const { rows } = await client.query<{ mib: number }>(
    `select (pg_database_size(current_database()) / 1048576)::int as mib`,
  );
  note(`${name}: ${rows[0]?.mib ?? 0} MiB in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  return { name, accounts, waiting, installation, client };
}

const command = (
  { program, postgres }: Workshop,
  place: Place,
  words: readonly string[],
): Promise<CommandRun> =>
  runExplained([join(program, 'src/admin/main.js'), ...words], settingsOf(place), postgres.log);

function settingsOf({ installation }: Place): Record<string, string> & { DATABASE_URL: string } {
  const { env } = installation.program;
  return { ...env, DATABASE_URL: env.DATABASE_URL ?? '' };
}

/** Prints each list's figures; true when all of them are within the bar. */
async function measureLists(workshop: Workshop, place: Place): Promise<boolean> {
  const rows: string[][] = [['command', 'in the database, ms', 'command, ms']];
  let held = true;
  for (const list of LISTS) {
    note(list.join(' '));
    const runs: CommandRun[] = [];
    while (runs.length < REPEATS) runs.push(await command(workshop, place, list));
    if (!runs.some(({ statements }) => statements.some(({ plan }) => /\bmemberships\b/.test(plan))))
      throw new Error(`Postgres logged no statement of ${list.join(' ')}`);
    const whole = runs.map(({ statements }) => statements.reduce((sum, one) => sum + one.milliseconds, 0));
    held &&= Math.max(...whole) <= LIST_BAR_MS;
    const wall = runs.map(({ wallMs }) => wallMs);
    rows.push([list.join(' '), spread(whole, 1), spread(wall, 0)]);
  }
  print(layOut(rows, 1));
  print(`median and, in brackets, the greatest of ${REPEATS} runs`);
  print(`bar: ${LIST_BAR_MS} ms in the database: ${verdict(held)}\n`);
  return held;
}

/** True when many people are served as fast as one. */
function printSignIns(costs: readonly SignInCost[], hashMs: number): boolean {
  const rows = costs.map(({ accounts, latencies, serverMs, databaseMs }) => [
    accounts.toLocaleString('en'),
    ...[0.5, 0.95, 0.99].map((part) => quantile(latencies, part).toFixed(1)),
    ...[serverMs, serverMs - hashMs, databaseMs].map((ms) => ms.toFixed(2)),
  ]);
  const head = ['p50 ms', 'p95 ms', 'p99 ms', 'server CPU ms', 'without the hash', 'Postgres CPU ms'];
  print(layOut([['accounts', ...head], ...rows], 0));
  const [one, many] = [costs[0], costs.at(-1)];
  if (!one || !many) throw new Error('nobody signed in');
  const late = quantile(many.latencies, 0.95) / quantile(one.latencies, 0.95);
  const work = (many.serverMs - hashMs) / (one.serverMs - hashMs);
  const held = late <= SIGN_IN_BAR;
  print(`a password check by itself: ${hashMs.toFixed(2)} ms of processor time`);
  print(`p95 of most to one: ${late.toFixed(2)}, bar: ${SIGN_IN_BAR}: ${verdict(held)}`);
  print(`server CPU without the hash, of most to one: ${work.toFixed(2)}\n`);
  return held;
}

/** Prints how the statements of people, operators and recurring work read; true when none reads a large table whole. */
async function printPlans(workshop: Workshop, place: Place): Promise<boolean> {
  const large = await largeTables(place.client);
  const { rows } = await place.client.query<{ number: number }>(
    `select max(number) as number from memberships where status = 'requested'`,
  );
  await makeDue(place);
  // What follows from a deletion counts, too; before this it would have slowed what was measured.
  await place.client.query(
    `do $$ begin execute format('alter database %I set auto_explain.log_nested_statements = on', current_database()); end $$`,
  );
  const background = join(workshop.program, 'bench/subjects/background.js');
  const watched: [string, Statement[]][] = [
    [
      'a sign-in',
      await watchSignIns({ program: workshop.program, logs: workshop.folder }, place, workshop.postgres.log),
    ],
    ['approvals list', (await command(workshop, place, ['approvals', 'list'])).statements],
    [
      'approvals show',
      (await command(workshop, place, ['approvals', 'show', String(rows[0]?.number)])).statements,
    ],
    [
      'recurring work',
      (await runExplained([background], settingsOf(place), workshop.postgres.log)).statements,
    ],
  ];
  const faults: Planned[] = [];
  for (const [title, statements] of watched) {
    print(`== ${title}\n`);
    const planned = summarisePlans(statements, large);
    for (const one of planned) print(`${describePlan(one)}\n`);
    faults.push(...planned.filter(({ endToEnd }) => endToEnd.length > 0));
  }
  print(`statements that read a large table from end to end: ${faults.length}, bar: 0`);
  for (const { text, endToEnd } of faults) print(`  ${endToEnd.join(', ')}: ${text}`);
  return faults.length === 0;
}

/** Something of each kind for the recurring work to do. */
async function makeDue(place: Place): Promise<void> {
  const { client } = place;
  // Everything lies sealed under the newest key, as it does but for the days after a change of keys.
  const { keyId } = createSecrets(loadConfig(settingsOf(place)).secretKeys ?? []);
  await client.query(`update power_files set storage_key = $1 || substr(storage_key, 6)`, [keyId]);
  await client.query('vacuum analyze power_files');
  const some = (count: number) =>
    `select id from memberships where status = 'requested' order by number limit ${count}`;
  await client.query(`update memberships set remind_at = now() where id in (${some(120)})`);
  await client.query(`update memberships set expires_at = now() where id in (${some(20)})`);
  await client.query(
    `update memberships set role = 'contact' where number % 5000 = 1 and status = 'approved'`,
  );
  await client.query(`
    insert into account_closings (id, account_id, reason, asked_by, asked_at, destroy_by, destroy_after)
    select gen_random_uuid(), id, 'asked', 'operator:bench', now(), now(), now() from
      (select id from accounts order by created_at limit 3) people`);
}

runBench(run);
