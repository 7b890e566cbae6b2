/** What a command asks of Postgres and how long that takes there, from Postgres' own log. */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

export interface Statement {
  /** Milliseconds of its execution, as EXPLAIN ANALYZE counts them. */
  milliseconds: number;
  /** Its text and its plan. */
  plan: string;
}

export interface CommandRun {
  /** From the start of the process to its end. */
  wallMs: number;
  statements: Statement[];
}

/** Makes Postgres write the plan of every statement of one connection into its log (auto_explain). */
const EXPLAINED = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  // Reading the clock at every row would be most of what is measured.
  'auto_explain.log_timing': 'off',
};

/** The address of a database whose statements, over connections of this address, stand with their plans in its log. */
export function explained(url: string): string {
  const location = new URL(url);
  const options = Object.entries(EXPLAINED).map(([name, value]) => `-c ${name}=${value}`);
  location.searchParams.set('options', options.join(' '));
  return location.href;
}

/**
 * Runs a compiled command on a database and gives what it asked of it.
 * @param log of the Postgres server, which nobody else may use meanwhile
 * @throws Error with its stderr when it ends with another code than 0
 */
export async function runExplained(
  [program, ...parameters]: readonly [string, ...string[]],
  env: Record<string, string | undefined> & { DATABASE_URL: string },
  log: string,
): Promise<CommandRun> {
  const before = statSync(log).size;
  const begun = performance.now();
  await promisify(execFile)(process.execPath, [program, ...parameters], {
    env: { ...env, DATABASE_URL: explained(env.DATABASE_URL) },
    maxBuffer: 64 * 1024 * 1024,
  });
  const wallMs = performance.now() - begun;
  return { wallMs, statements: readStatements(readFileSync(log).subarray(before).toString('utf8')) };
}

/** What stands in a log of Postgres. An entry begins at the start of a line; its further lines begin with a tab. */
export function readStatements(text: string): Statement[] {
  const entries = text.matchAll(/duration: ([\d.]+) ms {2}plan:\n((?:\t.*\n?)*)/g);
  return [...entries].map(([, duration, plan = '']) => ({
    milliseconds: Number(duration),
    plan: plan.replace(/^\t/gm, ''),
  }));
}
