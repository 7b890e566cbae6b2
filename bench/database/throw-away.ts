/** What benches of large databases have in common: a folder, a compiled program, installations, connections. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { ensurePrograms } from '../../test/support/bench/programs';
import { onStop, stopEverything } from '../../test/support/bench/running';
import { startPostgresServer, type PostgresServer } from '../../test/support/postgres-server';
import { startRedisServer } from '../../test/support/redis-server';
import { quantile } from '../comparison/statistics';
import { compile } from '../servers/compile';
import { openFolder } from '../servers/running';
import { populate, type Population } from './population';
import { installOurs, type Installation } from '../servers/subjects';
import { freePort } from '../../test/support/ports';

export const note = (line: string): boolean => process.stderr.write(`${line}\n`);
export const print = (line: string): boolean => process.stdout.write(`${line}\n`);

/** Runs a bench and removes all it made, also after Ctrl-C. `run` gives true when every bar is held. */
export function runBench(run: () => Promise<boolean>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  run()
    .then((held) => {
      if (!held) process.exitCode = 1;
    })
    .catch((error: unknown) => {
      note(`The bench failed: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    })
    .finally(() => void stopEverything());
}

export interface Workshop {
  folder: string;
  /** The compiled program. */
  program: string;
  postgres: PostgresServer;
}

export async function openWorkshop(): Promise<Workshop> {
  ensurePrograms();
  const folder = openFolder();
  note('compiling');
  const program = join(folder, 'program');
  mkdirSync(program);
  compile(program);
  const postgres = await startPostgresServer();
  onStop(postgres.close);
  return { folder, program, postgres };
}

/** The product on a database and a Redis of its own, with one person and one relying party. */
export async function installIn({ folder, postgres }: Workshop, name: string): Promise<Installation> {
  const redis = await startRedisServer();
  onStop(redis.close);
  const own = join(folder, name);
  mkdirSync(own, { mode: 0o700 });
  const maintenance = await connect(postgres.url('postgres'));
  await maintenance.query(`create database "${name}"`);
  await maintenance.end();
  return installOurs({ DATA_DIR: own, DATABASE_URL: postgres.url(name), REDIS_URL: redis.url }, []);
}

/** The same at a port that is free now: it was chosen before the database was filled, which may be minutes ago. */
export async function atFreePort({ program, target, ...rest }: Installation): Promise<Installation> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const env = { ...program.env, PORT: String(port), ISSUER: issuer };
  return { ...rest, program: { ...program, env }, target: { ...target, port, issuer } };
}

export async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // The server is killed while it is still connected.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Over as many connections as the machine has any use for. */
export async function fill(url: string, population: Population): Promise<void> {
  const [first, second] = [await connect(url), await connect(url)];
  // The rows are right by their making: asking for the account of every one of them takes as long as writing it.
  for (const client of [first, second]) await client.query('set session_replication_role = replica');
  await populate([first, second], population, note);
  await Promise.all([first.end(), second.end()]);
}

/** Median and, in brackets, the greatest. */
export function spread(values: readonly number[], digits: number): string {
  return `${quantile(values, 0.5).toFixed(digits)} (${Math.max(...values).toFixed(digits)})`;
}

export const verdict = (held: boolean): string => (held ? 'held' : 'MISSED');
