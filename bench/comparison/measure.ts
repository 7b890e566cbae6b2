/** One round: so many connections, each sending its next request when the last is answered. */
import { openConnection, type Connection } from '../client/connection';
import type { Server } from '../servers/server';
import type { Target } from '../client/target';
import { storeCpuSeconds, storeTicks, threadSeconds, type ThreadSeconds } from '../servers/usage';
import type { Operation, Workload } from './workloads';

export interface Measured {
  server: Server;
  target: Target;
  storePids: readonly number[];
}

export interface Round {
  operations: number;
  seconds: number;
  /** Of the server process, all threads. */
  cpuSeconds: number;
  /** What of it single threads used. */
  threadSeconds: ThreadSeconds;
  /** Of Postgres and Redis. */
  storeCpuSeconds: number;
  /** Milliseconds of each operation. */
  latencies: number[];
}

export const CONNECTIONS = 16;

export const openConnections = (port: number, count: number): Promise<Connection[]> =>
  Promise.all(Array.from({ length: count }, () => openConnection(port)));

/** @throws Error on the first wrong answer */
export async function runRound(measured: Measured, operation: Operation, seconds: number): Promise<Round> {
  const { server, target, storePids } = measured;
  // Opened only now: a server closes connections that stay idle for some seconds.
  const connections = await openConnections(target.port, CONNECTIONS);
  try {
    const storesBefore = storeTicks(storePids);
    const threadsBefore = threadSeconds(server.pid);
    const before = await server.usage();
    const { latencies, elapsed } = await drive(operation, connections, seconds);
    const after = await server.usage();
    const threads = threadSeconds(server.pid);
    return {
      operations: latencies.length,
      seconds: elapsed,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      threadSeconds: {
        main: threads.main - threadsBefore.main,
        password: threads.password - threadsBefore.password,
      },
      storeCpuSeconds: storeCpuSeconds(storesBefore, storeTicks(storePids)),
      latencies,
    };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Makes the sessions and tokens that rounds spend. */
export async function prepare(workload: Workload, target: Target): Promise<Operation> {
  const connection = await openConnection(target.port);
  try {
    return await workload.prepare(target, connection, CONNECTIONS);
  } finally {
    connection.close();
  }
}

/** Each connection does the operation again and again; milliseconds of each, and seconds of all. */
export async function drive(operation: Operation, connections: readonly Connection[], seconds: number) {
  const latencies: number[] = [];
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const loops = connections.map(async (connection, slot) => {
    for (let at = performance.now(); at < end;) {
      await operation(connection, slot);
      const done = performance.now();
      latencies.push(done - at);
      at = done;
    }
  });
  await Promise.all(loops);
  return { latencies, elapsed: (performance.now() - begun) / 1000 };
}
