/** All that a run has found, and its tables. */
import { arch, availableParallelism, cpus, release, type } from 'node:os';
import type { Bar } from './bars';
import type { Demands } from './counting/demands';
import type { Figures } from './figures';
import type { StormFigures } from './storm';
import { BARE, REDIS } from '../servers/subjects';

export interface DemandFigures extends Demands {
  workload: string;
  subject: string;
}

/** One password check, in a process of its own with nothing beside it. */
export interface HashFigures {
  cpuPerThousand: number;
  perSecond: number;
}

export interface Footprint {
  subject: string;
  /** Milliseconds from start to first answer, storage migrated before; median of some starts. */
  startMs: number;
  idleMib: number;
  afterMib: number;
}

export interface Report {
  machine: string;
  at: string;
  method: string;
  /** Algorithm and claims of everybody's ID tokens. */
  idToken: string;
  nodeFlags: string[];
  figures: Figures[];
  hash?: HashFigures;
  storm?: StormFigures;
  demands: DemandFigures[];
  footprints: Footprint[];
  bars: Bar[];
}

/** What kind of machine this is, without its name. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? arch();
  return `${availableParallelism()} cores (${model}), ${type()} ${release().split('-')[0]}, Node ${process.versions.node}`;
}

const COLUMNS = ['workload', 'subject', 'CPU ms', '± %', '× bare', '± %', '× redis', '± %'].concat(
  ...['stores', 'ops/s', '× bare', '× redis', 'p50 ms', 'p99 ms'],
);
const TEXT_COLUMNS = 2;

const percent = (part: number): string => (100 * part).toFixed(0);

/** The ratios say how many times better than another subject one is, by processor time and by operations a second. */
export function table(figures: readonly Figures[]): string {
  const rows = figures.map((row, index) => {
    const ratios = [row.ratios[BARE], row.ratios[REDIS]];
    return [
      figures[index - 1]?.workload === row.workload ? '' : row.workload,
      row.subject,
      row.cpuPerThousand.toFixed(3),
      percent(row.spread),
      ...ratios.flatMap((ratio) => (ratio ? [ratio.cpu.toFixed(2), percent(ratio.cpuSpread)] : ['', ''])),
      row.storeCpuPerThousand > 0 ? row.storeCpuPerThousand.toFixed(3) : '–',
      row.perSecond.toLocaleString('en', { maximumFractionDigits: 0 }),
      ...ratios.map((ratio) => ratio?.perSecond.toFixed(2) ?? ''),
      row.p50.toFixed(2),
      row.p99.toFixed(2),
    ];
  });
  return layOut([COLUMNS, ...rows], TEXT_COLUMNS);
}

/** Which threads a password sign-in keeps busy; undefined where none was measured. */
export function threadTable(figures: readonly Figures[]): string | undefined {
  const rows = figures.flatMap(({ workload, subject, threads }) => {
    if (!threads) return [];
    const { whole, main, password, rest } = threads;
    return [[workload, subject, ...[whole, main, password, rest].map((ms) => ms.toFixed(2))]];
  });
  if (rows.length === 0) return undefined;
  const head = ['CPU ms by thread', 'subject', 'whole', 'main', 'password', 'libuv and V8'];
  return layOut([head, ...rows], TEXT_COLUMNS);
}

export function demandTable(demands: readonly DemandFigures[]): string {
  const rows = demands.map((row, index) => [
    demands[index - 1]?.workload === row.workload ? '' : row.workload,
    row.subject,
    row.redisCommands.toFixed(1),
    row.redisCommandsSent.toFixed(1),
    row.redisTrips.toFixed(1),
    `${row.statements.toFixed(1)} + ${row.transactionMarks.toFixed(1)} tx`,
  ]);
  const head = [
    'per operation',
    'subject',
    'Redis commands',
    'of them sent',
    'round trips',
    'SQL statements',
  ];
  return layOut([head, ...rows], TEXT_COLUMNS);
}

export function stormTable({ subject, quiet, beside, signInsPerSecond }: StormFigures): string {
  const row = (name: string, { perSecond, p50, p99 }: typeof quiet, signIns: number): string[] => [
    name,
    subject,
    perSecond.toFixed(0),
    p50.toFixed(2),
    p99.toFixed(2),
    signIns > 0 ? signIns.toFixed(0) : '–',
  ];
  const head = ['tokens', 'subject', 'ops/s', 'p50 ms', 'p99 ms', 'sign-ins/s'];
  const rows = [row('quiet', quiet, 0), row('beside the storm', beside, signInsPerSecond)];
  return layOut([head, ...rows], TEXT_COLUMNS);
}

export function barTable(bars: readonly Bar[]): string {
  const rows = bars.map(({ name, wanted, reached, beside, held }) => [
    name,
    wanted,
    reached,
    beside,
    held ? 'held' : 'missed',
  ]);
  return layOut([['bar', 'wanted', 'reached', 'beside it', ''], ...rows], 5);
}

export function footprintTable(footprints: readonly Footprint[]): string {
  const rows = footprints.map(({ subject, startMs, idleMib, afterMib }) => [
    subject,
    startMs.toFixed(0),
    idleMib.toFixed(0),
    afterMib.toFixed(0),
  ]);
  return layOut([['subject', 'start to answer, ms', 'RSS idle, MiB', 'RSS after, MiB'], ...rows], 1);
}

/** Columns of even width; the first `textColumns` begin at the left, numbers end at the right. */
export function layOut(rows: readonly string[][], textColumns: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < textColumns ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}
