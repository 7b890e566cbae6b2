/**
 * What recurring work, operators' lists and the end of an account ask of tables that grow with the people: each by an
 * index, so that none of it reads a table from end to end.
 */
import { sql, type Kysely } from 'kysely';

const INDEXES = [
  // The end of an account ends these, too.
  `legacy_links_of_account on legacy_links (account_id)`,
  `registrations_account on registrations (account_id) where account_id is not null`,
  `activation_uses_account on activation_uses (account_id)`,
  // Those that wait are few beside those that were decided about.
  `powers_attached on powers_of_attorney (membership_id) where state = 'attached'`,
  // What is to be swept.
  `powers_nobodys on powers_of_attorney (added_at) where registration_id is null and membership_id is null`,
  `powers_replaced on powers_of_attorney (decided_at) where state = 'replaced'`,
  `memberships_ended on memberships (decided_at) where status in ('declined', 'expired', 'revoked')`,
  // By prefix, whatever the database sorts by otherwise.
  `power_files_by_key on power_files (storage_key collate "C")`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const index of INDEXES) await sql.raw(`create index ${index}`).execute(db);
}
