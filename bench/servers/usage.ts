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
    const stat = /^\d+$/.test(entry) ? readStat(entry) : undefined;
    if (stat && (wanted.has(stat.pid) || wanted.has(stat.parent))) found.set(stat.pid, stat.ticks);
  }
  return found;
}

/** Processor seconds between two readings; what a process used that has ended meanwhile is not among them. */
export function storeCpuSeconds(before: StoreTicks, after: StoreTicks): number {
  let ticks = 0;
  for (const [pid, used] of after) ticks += used - (before.get(pid) ?? 0);
  return ticks / TICKS_PER_SECOND;
}

/** proc(5): after the name in brackets, which may hold anything, field 2 is the parent, 12 and 13 user and system time. */
function readStat(pid: string): { pid: number; parent: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined; // It has just ended.
  }
}
