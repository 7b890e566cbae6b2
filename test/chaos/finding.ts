/** What a run found out, and what is common to the programs of this folder. */
import { Client } from 'pg';
import { until } from '../support/processes';
import type { Invariant } from './registration-checks';

export interface Findings {
  figures: Record<string, string>;
  invariants: Invariant[];
}

export interface Plan {
  seed: number;
  note: (line: string) => void;
}

/** One program: what it does to the product, and the run. */
export interface Chaos {
  about: string;
  run(plan: Plan): Promise<Findings>;
}

/** Holds when nothing is listed; a few of the examples are kept. */
export const holds = (name: string, broken: readonly (string | false | undefined)[]): Invariant => ({
  name,
  broken: broken.filter((one) => typeof one === 'string').slice(0, 5),
});

/** A message whose sender was killed waits for the end of its lease. */
const LEASE_PATIENCE_SECONDS = 120;

/** Waits until nothing is left to send; what is left after that is told by the checks. */
export async function outboxEmpty(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const isEmpty = async (): Promise<boolean> => {
    const { rows } = await client.query<{ left: number }>(
      `select count(*)::int as left from outbox where status = 'waiting'`,
    );
    return rows[0]?.left === 0;
  };
  await until('an empty outbox', isEmpty, LEASE_PATIENCE_SECONDS).catch(() => undefined);
  await client.end();
}

/** The value below which `part` of them lie; 0 of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
}
