/** Registrations under way, and the consents given in them. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table registrations (
      id uuid primary key,
      path text not null,
      browser_hash text not null unique,
      client_id text references clients on delete set null,
      locale text not null,
      answers text,
      code_id uuid,
      code_sent_at timestamptz,
      proved_phone text,
      password_hash text,
      submitted_at timestamptz,
      account_id uuid references accounts on delete cascade,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index registrations_expires_at on registrations (expires_at)`.execute(db);

  await sql`
    create table consents (
      id uuid primary key,
      account_id uuid not null references accounts on delete cascade,
      document text not null check (document in ('terms', 'personal_data')),
      version text not null,
      text_hash text not null,
      at timestamptz not null,
      address text not null,
      user_agent text not null
    )`.execute(db);
  await sql`create index consents_account on consents (account_id)`.execute(db);
}
