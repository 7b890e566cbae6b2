/**
 * The ephemeral port over two tables. Every operation is one statement, so that Postgres itself decides a
 * race; whoever waited for a row's lock sees the row as the winner left it. A row past its end counts as
 * absent everywhere, whether or not `sweep` has been by.
 */
import { sql, type RawBuilder } from 'kysely';
import { unavailability } from '../postgres';
import type { Database } from '../tables';
import { decode, encode, toMilliseconds } from './encoding';
import type { Count, Entry, EphemeralStore } from './port';

/** Rows that one sweeping statement removes, so that none holds its locks for long. */
const SWEEP_BATCH = 100;

interface EntryRow {
  value: string;
  spent: boolean;
}

/** The end of a record that begins now. `clock_timestamp` moves on while a statement waits for a lock; `now` would not. */
const endAfter = (ttl: number): RawBuilder<Date> =>
  sql<Date>`clock_timestamp() + ${toMilliseconds(ttl)}::float8 * interval '1 millisecond'`;

const toEntry = (row: EntryRow | undefined): Entry | undefined =>
  row && { value: decode(row.value), spent: row.spent };

/** The ephemeral store of a database; it opens nothing, so closing it leaves the database open. */
export function createSqlStore(db: Database): EphemeralStore {
  const rowsOf = async <T>(query: RawBuilder<T>): Promise<T[]> => (await run(db, query)).rows;

  return {
    async find(key) {
      const rows = await rowsOf(sql<EntryRow>`
        select value, spent from ephemeral where key = ${key} and expires_at > clock_timestamp()`);
      return toEntry(rows[0]);
    },
    async put(key, value, ttl) {
      await rowsOf(sql`
        insert into ephemeral (key, value, expires_at) values (${key}, ${encode(value)}, ${endAfter(ttl)})
        on conflict (key) do update set value = excluded.value, spent = false, expires_at = excluded.expires_at`);
    },
    async insert(key, value, ttl) {
      const rows = await rowsOf(sql`
        insert into ephemeral (key, value, expires_at) values (${key}, ${encode(value)}, ${endAfter(ttl)})
        on conflict (key) do update set value = excluded.value, spent = false, expires_at = excluded.expires_at
          where ephemeral.expires_at <= clock_timestamp()
        returning true`);
      return rows.length === 1;
    },
    async spend(key) {
      const rows = await rowsOf(sql`
        update ephemeral set spent = true
        where key = ${key} and not spent and expires_at > clock_timestamp()
        returning true`);
      return rows.length === 1;
    },
    async take(key) {
      const rows = await rowsOf(sql<EntryRow>`
        delete from ephemeral where key = ${key} and expires_at > clock_timestamp() returning value, spent`);
      return toEntry(rows[0]);
    },
    async delete(key) {
      await rowsOf(sql`delete from ephemeral where key = ${key}`);
    },
    count: async (key, by, ttl) => count(await rowsOf(counting(key, by, ttl))),
    sweep: async () => (await sweepTable(db, 'ephemeral')) + (await sweepTable(db, 'ephemeral_counters')),
    async ping() {
      await rowsOf(sql`select 1`);
    },
    close: () => Promise.resolve(),
  };
}

async function run<T>(db: Database, query: RawBuilder<T>) {
  try {
    return await query.execute(db);
  } catch (error) {
    throw unavailability(error) ?? error;
  }
}

/**
 * One statement, one idea of "now": with a moving clock the two `case`s could disagree about a counter
 * that ends between them.
 */
function counting(key: string, by: number, ttl: number): RawBuilder<Count> {
  const ended = sql`held.expires_at <= statement_timestamp()`;
  return sql<Count>`
    insert into ephemeral_counters as held (key, count, expires_at) values (${key}, ${by}, ${endAfter(ttl)})
    on conflict (key) do update set
      count = case when ${ended} then excluded.count else held.count + excluded.count end,
      expires_at = case when ${ended} then excluded.expires_at else held.expires_at end
    returning count, extract(epoch from expires_at - clock_timestamp())::float8 as ttl`;
}

function count(rows: Count[]): Count {
  const row = rows[0];
  if (!row) throw new Error('the counting statement returned no row');
  return { count: row.count, ttl: Math.max(row.ttl, 0.001) };
}

/** Removes ended rows batch by batch, leaving alone those that another node is sweeping or writing. */
async function sweepTable(db: Database, table: 'ephemeral' | 'ephemeral_counters'): Promise<number> {
  let removed = 0;
  for (let batch = SWEEP_BATCH; batch === SWEEP_BATCH; removed += batch) {
    // Materialized: a plan that ran the limited query twice would remove more than it locked.
    const result = await run(
      db,
      sql`
        with ended as materialized (
          select key from ${sql.table(table)} where expires_at <= now()
          order by expires_at limit ${SWEEP_BATCH} for update skip locked
        )
        delete from ${sql.table(table)} as swept using ended where swept.key = ended.key`,
    );
    batch = Number(result.numAffectedRows ?? 0);
  }
  return removed;
}
