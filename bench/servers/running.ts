/** The subjects as they run: started, asked how they are, ended with the bench. */
import { chmodSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { onStop } from '../../test/support/bench/running';
import { FOLDER_VARIABLE, temporaryFolder } from '../../test/support/processes';
import type { Measured } from '../comparison/measure';
import type { Footprint } from '../comparison/report';
import { median } from '../comparison/statistics';
import { startServer, type Server, type ServerPlace } from './server';
import { folderOf, type Stores, type Subject } from './subjects';

export interface RunningSubject extends Measured {
  subject: Subject;
  stores: Stores | undefined;
  startMs: number;
  idleBytes: number;
}

const MIB = 1024 * 1024;
/** A server has put away what its start needed by then. */
const SETTLE_MS = 2000;

/** The bench's own folder, which goes when the bench does. */
export function openFolder(): string {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  return folder.path;
}

/** Installs a subject and starts its server so many times; the last one stays. */
export async function startSubject(
  subject: Subject,
  parent: string,
  place: Omit<ServerPlace, 'log'>,
  starts: number,
): Promise<RunningSubject> {
  const folder = folderOf(parent, subject);
  mkdirSync(folder, { mode: 0o700 });
  const { program, target, storePids, stores } = await subject.install(folder, onStop);
  const start = (): Promise<Server> => startServer(program, { ...place, log: `${folder}.log` }, target.port);
  const times: number[] = [];
  for (let again = 1; again < starts; again += 1) {
    const server = await start();
    times.push(server.startMs);
    await server.stop();
  }
  const server = await start();
  onStop(server.stop);
  times.push(server.startMs);
  return {
    subject,
    server,
    target,
    storePids,
    stores,
    startMs: median(times),
    idleBytes: await idleBytes(server),
  };
}

async function idleBytes(server: Server): Promise<number> {
  await sleep(SETTLE_MS);
  return (await server.usage()).residentBytes;
}

/** Start and memory, and the memory now. */
export async function footprintOf({
  subject,
  server,
  startMs,
  idleBytes,
}: RunningSubject): Promise<Footprint> {
  const { residentBytes } = await server.usage();
  return { subject: subject.name, startMs, idleMib: idleBytes / MIB, afterMib: residentBytes / MIB };
}
