/**
 * Which relying parties a session was used for, and the notices that tell them of its end. A notice is no message to a
 * person: it holds no secret, and what it says stands beside the sealed words of mails.
 */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table session_clients (
      session_uid text not null references account_sessions (uid) on delete cascade,
      client_id text not null references clients on delete cascade,
      account_id uuid not null references accounts on delete cascade,
      sid text,
      primary key (session_uid, client_id)
    )`.execute(db);
  await sql`create index session_clients_account on session_clients (account_id)`.execute(db);
  await sql`create index session_clients_client on session_clients (client_id)`.execute(db);

  await sql`
    alter table outbox
      drop constraint outbox_channel_check,
      add constraint outbox_channel_check check (channel in ('email', 'sms', 'logout')),
      add column facts jsonb`.execute(db);
}
