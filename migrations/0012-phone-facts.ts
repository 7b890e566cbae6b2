/** What a phone was when it was given: numbering plans change, and the answer of that day is what was decided by. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Absent of e-mails and login names, and of phones that were given before this.
  await sql`
    alter table identifiers
      add column phone_type text check (phone_type in ('mobile', 'landline', 'voip', 'other')),
      add column phone_country text check (phone_country ~ '^[A-Z]{2}$')`.execute(db);
}
