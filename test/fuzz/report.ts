/** What was asked and answered, counted. */

export interface Tally {
  add(name: string, status: number, milliseconds: number, request: string): void;
  total(): number;
  /** Requests with each status, of one endpoint or of all. */
  statuses(name?: string): ReadonlyMap<number, number>;
  names(): string[];
  slowest(): readonly Slow[];
}

interface Slow {
  name: string;
  status: number;
  milliseconds: number;
  request: string;
}

const SLOWEST = 5;

export function createTally(): Tally {
  const counts = new Map<string, Map<number, number>>();
  let slowest: Slow[] = [];
  let total = 0;
  const statuses = (name?: string): Map<number, number> => {
    if (name !== undefined) return counts.get(name) ?? new Map<number, number>();
    const all = new Map<number, number>();
    for (const one of counts.values())
      for (const [status, count] of one) all.set(status, (all.get(status) ?? 0) + count);
    return all;
  };
  return {
    add: (name, status, milliseconds, request) => {
      total += 1;
      const own = counts.get(name) ?? new Map<number, number>();
      counts.set(name, own.set(status, (own.get(status) ?? 0) + 1));
      if (slowest.length === SLOWEST && milliseconds < (slowest.at(-1)?.milliseconds ?? 0)) return;
      slowest = [...slowest, { name, status, milliseconds, request }]
        .sort((a, b) => b.milliseconds - a.milliseconds)
        .slice(0, SLOWEST);
    },
    total: () => total,
    statuses,
    names: () => [...counts.keys()].sort(),
    slowest: () => slowest,
  };
}

const line = (statuses: ReadonlyMap<number, number>): string =>
  [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, count]) => `${status === 0 ? 'cut' : status} × ${count}`)
    .join(', ');

/** Requests and statuses of each endpoint, of all, and the slowest answers. */
export function tallyTable(tally: Tally): string {
  const names = tally.names();
  const sum = (name: string): number => [...tally.statuses(name).values()].reduce((a, b) => a + b, 0);
  return [
    ...names.map((name) => `${String(sum(name)).padStart(7)}  ${name}: ${line(tally.statuses(name))}`),
    '',
    `${tally.total()} requests to ${names.length} endpoints: ${line(tally.statuses())}`,
    'slowest:',
    ...tally
      .slowest()
      .map(({ name, status, milliseconds }) => `  ${milliseconds.toFixed(0)} ms  ${status}  ${name}`),
  ].join('\n');
}
