/** Migrated databases of a test's own, on both kinds of storage. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { openDatabase, overPool, type OpenedDatabase } from '../../src/storage/postgres';
import { coordinates } from './bench/coordinates';

export const storageKinds = ['embedded', 'postgres'] as const;
export type StorageKind = (typeof storageKinds)[number];

export interface TestDatabase extends OpenedDatabase {
  /** For a second node over the same database; undefined for the embedded one. */
  url: string | undefined;
}

/** An empty, migrated database that only the caller sees; `close` also removes it. */
export function openTestDatabase(kind: StorageKind): Promise<TestDatabase> {
  return kind === 'embedded' ? openEmbedded() : openPostgres();
}

async function openEmbedded(): Promise<TestDatabase> {
  const { PGlite } = await import('@electric-sql/pglite');
  const { createPgConfig } = await import('@electric-sql/pglite/node-postgres');
  const template = new Blob([readFileSync(coordinates().embeddedTemplate)]);
  const lite = await PGlite.create({ loadDataDir: template });
  const opened = overPool(createPgConfig(lite), true, report, () => lite.close());
  return { ...opened, url: undefined };
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
