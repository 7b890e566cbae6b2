/** How many rows a table has and what they take. */
import type { Client } from 'pg';

export interface TableSize {
  name: string;
  rows: number;
  /** Bytes of its rows as they are stored, without headers, free space and indexes; 0 when it is empty. */
  rowBytes: number;
  tableMib: number;
  indexMib: number;
}

/** Of every table, counted. */
export async function measureTables(client: Client): Promise<TableSize[]> {
  const { rows } = await client.query<{ name: string; tableMib: number; indexMib: number }>(`
    select relname as name, pg_table_size(oid) / 1048576.0::float8 as "tableMib",
      pg_indexes_size(oid) / 1048576.0::float8 as "indexMib"
    from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`);
  const sizes: TableSize[] = [];
  for (const { name, ...mib } of rows) {
    const counted = await client.query<{ rows: number; rowBytes: number }>(
      `select count(*)::int as rows, coalesce(avg(pg_column_size(t.*)), 0)::float8 as "rowBytes" from ${name} t`,
    );
    sizes.push({ name, ...mib, ...(counted.rows[0] ?? { rows: 0, rowBytes: 0 }) });
  }
  return sizes;
}
