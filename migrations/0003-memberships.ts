/** Companies that people belong to, and who belongs to them. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table companies (
      id uuid primary key,
      inn text not null,
      kpp text,
      ogrn text,
      name text not null,
      name_source text not null check (name_source in ('directory', 'operator', 'person')),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null
    )`.execute(db);
  await sql`create unique index companies_unit on companies (inn, coalesce(kpp, ''))`.execute(db);

  await sql`
    create table memberships (
      id uuid primary key,
      number integer generated always as identity unique,
      account_id uuid not null references accounts on delete cascade,
      company_id uuid not null references companies,
      status text not null
        check (status in ('requested', 'approved', 'declined', 'suspended', 'revoked', 'expired')),
      role text not null check (role in ('member', 'contact')),
      can_act boolean not null,
      reason text,
      version integer not null default 1,
      requested_at timestamptz not null,
      decided_at timestamptz,
      decided_by text
    )`.execute(db);
  // A person stands in a company once; what was declined, revoked or expired is history and may be many.
  await sql`
    create unique index memberships_standing on memberships (account_id, company_id)
    where status in ('requested', 'approved', 'suspended')`.execute(db);
  await sql`create index memberships_company on memberships (company_id, status)`.execute(db);
  await sql`create index memberships_requested on memberships (requested_at, id) where status = 'requested'`.execute(
    db,
  );
}
