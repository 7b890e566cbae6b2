/**
 * Statements that nearly every request of the protocol needs, prepared once a connection: planning them costs more than
 * running them, and building them by hand of the query builder more than both. Everything else goes through Kysely.
 */
import type { Pool } from 'pg';
import { unavailability } from './postgres';
import type { OpenedReaders, Readers } from './readers';

export interface Statement {
  /** Of this text alone, as long as the process runs. */
  name: string;
  text: string;
}

export interface Statements {
  /** The first row. @throws Refusal store_unavailable */
  first<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row | undefined>;
  /** The same of one that writes. @throws Refusal store_unavailable */
  changed<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row | undefined>;
  /** The number of rows that were written. @throws Refusal store_unavailable */
  change(statement: Statement, values: readonly unknown[]): Promise<number>;
}

export interface OpenedStatements extends Statements {
  /** Frees what only statements use. */
  close(): Promise<void>;
}

/** @param readers for `first`; absent: the pool itself */
export function createStatements(pool: Pool, readers?: OpenedReaders): OpenedStatements {
  const run = async <Row extends object>(
    connections: Readers,
    { name, text }: Statement,
    values: readonly unknown[],
  ) => {
    try {
      return await connections.query<Row>({ name, text, values: [...values] });
    } catch (error) {
      throw unavailability(error) ?? error;
    }
  };
  return {
    first: async <Row extends object>(statement: Statement, values: readonly unknown[]) =>
      (await run<Row>(readers ?? pool, statement, values)).rows[0],
    changed: async <Row extends object>(statement: Statement, values: readonly unknown[]) =>
      (await run<Row>(pool, statement, values)).rows[0],
    change: async (statement, values) => (await run(pool, statement, values)).rowCount ?? 0,
    close: async () => {
      await readers?.close();
    },
  };
}
