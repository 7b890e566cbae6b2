/** The company a person acts for, companies' own addresses, and which messages people want. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Chosen at a sign-in, for what is issued under this grant.
  await sql`
    alter table grants add column company_id uuid references companies on delete set null`.execute(db);

  // Of several the newest is the default; so setting it is one statement, whoever else does the same.
  await sql`alter table memberships add column default_since timestamptz`.execute(db);

  // Where a company itself is written to, by an operator's word; the directory knows another one.
  await sql`alter table companies add column email text`.execute(db);
  await sql`alter table company_directory add column email text`.execute(db);

  // Whose message it is, and the address with most of it hidden: what it said may be emptied once it was sent.
  await sql`
    alter table outbox
      add column account_id uuid references accounts on delete cascade,
      add column masked_to text`.execute(db);
  await sql`
    create index outbox_account on outbox (account_id, created_at desc) where account_id is not null`.execute(
    db,
  );

  // What is switched off; messages that nobody has said anything about are sent.
  await sql`
    create table muted_messages (
      account_id uuid not null references accounts on delete cascade,
      category text not null,
      channel text not null check (channel in ('email', 'sms')),
      since timestamptz not null,
      primary key (account_id, category, channel)
    )`.execute(db);
}
