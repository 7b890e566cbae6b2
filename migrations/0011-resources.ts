/** The APIs that tokens are issued for, each shared by any number of relying parties (RFC 8707). */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table resources (
      uri text primary key,
      name text not null,
      scope text not null,
      token_format text not null check (token_format in ('jwt', 'opaque')),
      alg text not null check (alg in ('ES256', 'RS256', 'EdDSA')),
      created_at timestamptz not null default now()
    )`.execute(db);
}
