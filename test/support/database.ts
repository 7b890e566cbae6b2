/** Migrated databases of a test's own, on both kinds of storage. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { openDatabase, overPool, type OpenedDatabase } from '../../src/storage/postgres';
import { coordinates } from './bench/coordinates';

const EVERY_KIND = ['embedded', 'postgres'] as const;
export type StorageKind = (typeof EVERY_KIND)[number];

/** Whether products of this run are several nodes behind a real reverse proxy; the embedded database has but one. */
export const behindProxy = (): boolean => process.env['BEHIND_PROXY'] === 'yes';

export const storageKinds: readonly StorageKind[] = behindProxy() ? ['postgres'] : EVERY_KIND;

export interface TestDatabase extends OpenedDatabase {
  /** For a second node over the same database; undefined for the embedded one. */
  url: string | undefined;
}

/** An empty, migrated database that only the caller sees; `close` also removes it. */
export function openTestDatabase(kind: StorageKind): Promise<TestDatabase> {
  return kind === 'embedded' ? openEmbedded() : openPostgres();
}

/** Leaves nothing but the empty tables, for the next test of a file that opens one database. */
export async function emptyDatabase({ pool }: OpenedDatabase): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename !~ '^kysely_'`,
  );
  await pool.query(`truncate ${rows.map(({ name }) => name).join(', ')} restart identity cascade`);
  await pool.query(`insert into audit_head (seq, hash) values (0, '')`);
}

async function openEmbedded(): Promise<TestDatabase> {
  const { PGlite } = await import('@electric-sql/pglite');
  const { createPgConfig } = await import('@electric-sql/pglite/node-postgres');
  const template = readFileSync(coordinates().embeddedTemplate);
  const lite = await PGlite.create({ loadDataDir: new LoadedBlob(template) });
  const opened = overPool(createPgConfig(lite), true, report, () => lite.close());
  return { ...opened, url: undefined };
}

/** Hands its bytes over as they are; an ordinary Blob passes them on in thousands of pieces, which takes longer than all else. */
class LoadedBlob extends Blob {
  constructor(private readonly content: Buffer<ArrayBuffer>) {
    super([]);
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    const { buffer, byteOffset, byteLength } = this.content;
    return Promise.resolve(
      byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength),
    );
  }
}

async function openPostgres(): Promise<TestDatabase> {
  const { postgresUrl, templateDatabase } = coordinates();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await maintain(postgresUrl, `create database ${name} template ${templateDatabase}`);
  const location = new URL(postgresUrl);
  location.pathname = `/${name}`;
  const url = location.href;
  const opened = await openDatabase({ url, dataDir: '', poolSize: 10 }, report);
  const close = async () => {
    await opened.close();
    await maintain(postgresUrl, `drop database ${name} with (force)`);
  };
  return { ...opened, url, close };
}

async function maintain(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function report(error: Error): void {
  process.stderr.write(`test database: ${error.message}\n`);
}
