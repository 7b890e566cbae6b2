/** Figures of all rounds, and their table. */
import { arch, availableParallelism, cpus, release, type } from 'node:os';
import type { Round } from './measure';

export interface Figures {
  workload: string;
  subject: string;
  operations: number;
  /** Processor seconds of the server per 1,000 operations. */
  cpuPerThousand: number;
  /** Greatest less least of the rounds, as a part of the whole: how noisy the machine was. */
  spread: number;
  /** The same of Postgres and Redis together. */
  storeCpuPerThousand: number;
  perSecond: number;
  p50: number;
  p99: number;
}

export interface Footprint {
  subject: string;
  /** Milliseconds from start to first answer, storage migrated before. */
  startMs: number;
  idleMib: number;
  afterMib: number;
}

export interface Report {
  machine: string;
  at: string;
  method: string;
  figures: Figures[];
  footprints: Footprint[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** @param rounds of one workload on one subject, at least one */
export function summarise(workload: string, subject: string, rounds: readonly Round[]): Figures {
  const operations = sum(rounds.map((round) => round.operations));
  const latencies = Float64Array.from(rounds.flatMap((round) => round.latencies)).sort();
  const quantile = (part: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0;
  const costs = rounds.map((round) => (1000 * round.cpuSeconds) / round.operations);
  const cpuPerThousand = (1000 * sum(rounds.map((round) => round.cpuSeconds))) / operations;
  return {
    workload,
    subject,
    operations,
    cpuPerThousand,
    spread: (Math.max(...costs) - Math.min(...costs)) / cpuPerThousand,
    storeCpuPerThousand: (1000 * sum(rounds.map((round) => round.storeCpuSeconds))) / operations,
    perSecond: operations / sum(rounds.map((round) => round.seconds)),
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}

/** What kind of machine this is, without its name. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? arch();
  return `${availableParallelism()} cores (${model}), ${type()} ${release().split('-')[0]}, Node ${process.versions.node}`;
}

const COLUMNS = [
  'workload',
  'subject',
  'CPU s/1000',
  '× bare',
  '±',
  'stores',
  'ops/s',
  '× bare',
  'p50 ms',
  'p99 ms',
];
const TEXT_COLUMNS = 2;

/** Lines of at most 100 columns. */
export function table(figures: readonly Figures[]): string {
  const rows = figures.map((row) => {
    const bare = figures.find(({ workload, subject }) => workload === row.workload && subject === 'bare');
    const again = row.subject !== 'bare' && bare !== undefined;
    return [
      again ? '' : row.workload,
      row.subject,
      row.cpuPerThousand.toFixed(3),
      bare ? (row.cpuPerThousand / bare.cpuPerThousand).toFixed(2) : '',
      `${(100 * row.spread).toFixed(0)} %`,
      row.storeCpuPerThousand > 0 ? row.storeCpuPerThousand.toFixed(3) : '–',
      row.perSecond.toLocaleString('en', { maximumFractionDigits: 0 }),
      bare ? (row.perSecond / bare.perSecond).toFixed(2) : '',
      row.p50.toFixed(2),
      row.p99.toFixed(2),
    ];
  });
  return layOut([COLUMNS, ...rows], TEXT_COLUMNS);
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
