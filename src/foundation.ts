/** What the server and the CLI both stand on: the database, the keys, the clock, the log. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, type Clock } from './clock';
import type { Config } from './config';
import { createLogger, type Logger } from './log';
import { createSecrets, randomToken, type Secrets } from './secrets';
import type { EphemeralStore } from './storage/ephemeral/port';
import { createRedisStore } from './storage/ephemeral/redis';
import { createSqlStore } from './storage/ephemeral/sql';
import { isMigrated, migrate } from './storage/migrate';
import { openDatabase, openPostgres, type OpenedDatabase } from './storage/postgres';
import { createReaders } from './storage/readers';
import { createStatements, type OpenedStatements } from './storage/statements';
import { openRedis } from './storage/redis';

export interface Foundation extends OpenedDatabase {
  config: Config;
  secrets: Secrets;
  clock: Clock;
  log: Logger;
  /** The folder of views, texts and assets, in the source tree and beside the compiled one. */
  viewsDir: string;
  /** Longest wait for one statement; absent: as long as it takes. */
  queryTimeoutMs?: number | undefined;
}

export interface FoundationOptions {
  clock?: Clock;
  log?: Logger;
  /** Longest wait for one statement; absent: as long as it takes. */
  queryTimeoutMs?: number;
  /** A database that is open already (tests). */
  database?: OpenedDatabase;
}

/** For what serves people: no statement there has a reason to take longer. */
export const SERVING: FoundationOptions = { queryTimeoutMs: 1500 };

/** Each serves some thousand questions a second. */
const READERS = 2;

/** Opens the database and derives the keys. @throws DataFolderBusy */
export async function openFoundation(config: Config, options: FoundationOptions = {}): Promise<Foundation> {
  const log = options.log ?? createLogger(config.logLevel);
  const database =
    options.database ??
    (await openDatabase(
      {
        url: config.databaseUrl,
        dataDir: config.dataDir,
        poolSize: config.databasePoolSize,
        queryTimeoutMs: options.queryTimeoutMs,
      },
      (error) => log.warn({ err: error }, 'database connection lost'),
    ));
  return {
    ...database,
    config,
    log,
    clock: options.clock ?? systemClock,
    viewsDir: findViews(),
    queryTimeoutMs: options.queryTimeoutMs,
    secrets: createSecrets(config.secretKeys ?? [developmentKey(config.dataDir)]),
  };
}

/** The key of a laptop: made once, kept in the data folder. Production demands SECRET_KEY (config.ts). */
function developmentKey(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'secret-key');
  if (!existsSync(file)) {
    writeFileSync(file, randomToken(), { mode: 0o600, flag: 'wx' });
    chmodSync(file, 0o600);
  }
  return readFileSync(file, 'utf8').trim();
}

function findViews(): string {
  const folder = [join(__dirname, '..', 'views'), join(__dirname, '..', '..', 'views')].find((path) =>
    existsSync(path),
  );
  if (!folder) throw new Error('the folder views/ is missing beside the program');
  return folder;
}

/** Brings the schema up to date on a connection that may wait, unlike those that serve people. */
export async function migrateFoundation({ config, db, log }: Foundation): Promise<void> {
  if (await isMigrated(db)) return;
  const { databaseUrl: url, dataDir } = config;
  const patient = url === undefined ? undefined : await openDatabase({ url, dataDir, poolSize: 1 });
  try {
    const applied = await migrate(patient?.db ?? db);
    if (applied.length > 0) log.info({ applied }, 'migrations ran');
  } finally {
    await patient?.close();
  }
}

/** What nearly every request asks, on Postgres over connections that all of them share. */
export function openStatements({ config, log, pool, queryTimeoutMs }: Foundation): OpenedStatements {
  if (config.databaseUrl === undefined) return createStatements(pool);
  const settings = { url: config.databaseUrl, poolSize: READERS, queryTimeoutMs, pipeline: true };
  const shared = openPostgres(settings, (error) => log.warn({ err: error }, 'database connection lost'));
  return createStatements(pool, createReaders(shared.pool));
}

/** The store of what ends by itself: Redis, or tables of the database. */
export function openEphemeral({ config, db, log }: Foundation): EphemeralStore {
  if (config.redisUrl === undefined) return createSqlStore(db);
  const connection = openRedis(config.redisUrl, (error) => log.warn({ err: error }, 'redis connection lost'));
  return { ...createRedisStore(connection), close: () => connection.close() };
}
