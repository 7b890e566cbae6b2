/**
 * `npm run bench:growth`: what sign-ins leave behind, and what becomes of it. Some real sign-ins and refreshes are made
 * and the rows and keys counted that they have left; then the rows are multiplied to what many sign-ins over months would
 * leave if nothing were ever swept, and swept by the product's own functions. It brings its own Postgres and Redis and
 * leaves nothing behind.
 *
 *   npm run bench:growth -- [--sign-ins 500] [--of 1000000] [--days 90] [--accounts 20000]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { loadConfig } from '../src/config';
import { createSecrets } from '../src/secrets';
import { onStop } from '../test/support/bench/running';
import { signIn } from './client/browser';
import { openConnection } from './client/connection';
import { BOUNDS } from './growth/bounds';
import { addMessages, closePlaces, GROWING, multiply, openPlaces } from './growth/multiply';
import { measureKeys } from './growth/redis-keys';
import { linkEverything, sweepEverything, watchReaders } from './growth/sweeping';
import { printKeys, printLeft, printSizes, printWork } from './growth/print';
import { measureTables, type TableSize } from './growth/tables';
import { describePlan, largeTables, summarisePlans } from './database/plans';
import { authorizationPath, redeemCode, refresh } from './client/relying-party';
import { describeMachine } from './comparison/report';
import { startServer } from './servers/server';
import { somebody, watchSignIns } from './database/sign-ins';
import type { Installation } from './servers/subjects';
import {
  atFreePort,
  connect,
  fill,
  installIn,
  note,
  openWorkshop,
  print,
  runBench,
  type Workshop,
} from './database/throw-away';

interface Plan {
  signIns: number;
  of: number;
  days: number;
  accounts: number;
}

/** Sign-ins whose keys in Redis are counted: few, so that none has ended by then. */
const COUNTED = 100;
/** Rows that the product links while it is watched. */
const LINKED = 20_000;

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      'sign-ins': { type: 'string', default: '500' },
      of: { type: 'string', default: '1000000' },
      days: { type: 'string', default: '90' },
      accounts: { type: 'string', default: '20000' },
    },
  });
  const plan = {
    signIns: Number(values['sign-ins']),
    of: Number(values.of),
    days: Number(values.days),
    accounts: Number(values.accounts),
  };
  if (!(plan.signIns >= COUNTED && plan.of > plan.signIns && plan.days > 0 && plan.accounts >= 1000))
    throw new Error(`at least ${COUNTED} sign-ins of more, some days, and 1000 accounts`);
  return plan;
}

async function run(): Promise<boolean> {
  const plan = readPlan();
  const workshop = await openWorkshop();
  const installation = await installIn(workshop, 'growth');
  const url = workshop.postgres.url('growth');
  await fill(url, { accounts: plan.accounts, waiting: 0 });
  const client = await connect(url);
  requireBounds(await measureTables(client));
  print(`${describeMachine()}; ${new Date().toISOString().slice(0, 10)}`);
  print(`${plan.accounts} accounts; Postgres without fsync\n`);
  await measureLeft(workshop, installation, client, plan);
  await makeMany(url, client, plan);
  const held = await measureEnd(workshop, installation, client);
  await client.query('analyze');
  const reads = await measureReads(workshop, installation, client, plan);
  await client.end();
  return reads && held;
}

/** @throws Error when it is not known what bounds a table. */
function requireBounds(sizes: readonly TableSize[]): void {
  const unknown = sizes.map(({ name }) => name).filter((name) => !(name in BOUNDS));
  if (unknown.length > 0) throw new Error(`nothing is said to bound ${unknown.join(', ')}`);
}

/** Signs people in for real and prints what that leaves; then refreshes. */
async function measureLeft(
  { program, folder }: Workshop,
  installation: Installation,
  client: Client,
  { signIns, accounts }: Plan,
): Promise<void> {
  const { program: served, target } = await atFreePort(installation);
  const server = await startServer(
    served,
    { programFolder: program, log: join(folder, 'growth.log') },
    target.port,
  );
  onStop(server.stop);
  const redisUrl = served.env.REDIS_URL ?? '';
  const before = await measureTables(client);
  const tokens: string[] = [];
  const enter = async (turn: number): Promise<void> => {
    const connection = await openConnection(target.port);
    const who = somebody(target, turn, { accounts, waiting: 0 });
    const back = await signIn(connection, who, new Map(), authorizationPath(who));
    tokens.push((await redeemCode(connection, who, back)).refresh_token);
    connection.close();
  };
  const keysBefore = await measureKeys(redisUrl);
  await inParallel(COUNTED, (turn) => enter(turn));
  printKeys(await measureKeys(redisUrl), keysBefore, COUNTED);
  note('signing in');
  await inParallel(signIns - COUNTED, (turn) => enter(COUNTED + turn));
  await untilLinked(client);
  const between = await measureTables(client);
  printLeft('sign-in', before, between, signIns);
  note('refreshing');
  await inParallel(tokens.length, async (turn) => {
    const connection = await openConnection(target.port);
    await refresh(connection, target, tokens[turn] ?? '');
    connection.close();
  });
  await untilLinked(client);
  printLeft('refresh', between, await measureTables(client), signIns);
  await server.stop();
}

async function inParallel(count: number, work: (turn: number) => Promise<void>): Promise<void> {
  let next = 0;
  const loop = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 4 }, loop));
}

async function untilLinked(client: Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query('select 1 from audit where seq is null limit 1');
    if (rows.length === 0) return;
  }
}

async function makeMany(url: string, client: Client, { signIns, of, days, accounts }: Plan): Promise<void> {
  note(`multiplying to ${of}`);
  const copies = Math.round(of / signIns);
  const plan = { copies, days, accounts, unlinked: Math.ceil(LINKED / signIns) };
  const begun = performance.now();
  const writers = [await connect(url), await connect(url)];
  const tables = Object.keys(GROWING);
  await Promise.all(
    writers.map(async (writer) => {
      await writer.query('set session_replication_role = replica');
      for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
        if (table === 'audit') await openPlaces(writer);
        await multiply(writer, table, plan);
        if (table === 'audit') await closePlaces(writer);
      }
      await writer.end();
    }),
  );
  // Half of the messages are older than those that are kept.
  await addMessages(client, { ...plan, days: 2 * days }, of);
  await client.query('vacuum analyze');
  note(`in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
}

/** What is asked of tables that hold what time leaves in them: true when nothing reads one of them from end to end. */
async function measureReads(
  { program, folder, postgres }: Workshop,
  installation: Installation,
  client: Client,
  { accounts }: Plan,
): Promise<boolean> {
  const large = await largeTables(client);
  const place = { installation, accounts, waiting: 0 };
  const statements = [
    ...(await watchSignIns({ program, logs: folder }, place, postgres.log)),
    ...(await watchReaders(postgres.url('growth'), postgres.log)),
  ];
  const planned = summarisePlans(statements, large);
  print('slowest statements of sign-ins and refreshes, and of those who look at what they left\n');
  const slowest = planned.toSorted((left, right) => right.milliseconds - left.milliseconds).slice(0, 8);
  for (const one of slowest) print(`${describePlan(one)}\n`);
  const faults = planned.filter(({ endToEnd }) => endToEnd.length > 0);
  for (const one of faults) print(describePlan(one));
  print(`statements that read a large table from end to end: ${faults.length}, bar: 0\n`);
  return faults.length === 0;
}

/** Sweeps and links; prints tables before and after; true when no statement held its locks for too long. */
async function measureEnd(
  { postgres }: Workshop,
  { program }: Installation,
  client: Client,
): Promise<boolean> {
  const url = postgres.url('growth');
  const large = await largeTables(client);
  const before = await measureTables(client);
  const other = await connect(url);
  note('sweeping');
  const swept = await sweepEverything(url, postgres.log, other);
  note('linking');
  const secrets = createSecrets(loadConfig(program.env).secretKeys ?? []);
  const linked = await linkEverything(url, postgres.log, other, secrets);
  await other.end();
  const after = await measureTables(client);
  await client.query('vacuum full');
  printSizes(before, after, await measureTables(client));
  const sweeps = printWork('sweeping', swept, large);
  const links = printWork('linking the audit', linked, large);
  return sweeps && links;
}

runBench(run);
