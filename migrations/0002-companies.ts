/** The local directory of companies, filled from files. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table company_directory (
      inn text not null check (inn ~ '^([0-9]{10}|[0-9]{12})$'),
      kpp text check (kpp ~ '^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$'),
      ogrn text,
      name text not null,
      full_name text not null,
      kind text not null check (kind in ('legal', 'sole_proprietor')),
      status text not null
        check (status in ('active', 'liquidating', 'liquidated', 'bankrupt', 'reorganizing')),
      branch text not null check (branch in ('main', 'branch')),
      address text,
      updated_at timestamptz not null,
      check ((kind = 'sole_proprietor') = (length(inn) = 12)),
      check (kind = 'legal' or kpp is null)
    )`.execute(db);
  await sql`create unique index company_directory_unit on company_directory (inn, coalesce(kpp, ''))`.execute(
    db,
  );
}
