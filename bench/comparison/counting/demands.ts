/** What one operation asks of the stores: counted one operation after another, apart from the timed rounds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from '../../client/connection';
import type { Measured } from '../measure';
import type { Stores } from '../../servers/subjects';
import type { Operation, Workload } from '../workloads';
import { openPostgresCounter } from './postgres';
import { openRedisCounter } from './redis';

/** For one operation, work in the background taken off. */
export interface Demands {
  redisCommands: number;
  /** Without those that scripts call. */
  redisCommandsSent: number;
  redisTrips: number;
  statements: number;
  /** BEGIN, COMMIT and the like. */
  transactionMarks: number;
  /** What of it is what: commands and texts of statements with how often an operation needs them. */
  details: Record<string, number>;
}

export interface DemandCounter {
  count(measured: Measured, workload: Workload, operations: number): Promise<Demands>;
  close(): Promise<void>;
}

/** Calls by what is called; what Redis reads and gets sent under names of their own. */
type Calls = Map<string, number>;

const READS = 'reads of Redis';
const SENT = 'commands sent to Redis';
const REDIS = 'Redis ';
const MARK = /^\s*(begin|commit|rollback|start transaction|savepoint|release)\b/i;
/** What an operation leaves behind for later has come by then. */
const SETTLE_MS = 300;
const BASELINE_MS = 4000;
/** Rarer than this it is chance: a turn of the background's work more or less. */
const CHANCE = 0.08;

/** Opens the counters of a subject's stores and listens for a while to what happens without anybody's asking. */
export async function openDemandCounter(stores: Stores): Promise<DemandCounter> {
  const redis = await openRedisCounter(stores.redisUrl);
  const postgres =
    stores.postgres && (await openPostgresCounter(stores.postgres.url, stores.postgres.database));
  const read = async (): Promise<Calls> => {
    const { commands, reads, sent } = await redis.read();
    return new Map([
      ...[...commands].map(([name, calls]) => [REDIS + name, calls] as const),
      [READS, reads] as const,
      [SENT, sent] as const,
      ...((await postgres?.read()) ?? []),
    ]);
  };
  const during = (work: () => Promise<unknown>): Promise<{ calls: Calls; seconds: number }> =>
    callsDuring(read, work);
  const own = (await during(() => Promise.resolve())).calls;
  const idle = await during(() => sleep(BASELINE_MS));
  /** What the counter itself and the background ask in so many seconds. */
  const besides = (name: string, seconds: number): number => {
    const counter = own.get(name) ?? 0;
    return counter + (((idle.calls.get(name) ?? 0) - counter) * seconds) / idle.seconds;
  };
  return {
    count: async ({ target }, workload, operations) => {
      const connection = await openConnection(target.port);
      try {
        const operation = await workload.prepare(target, connection, 1);
        await sleep(SETTLE_MS);
        const { calls, seconds } = await during(() => repeat(operation, operations, target.port));
        const each = [...calls].map(
          ([name, called]) => [name, (called - besides(name, seconds)) / operations] as const,
        );
        return demandsOf(new Map(each));
      } finally {
        connection.close();
      }
    },
    close: async () => {
      redis.close();
      await postgres?.close();
    },
  };
}

async function callsDuring(read: () => Promise<Calls>, work: () => Promise<unknown>) {
  const before = await read();
  const begun = performance.now();
  await work();
  const seconds = (performance.now() - begun) / 1000;
  const after = await read();
  const calls = new Map([...after].map(([name, called]) => [name, called - (before.get(name) ?? 0)]));
  return { calls, seconds };
}

async function repeat(operation: Operation, operations: number, port: number): Promise<void> {
  const connection = await openConnection(port);
  try {
    for (let done = 0; done < operations; done += 1) await operation(connection, 0);
    await sleep(SETTLE_MS);
  } finally {
    connection.close();
  }
}

function demandsOf(all: Calls): Demands {
  const each = [...all].filter(([, called]) => called > CHANCE);
  const total = (belongs: (name: string) => boolean): number =>
    each.reduce((sum, [name, called]) => (belongs(name) ? sum + called : sum), 0);
  const isRedis = (name: string): boolean => name.startsWith(REDIS);
  const isStatement = (name: string): boolean => name !== READS && name !== SENT && !isRedis(name);
  return {
    redisCommands: total(isRedis),
    redisCommandsSent: total((name) => name === SENT),
    redisTrips: total((name) => name === READS),
    statements: total((name) => isStatement(name) && !MARK.test(name)),
    transactionMarks: total((name) => isStatement(name) && MARK.test(name)),
    details: Object.fromEntries(each),
  };
}
