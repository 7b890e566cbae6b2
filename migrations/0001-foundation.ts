/** The foundation: accounts, relying parties, keys, grants, the ephemeral store, outbox and audit. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table accounts (
      id uuid primary key,
      status text not null check (status in ('active', 'blocked')),
      family_name text not null,
      given_name text not null,
      middle_name text,
      locale text not null,
      password_hash text,
      password_changed_at timestamptz,
      block_reason text,
      blocked_at timestamptz,
      sessions_valid_after timestamptz not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null,
      check ((status = 'blocked') = (blocked_at is not null))
    )`.execute(db);
  await sql`create index accounts_created_at on accounts (created_at, id)`.execute(db);

  await sql`
    create table identifiers (
      id uuid primary key,
      account_id uuid not null references accounts on delete cascade,
      kind text not null check (kind in ('email', 'phone', 'login')),
      value text not null,
      canonical text not null,
      proved_at timestamptz,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create unique index identifiers_proved on identifiers (canonical) where proved_at is not null`.execute(
    db,
  );
  await sql`create index identifiers_canonical on identifiers (canonical)`.execute(db);
  await sql`create index identifiers_account on identifiers (account_id)`.execute(db);

  await sql`
    create table clients (
      id text primary key,
      name text not null,
      metadata jsonb not null,
      secret_hash text,
      pkce_exempt boolean not null default false,
      logo bytea,
      logo_type text,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null
    )`.execute(db);

  await sql`
    create table signing_keys (
      kid text primary key,
      alg text not null check (alg in ('ES256', 'RS256', 'EdDSA')),
      state text not null check (state in ('next', 'current', 'previous', 'revoked')),
      public_jwk jsonb not null,
      private_sealed text,
      created_at timestamptz not null default now(),
      state_since timestamptz not null
    )`.execute(db);
  await sql`create unique index signing_keys_current on signing_keys (alg) where state = 'current'`.execute(
    db,
  );
  await sql`create unique index signing_keys_next on signing_keys (alg) where state = 'next'`.execute(db);

  await sql`
    create table grants (
      id text primary key,
      account_id uuid not null references accounts on delete cascade,
      client_id text not null references clients on delete cascade,
      payload text not null,
      expires_at timestamptz not null,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index grants_account on grants (account_id)`.execute(db);
  await sql`create index grants_client on grants (client_id)`.execute(db);
  await sql`create index grants_expires_at on grants (expires_at)`.execute(db);

  await sql`
    create table refresh_tokens (
      id text primary key,
      grant_id text not null,
      account_id uuid not null references accounts on delete cascade,
      client_id text not null references clients on delete cascade,
      payload text not null,
      consumed_at timestamptz,
      expires_at timestamptz not null,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index refresh_tokens_grant on refresh_tokens (grant_id)`.execute(db);
  await sql`create index refresh_tokens_account on refresh_tokens (account_id)`.execute(db);
  await sql`create index refresh_tokens_client on refresh_tokens (client_id)`.execute(db);
  await sql`create index refresh_tokens_expires_at on refresh_tokens (expires_at)`.execute(db);

  await sql`
    create table ephemeral (
      key text primary key,
      value text not null,
      spent boolean not null default false,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index ephemeral_expires_at on ephemeral (expires_at)`.execute(db);
  await sql`
    create table ephemeral_counters (
      key text primary key,
      count integer not null,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index ephemeral_counters_expires_at on ephemeral_counters (expires_at)`.execute(db);

  await sql`
    create table single_use_tokens (
      id uuid primary key,
      purpose text not null,
      hash text not null unique,
      account_id uuid references accounts on delete cascade,
      payload jsonb not null default '{}',
      attempts_left integer not null,
      expires_at timestamptz not null,
      consumed_at timestamptz,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index single_use_tokens_account on single_use_tokens (account_id, purpose)`.execute(db);
  await sql`create index single_use_tokens_expires_at on single_use_tokens (expires_at)`.execute(db);

  await sql`
    create table outbox (
      id uuid primary key,
      channel text not null check (channel in ('email', 'sms')),
      template text not null,
      locale text not null,
      sealed text,
      status text not null check (status in ('waiting', 'sent', 'dead')),
      attempts integer not null default 0,
      next_attempt_at timestamptz not null,
      leased_until timestamptz,
      last_error text,
      created_at timestamptz not null default now(),
      sent_at timestamptz
    )`.execute(db);
  await sql`create index outbox_due on outbox (next_attempt_at) where status = 'waiting'`.execute(db);
  await sql`create index outbox_created_at on outbox (created_at)`.execute(db);

  await sql`
    create table audit (
      id bigint generated always as identity primary key,
      at timestamptz not null,
      event text not null,
      actor text not null,
      subject text,
      client_id text,
      address text,
      request_id text,
      details jsonb not null default '{}',
      seq bigint unique,
      hash text
    )`.execute(db);
  await sql`create index audit_unchained on audit (id) where seq is null`.execute(db);
  await sql`create index audit_subject on audit (subject, id)`.execute(db);
  await sql`create index audit_event on audit (event, id)`.execute(db);
  await sql`
    create table audit_head (
      singleton boolean primary key default true check (singleton),
      seq bigint not null,
      hash text not null
    )`.execute(db);
  await sql`insert into audit_head (seq, hash) values (0, '')`.execute(db);
}
