/** Sessions that people can see and end; what a grant was given for; closing an account, and what stops it. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Whether a session of the ephemeral store still holds is decided here: no row, no session.
  await sql`
    create table account_sessions (
      id uuid primary key,
      uid text not null unique,
      account_id uuid not null references accounts on delete cascade,
      client_id text,
      user_agent text not null,
      address text not null,
      created_at timestamptz not null default now(),
      signed_in_at timestamptz not null,
      last_seen_at timestamptz not null,
      ended_at timestamptz,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index account_sessions_account on account_sessions (account_id)`.execute(db);
  await sql`create index account_sessions_expires_at on account_sessions (expires_at)`.execute(db);

  await sql`
    alter table grants
      add column session_uid text,
      add column scope text not null default ''`.execute(db);
  await sql`create index grants_session on grants (session_uid) where session_uid is not null`.execute(db);

  // Before this moment the person may still change their mind; without it, only the deadline counts.
  await sql`
    alter table account_closings
      add column destroy_after timestamptz,
      add column categories text[] not null default '{}'`.execute(db);

  // No cascade on purpose: a held account cannot be deleted by any way.
  await sql`
    create table account_holds (
      account_id uuid primary key references accounts,
      reason text not null,
      set_by text not null,
      set_at timestamptz not null
    )`.execute(db);
}
