/** What people say of themselves as customers, and relying parties that offer several registration paths. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table accounts
      add column customer_kind text,
      add column customer_inn text,
      add column customer_ogrn text`.execute(db);

  // An agency is looked up by its ОГРН alone.
  await sql`create index company_directory_ogrn on company_directory (ogrn) where ogrn is not null`.execute(
    db,
  );

  await sql`
    update clients
    set metadata = (metadata - 'registration_path')
      || jsonb_build_object('registration_paths', jsonb_build_array(metadata -> 'registration_path'))
    where jsonb_exists(metadata, 'registration_path')`.execute(db);
}
