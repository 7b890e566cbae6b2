/** Processor time and memory of the processes that a measurement is about. */
import { readdirSync, readFileSync } from 'node:fs';

/** What one process has used since it started, all its threads together. */
export interface Usage {
  cpuSeconds: number;
  residentBytes: number;
}

/** Linux counts processor time in `/proc` in hundredths of a second (USER_HZ, the same on every architecture). */
const TICKS_PER_SECOND = 100;

/** Processor time so far of programs that are not ours (Postgres, Redis) and of their children, in ticks, by process. */
export type StoreTicks = ReadonlyMap<number, number>;

/** Empty where there is no /proc. */
export function storeTicks(pids: readonly number[]): StoreTicks {
  const found = new Map<number, number>();
  if (pids.length === 0 || process.platform !== 'linux') return found;
  const wanted = new Set(pids);
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readStat(`/proc/${entry}`) : undefined;
    if (stat && (wanted.has(stat.id) || wanted.has(stat.parent))) found.set(stat.id, stat.ticks);
  }
  return found;
}

/** Processor seconds between two readings; what a process used that has ended meanwhile is not among them. */
export function storeCpuSeconds(before: StoreTicks, after: StoreTicks): number {
  let ticks = 0;
  for (const [pid, used] of after) ticks += used - (before.get(pid) ?? 0);
  return ticks / TICKS_PER_SECOND;
}

/** Of one server process: its main thread, and those that check passwords. */
export interface ThreadSeconds {
  main: number;
  password: number;
}

/** The name that the product gives the threads of its password pool. */
const PASSWORD_THREAD = 'password';

/** Processor time so far, to a hundredth of a second; zero where there is no /proc. */
export function threadSeconds(pid: number): ThreadSeconds {
  const ticks = { main: 0, password: 0 };
  if (process.platform !== 'linux') return ticks;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readStat(`/proc/${pid}/task/${thread}`);
    if (stat?.id === pid) ticks.main += stat.ticks;
    else if (stat?.name === PASSWORD_THREAD) ticks.password += stat.ticks;
  }
  return { main: ticks.main / TICKS_PER_SECOND, password: ticks.password / TICKS_PER_SECOND };
}

interface Stat {
  /** Of a process or of a thread. */
  id: number;
  name: string;
  parent: number;
  ticks: number;
}

/** proc(5): after the name in brackets, which may hold anything, field 2 is the parent, 12 and 13 user and system time. */
function readStat(folder: string): Stat | undefined {
  try {
    const text = readFileSync(`${folder}/stat`, 'latin1');
    const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
    const fields = text.slice(close + 2).split(' ');
    return {
      id: Number(text.slice(0, open)),
      name: text.slice(open + 1, close),
      parent: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
    };
  } catch {
    return undefined; // It has just ended.
  }
}
