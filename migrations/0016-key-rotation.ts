/** Signing keys retire by age, apart from revoked ones, which say why; which SECRET_KEY was the newest, and when. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table signing_keys
      drop constraint signing_keys_state_check,
      add constraint signing_keys_state_check
        check (state in ('next', 'current', 'previous', 'retired', 'revoked')),
      add column reason text`.execute(db);
  await sql`
    create table secret_keys (
      id text primary key,
      newest_from timestamptz not null,
      newest_until timestamptz not null
    )`.execute(db);
}
