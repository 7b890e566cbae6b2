/**
 * What a Postgres has been asked so far, by pg_stat_statements. It counts only while somebody asks, so that the timed
 * rounds do not pay for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startPostgresServer, type PostgresServer } from '../../../test/support/postgres-server';

export interface PostgresCounter {
  /** Calls so far, by statement. */
  read(): Promise<Map<string, number>>;
  close(): Promise<void>;
}

/** Longer than a server needs to read its settings again. */
const RELOAD_MS = 200;

/** A server that can count statements, and does not yet. */
export async function startCountingPostgres(): Promise<PostgresServer> {
  const server = await startPostgresServer();
  await tell(server, ["alter system set shared_preload_libraries = 'pg_stat_statements'"]);
  await server.kill();
  await server.restart();
  await tell(server, ['create extension pg_stat_statements', ...track('none')]);
  return server;
}

const track = (which: 'top' | 'none'): string[] => [
  `alter system set pg_stat_statements.track = '${which}'`,
  'select pg_reload_conf()',
];

async function tell(server: PostgresServer, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: server.url('postgres') });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** Begins to count. @param url of the database `postgres` of a server of `startCountingPostgres` */
export async function openPostgresCounter(url: string, database: string): Promise<PostgresCounter> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const statement of track('top')) await client.query(statement);
  await sleep(RELOAD_MS);
  return {
    read: async () => {
      const { rows } = await client.query<{ query: string; calls: string }>(
        `select query, sum(calls) as calls from pg_stat_statements s
         join pg_database d on d.oid = s.dbid where d.datname = $1 group by query`,
        [database],
      );
      return new Map(rows.map(({ query, calls }) => [query, Number(calls)]));
    },
    close: async () => {
      for (const statement of track('none')) await client.query(statement);
      await client.end();
    },
  };
}
