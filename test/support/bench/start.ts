/** Before the first test: one Postgres, one Redis, and a migrated template of both kinds of database. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { Client } from 'pg';
import { migrate } from '../../../src/storage/migrate';
import { overPool } from '../../../src/storage/postgres';
import { startPostgresServer } from '../postgres-server';
import { FOLDER_VARIABLE, temporaryFolder } from '../processes';
import { startRedisServer } from '../redis-server';
import { publish } from './coordinates';
import { ensurePrograms, findChromium } from './programs';
import { onStop, stopEverything } from './running';

const TEMPLATE = 'port_one_id_template';

async function start(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  try {
    ensurePrograms();
    const embeddedTemplate = join(openFolder(), 'embedded.tar');
    const [postgresUrl, redisUrl] = await Promise.all([startPostgres(), startRedis()]);
    await makeEmbeddedTemplate(embeddedTemplate);
    publish({
      postgresUrl,
      templateDatabase: TEMPLATE,
      redisUrl,
      embeddedTemplate,
      chromium: findChromium() ?? '',
    });
  } catch (error) {
    await stopEverything();
    throw error;
  }
}

function openFolder(): string {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  process.once('exit', folder.remove);
  onStop(() => Promise.resolve(folder.remove()));
  return folder.path;
}

async function startRedis(): Promise<string> {
  const server = await startRedisServer();
  onStop(server.close);
  return server.url;
}

async function startPostgres(): Promise<string> {
  const server = await startPostgresServer();
  onStop(server.close);
  const maintenance = new Client({ connectionString: server.url('postgres') });
  await maintenance.connect();
  await maintenance.query(`create database ${TEMPLATE}`);
  await maintenance.end();
  const { db, close } = overPool({ connectionString: server.url(TEMPLATE) }, false, rethrow);
  await migrate(db);
  await close();
  return server.url('postgres');
}

async function makeEmbeddedTemplate(file: string): Promise<void> {
  const lite = await PGlite.create();
  const { db, close } = overPool(createPgConfig(lite), true, rethrow);
  await migrate(db);
  // Nobody makes databases in it, and its tests need not unpack what they are made of.
  await lite.query('update pg_database set datistemplate = false');
  for (const unused of ['template0', 'template1']) await lite.query(`drop database ${unused}`);
  const dump = await lite.dumpDataDir('none');
  writeFileSync(file, Buffer.from(await dump.arrayBuffer()));
  await close();
  await lite.close();
}

function rethrow(error: Error): never {
  throw error;
}

export = start;
