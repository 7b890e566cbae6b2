/** Every sign-in asks how a person's applications stand, also those that were declined. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index memberships_account on memberships (account_id, status)`.execute(db);
}
