/** What `npm run bench:growth` prints: keys and rows that are left, tables before and after sweeping, the work of that. */
import { layOut } from '../comparison/report';
import { quantile } from '../comparison/statistics';
import { summarisePlans } from '../database/plans';
import { print, verdict } from '../database/throw-away';
import { BOUNDS } from './bounds';
import type { KeyKind } from './redis-keys';
import type { Sweeping } from './sweeping';
import type { TableSize } from './tables';

/** Longest time that a statement may hold its locks. */
const LOCK_BAR_MS = 100;

/** @param signIns made between the two */
export function printKeys(keys: readonly KeyKind[], before: readonly KeyKind[], signIns: number): void {
  const rows = keys.map(({ kind, keys: count, bytes, ttlSeconds }) => {
    const had = before.find((one) => one.kind === kind)?.keys ?? 0;
    return [kind, ((count - had) / signIns).toFixed(2), bytes.toFixed(0), lasting(ttlSeconds)];
  });
  print(layOut([['key in Redis', 'a sign-in', 'bytes each', 'ends after'], ...rows], 1));
  print('');
}

function lasting(seconds: number): string {
  if (seconds > 2 * 86_400) return `${Math.round(seconds / 86_400)} days`;
  return seconds > 5400
    ? `${Math.round(seconds / 3600)} hours`
    : `${Math.max(1, Math.round(seconds / 60))} min`;
}

export function printLeft(
  what: string,
  before: readonly TableSize[],
  after: readonly TableSize[],
  count: number,
): void {
  const rows = after.flatMap(({ name, rows: now, rowBytes }) => {
    const left = now - (before.find((one) => one.name === name)?.rows ?? 0);
    return left <= 0 ? [] : [[name, (left / count).toFixed(2), rowBytes.toFixed(0), BOUNDS[name]?.[0] ?? '']];
  });
  print(layOut([[`rows that a ${what} leaves`, `a ${what}`, 'bytes each', 'bound'], ...rows], 1));
  print('');
}

export function printSizes(
  before: readonly TableSize[],
  after: readonly TableSize[],
  rewritten: readonly TableSize[],
): void {
  const rows = before.map((table, index) => {
    const [then, small] = [after[index], rewritten[index]];
    const mib = ({ tableMib, indexMib }: TableSize) => `${tableMib.toFixed(0)} + ${indexMib.toFixed(0)}`;
    const [bound = '', what = ''] = BOUNDS[table.name] ?? [];
    return [
      table.name,
      table.rows.toLocaleString('en'),
      mib(table),
      then?.rows.toLocaleString('en') ?? '',
      small ? mib(small) : '',
      `  ${bound}${what === '' ? '' : `: ${what}`}`,
    ];
  });
  const head = ['rows', 'MiB + indexes', 'after sweeping', 'MiB + indexes', '  bound'];
  const full = [['table', ...head], ...rows.filter((row) => row[1] !== '0')];
  const bounds = full.map((row) => row.pop());
  const lines = layOut(full, 1).split('\n');
  for (const [index, line] of lines.entries()) print(`${line}${bounds[index] ?? ''}`);
  print(
    `empty: ${rows
      .filter((row) => row[1] === '0')
      .map(([name]) => name)
      .join(', ')}\n`,
  );
}

/** The slowest run of each statement. */
export function printWork(title: string, work: Sweeping, large: ReadonlySet<string>): boolean {
  const { deleted, seconds, turns, writes, statements } = work;
  print(`${title}: ${deleted} rows in ${seconds.toFixed(1)} s, ${turns} turns of a minute each`);
  const own = statements.map(({ milliseconds }) => milliseconds);
  const planned = summarisePlans(statements, large);
  const rows = planned
    .filter(({ runs, endToEnd }) => runs > 1 || endToEnd.length > 0)
    .map(({ text, runs, milliseconds, endToEnd }) => [
      `${text.slice(0, 70)}${endToEnd.length > 0 ? ` READS ALL OF ${endToEnd.join(', ')}` : ''}`,
      String(runs),
      milliseconds.toFixed(1),
    ]);
  print(layOut([['statement', 'runs', 'longest, ms'], ...rows], 1));
  const [p50, p99, most] = [quantile(writes, 0.5), quantile(writes, 0.99), Math.max(...writes)];
  print(
    `somebody else's ${writes.length} writes meanwhile: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, greatest ${most.toFixed(1)} ms`,
  );
  const held = Math.max(...own) <= LOCK_BAR_MS;
  print(`statements p50 ${quantile(own, 0.5).toFixed(1)}, p99 ${quantile(own, 0.99).toFixed(1)} ms`);
  print(`longest statement: ${Math.max(...own).toFixed(1)} ms, bar: ${LOCK_BAR_MS}: ${verdict(held)}\n`);
  return held;
}
