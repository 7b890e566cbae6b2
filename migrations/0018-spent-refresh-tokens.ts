/** Refresh tokens are kept by their holders; of those that are spent only the fingerprint is. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table refresh_tokens alter column payload drop not null`.execute(db);
}
