/** What a sign-in takes at servers whose databases hold more and more people, side by side. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { onStop } from '../../test/support/bench/running';
import { signIn } from '../client/browser';
import { openConnection } from '../client/connection';
import { watchStatements } from './plans';
import { emailOf, SHARED_PASSWORD, type Population } from './population';
import { authorizationPath, redeemCode, refresh } from '../client/relying-party';
import { startServer, type Server } from '../servers/server';
import { explained, type Statement } from './statements';
import type { Installation } from '../servers/subjects';
import type { Target } from '../client/target';
import { atFreePort } from './throw-away';

/** An installation with its people, and a connection to its database. */
export interface Place extends Population {
  name: string;
  installation: Installation;
  client: Client;
}

export interface SignInCost {
  accounts: number;
  latencies: number[];
  /** Processor milliseconds of the server for one sign-in, the hash too. */
  serverMs: number;
  /** The same of Postgres. */
  databaseMs: number;
}

const WARM_UP = 20;

/** Signs in at every place in turns, so that what slows the machine slows all of them. */
export async function measureSignIns(
  folders: { program: string; logs: string },
  places: readonly Place[],
  signIns: number,
): Promise<SignInCost[]> {
  const measured = [];
  for (const place of places) measured.push(await open(folders, place));
  for (let turn = 0; turn < WARM_UP + signIns; turn += 1) {
    // Whoever went first goes last the next time.
    for (const one of turn % 2 === 0 ? measured : measured.toReversed()) await one.measure(turn);
  }
  for (const { stop } of measured) await stop();
  return measured.map(({ cost }) => ({
    ...cost,
    serverMs: cost.serverMs / signIns,
    databaseMs: cost.databaseMs / signIns,
  }));
}

async function open(folders: { program: string; logs: string }, place: Place) {
  const { program, target } = await atFreePort(place.installation);
  const log = join(folders.logs, `${place.name}.log`);
  const server = await startServer(program, { programFolder: folders.program, log }, target.port);
  onStop(server.stop);
  const cost: SignInCost = { accounts: place.accounts, latencies: [], serverMs: 0, databaseMs: 0 };
  const measure = async (turn: number): Promise<void> => {
    const before = await used(server, place.client);
    const latency = await timeSignIn(somebody(target, turn, place));
    const after = await used(server, place.client);
    if (turn < WARM_UP) return;
    cost.latencies.push(latency);
    cost.serverMs += after.serverMs - before.serverMs;
    cost.databaseMs += after.databaseMs - before.databaseMs;
  };
  return { cost, measure, stop: server.stop };
}

async function used(server: Server, client: Client): Promise<{ serverMs: number; databaseMs: number }> {
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  const databaseMs = rows.reduce((sum, { pid }) => sum + ranMilliseconds(pid), 0);
  return { serverMs: (await server.usage()).cpuSeconds * 1000, databaseMs };
}

/** Linux counts it in nanoseconds (Documentation/scheduler/sched-stats.rst); 0 where there is no such file. */
function ranMilliseconds(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** Somebody else each time, from all over the table. */
export function somebody(target: Target, turn: number, { accounts, waiting }: Population): Target {
  if (accounts <= 1) return target;
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

/** Often enough for the plans that Postgres keeps for prepared statements. */
const WATCHED = 12;

/** What sign-ins, each followed by a refresh, ask of the database, and what the server does by itself meanwhile. */
export async function watchSignIns(
  folders: { program: string; logs: string },
  place: Population & Pick<Place, 'installation'>,
  postgresLog: string,
): Promise<Statement[]> {
  const { program, target } = await atFreePort(place.installation);
  const env = { ...program.env, DATABASE_URL: explained(program.env.DATABASE_URL ?? '') };
  const where = { programFolder: folders.program, log: join(folders.logs, 'watched.log') };
  const server = await startServer({ ...program, env }, where, target.port);
  onStop(server.stop);
  const statements = await watchStatements(postgresLog, async () => {
    for (let turn = 0; turn < WATCHED; turn += 1) {
      const connection = await openConnection(target.port);
      const who = somebody(target, turn, place);
      const back = await signIn(connection, who, new Map(), authorizationPath(who));
      await refresh(connection, who, (await redeemCode(connection, who, back)).refresh_token);
      connection.close();
    }
  });
  await server.stop();
  return statements;
}

const HASHES = 40;

/** Processor milliseconds of one password check, which is the same however many people there are. */
export async function measureHash(): Promise<number> {
  const passwords = createPasswordHasher({ workers: 1 });
  try {
    const hash = await passwords.hash(SHARED_PASSWORD);
    await passwords.verify(hash, SHARED_PASSWORD);
    const before = process.cpuUsage();
    for (let turn = 0; turn < HASHES; turn += 1) await passwords.verify(hash, SHARED_PASSWORD);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / HASHES;
  } finally {
    await passwords.close();
  }
}
