/** Applications that are talked about, run out and are asked again; powers of attorney; logins of older portals. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table memberships
      add column path text not null default 'port-one',
      add column client_id text references clients on delete set null,
      add column reason_code text,
      add column question text,
      add column answer text,
      add column expires_at timestamptz,
      add column remind_at timestamptz,
      add column can_act_until timestamptz`.execute(db);
  await sql`create index memberships_remind_at on memberships (remind_at) where status = 'requested'`.execute(
    db,
  );
  await sql`create index memberships_expires_at on memberships (expires_at) where status = 'requested'`.execute(
    db,
  );

  // Lists of whatever became of applications, oldest first.
  await sql`create index memberships_asked on memberships (requested_at, id)`.execute(db);

  // Where a path wants several deciders: who has said yes to which version.
  await sql`
    create table membership_votes (
      membership_id uuid not null references memberships on delete cascade,
      version integer not null,
      decider text not null,
      at timestamptz not null,
      primary key (membership_id, version, decider)
    )`.execute(db);

  await sql`
    alter table registrations
      add column email_code_id uuid,
      add column email_sent_at timestamptz,
      add column human_at timestamptz,
      add column draft text`.execute(db);

  // Sent and given-up messages are swept after months (notifications/store.ts).
  await sql`create index outbox_sent_at on outbox (sent_at) where status = 'sent'`.execute(db);
  await sql`create index outbox_dead on outbox (created_at) where status = 'dead'`.execute(db);

  // With neither a registration nor a membership it is nobody's, and is swept with its files.
  await sql`
    create table powers_of_attorney (
      id uuid primary key,
      registration_id uuid references registrations on delete set null,
      membership_id uuid references memberships on delete set null,
      kind text not null check (kind in ('scan', 'mchd')),
      state text not null check (state in ('attached', 'accepted', 'refused', 'replaced')),
      facts jsonb,
      added_at timestamptz not null,
      valid_until timestamptz,
      decided_at timestamptz,
      decided_by text
    )`.execute(db);
  await sql`create index powers_registration on powers_of_attorney (registration_id)`.execute(db);
  await sql`create index powers_membership on powers_of_attorney (membership_id)`.execute(db);
  await sql`
    create table power_files (
      id uuid primary key,
      power_id uuid not null references powers_of_attorney on delete cascade,
      position integer not null,
      part text not null check (part in ('page', 'xml', 'signature')),
      storage_key text not null unique,
      media_type text not null,
      original_name text not null,
      size integer not null,
      sha256 text not null
    )`.execute(db);
  await sql`create index power_files_power on power_files (power_id)`.execute(db);

  await sql`
    create table legacy_logins (
      portal text not null,
      login_key text not null,
      login text not null,
      hash text not null,
      imported_at timestamptz not null,
      primary key (portal, login_key)
    )`.execute(db);
  await sql`
    create table legacy_links (
      id uuid primary key,
      account_id uuid not null references accounts on delete cascade,
      portal text not null,
      login text not null,
      login_key text not null,
      status text not null check (status in ('requested', 'confirmed', 'declined')),
      confirmed_by text,
      requested_at timestamptz not null,
      decided_at timestamptz
    )`.execute(db);
  await sql`
    create unique index legacy_links_confirmed on legacy_links (portal, login_key)
    where status = 'confirmed'`.execute(db);
  await sql`
    create unique index legacy_links_account on legacy_links (account_id, portal, login_key)
    where status in ('requested', 'confirmed')`.execute(db);
}
