/** Software that registers itself as a relying party, and what people have let third parties know. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table registration_tokens (
      id uuid primary key,
      name text not null,
      hash text not null unique,
      scope text not null,
      uses_left integer not null check (uses_left >= 0),
      expires_at timestamptz not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      last_used_at timestamptz
    )`.execute(db);
  await sql`
    alter table clients
      add column registration_token_id uuid references registration_tokens,
      add column management_hash text unique`.execute(db);

  await sql`
    create table client_consents (
      account_id uuid not null references accounts on delete cascade,
      client_id text not null references clients on delete cascade,
      scope text not null,
      claims text not null,
      resources jsonb not null,
      given_at timestamptz not null,
      primary key (account_id, client_id)
    )`.execute(db);
  await sql`create index client_consents_client on client_consents (client_id)`.execute(db);
}
