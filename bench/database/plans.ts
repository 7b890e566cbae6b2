/** Which tables a statement reads, and how: from plans that Postgres has written into its log. */
import { readFileSync, statSync } from 'node:fs';
import type { Client } from 'pg';
import { readStatements, type Statement } from './statements';

/** A statement as it was run last, of those with the same text. */
export interface Planned {
  text: string;
  /** Greatest of all its runs. */
  milliseconds: number;
  runs: number;
  /** The nodes that read tables, such as `Index Scan using accounts_pkey on accounts a`. */
  scans: string[];
  /** Large tables that it reads from end to end. */
  endToEnd: string[];
}

/** A table is large from so many rows on: reading a smaller one whole may well be the faster way. */
const LARGE = 20_000;

/** Names of the tables with more rows than a statement may read whole. */
export async function largeTables(client: Client): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and reltuples > ${LARGE}`,
  );
  return new Set(rows.map(({ name }) => name));
}

/** Runs `work` and gives what it asked of Postgres over explained connections. */
export async function watchStatements(log: string, work: () => Promise<unknown>): Promise<Statement[]> {
  const before = statSync(log).size;
  await work();
  return readStatements(readFileSync(log).subarray(before).toString('utf8'));
}

/** One for each text, in the order in which they came first. */
export function summarisePlans(statements: readonly Statement[], large: ReadonlySet<string>): Planned[] {
  const byText = new Map<string, Planned>();
  for (const { milliseconds, plan } of statements) {
    const { text, nodes } = split(plan);
    const known = byText.get(text);
    const scans = nodes.filter((node) => / on |Scan using/.test(node) && node.includes('Scan'));
    byText.set(text, {
      text,
      milliseconds: Math.max(milliseconds, known?.milliseconds ?? 0),
      runs: (known?.runs ?? 0) + 1,
      scans: scans.map(shorten),
      endToEnd: [...new Set([...(known?.endToEnd ?? []), ...wholeReads(scans, large)])],
    });
  }
  return [...byText.values()];
}

/** The query's own lines come first; the plan begins with the first cost. */
function split(plan: string): { text: string; nodes: string[] } {
  const lines = plan.split('\n');
  const begin = lines.findIndex((line) => line.includes('(cost='));
  const text = lines.slice(0, begin).join(' ').replace('Query Text:', '').replace(/\s+/g, ' ').trim();
  return { text, nodes: lines.slice(begin).filter((line) => line.includes('(cost=')) };
}

const wholeReads = (scans: readonly string[], large: ReadonlySet<string>): string[] =>
  scans
    .filter((node) => !node.includes('never executed'))
    .flatMap((node) => /Seq Scan on (\w+)/.exec(node)?.[1] ?? [])
    .filter((table) => large.has(table));

/** Without the estimate. */
function shorten(node: string): string {
  const rows = /actual rows=(\d+) loops=(\d+)/.exec(node);
  const read = rows ? `${rows[1] ?? ''} rows${rows[2] === '1' ? '' : ` × ${rows[2] ?? ''}`}` : 'not run';
  return `${node.replace(/ *\(cost=.*/, '').replace(/^[ >-]*/, '')}: ${read}`;
}

const LONGEST_TEXT = 150;

/** A line for the statement and one for each table it reads. */
export function describePlan({ text, milliseconds, runs, scans, endToEnd }: Planned): string {
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  const fault = endToEnd.length > 0 ? `  FROM END TO END: ${endToEnd.join(', ')}` : '';
  const head = `${milliseconds.toFixed(2)} ms${runs > 1 ? ` at most of ${runs}` : ''}  ${short}${fault}`;
  return [head, ...scans.map((scan) => `    ${scan}`)].join('\n');
}
