/**
 * Statements that nearly every request of the protocol needs, prepared once a connection: planning them costs more than
 * running them, and building them by hand of the query builder more than both. Everything else goes through Kysely.
 */
import type { Pool } from 'pg';
import { unavailability } from './postgres';

export interface Statement {
  /** Of this text alone, as long as the process runs. */
  name: string;
  text: string;
}

export interface Statements {
  /** The first row. @throws Refusal store_unavailable */
  first<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row | undefined>;
  /** The number of rows that were written. @throws Refusal store_unavailable */
  change(statement: Statement, values: readonly unknown[]): Promise<number>;
}

export function createStatements(pool: Pool): Statements {
  const run = async <Row extends object>({ name, text }: Statement, values: readonly unknown[]) => {
    try {
      return await pool.query<Row>({ name, text, values: [...values] });
    } catch (error) {
      throw unavailability(error) ?? error;
    }
  };
  return {
    first: async <Row extends object>(statement: Statement, values: readonly unknown[]) =>
      (await run<Row>(statement, values)).rows[0],
    change: async (statement, values) => (await run(statement, values)).rowCount ?? 0,
  };
}
