/**
 * Grants that stand on another one (token exchange, RFC 8693): they end with it. Types of authorization details that an
 * API understands (RFC 9396).
 */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table grants add column parent_id text references grants (id) on delete cascade`.execute(
    db,
  );
  await sql`create index grants_parent_id on grants (parent_id) where parent_id is not null`.execute(db);
  await sql`
    create table authorization_types (
      type text primary key,
      resource_uri text not null references resources (uri) on delete cascade,
      definition jsonb not null,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index authorization_types_resource_uri on authorization_types (resource_uri)`.execute(db);
}
