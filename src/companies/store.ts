import { sql } from 'kysely';
import type { Queryable, Row } from '../storage/tables';
import type { CompanyUnit } from './identifiers';

export type DirectoryRow = Row<'companyDirectory'>;

/** The unit; without КПП the sole proprietor, or the head office of a company. */
export function findDirectoryRow(db: Queryable, unit: CompanyUnit): Promise<DirectoryRow | undefined> {
  const ofCompany = db.selectFrom('companyDirectory').selectAll().where('inn', '=', unit.inn);
  if (unit.kpp !== null) return ofCompany.where('kpp', '=', unit.kpp).executeTakeFirst();
  return ofCompany
    .where('branch', '=', 'main')
    .orderBy(sql`status = 'active'`, 'desc')
    .orderBy('kpp')
    .executeTakeFirst();
}

/** The head office of the company with this ОГРН; a branch where the table has only those. */
export function findDirectoryRowByOgrn(db: Queryable, ogrn: string): Promise<DirectoryRow | undefined> {
  return db
    .selectFrom('companyDirectory')
    .selectAll()
    .where('ogrn', '=', ogrn)
    .orderBy(sql`branch = 'main'`, 'desc')
    .orderBy('kpp')
    .executeTakeFirst();
}

/** Without an e-mail address the one that is known stays. */
export type DirectoryEntry = Omit<DirectoryRow, 'updatedAt' | 'email'> & { email?: string | null };

/** Inserts or replaces rows in one statement; no two may be of the same unit. Gives how many are new. */
export async function upsertDirectoryRows(
  db: Queryable,
  entries: readonly DirectoryEntry[],
  at: Date,
): Promise<number> {
  const column = <Name extends keyof DirectoryEntry>(name: Name): DirectoryEntry[Name][] =>
    entries.map((entry) => entry[name]);
  // Arrays, not one parameter a value: a statement takes at most 65,535 parameters.
  const { rows } = await sql<{ added: number }>`
    with written as (
      insert into company_directory
        (inn, kpp, ogrn, name, full_name, kind, status, branch, address, email, updated_at)
      select given.*, ${at}::timestamptz
      from unnest(
        ${column('inn')}::text[], ${column('kpp')}::text[], ${column('ogrn')}::text[],
        ${column('name')}::text[], ${column('fullName')}::text[], ${column('kind')}::text[],
        ${column('status')}::text[], ${column('branch')}::text[], ${column('address')}::text[],
        ${entries.map(({ email }) => email ?? null)}::text[]
      ) as given
      on conflict (inn, coalesce(kpp, '')) do update set
        ogrn = excluded.ogrn, name = excluded.name, full_name = excluded.full_name,
        kind = excluded.kind, status = excluded.status, branch = excluded.branch,
        address = excluded.address, email = coalesce(excluded.email, company_directory.email),
        updated_at = excluded.updated_at
      returning (xmax = 0) as fresh
    )
    select count(*) filter (where fresh)::int as added from written`.execute(db);
  return rows[0]?.added ?? 0;
}

/** How many of these units the directory has already. */
export async function countDirectoryRows(db: Queryable, units: readonly CompanyUnit[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count
    from company_directory held
    join unnest(${units.map(({ inn }) => inn)}::text[], ${units.map(({ kpp }) => kpp ?? '')}::text[])
      as given (inn, kpp) on held.inn = given.inn and coalesce(held.kpp, '') = given.kpp`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Lets the planner know of a table that has just grown from nothing. */
export async function analyseDirectory(db: Queryable): Promise<void> {
  await sql`analyze company_directory`.execute(db);
}
