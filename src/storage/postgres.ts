/**
 * The truth: Postgres 15 or newer through one `pg.Pool`. Without a URL the same pool speaks to PGlite, an
 * embedded Postgres in the data folder: same SQL, same error codes, one process only.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolConfig } from 'pg';
import { Refusal } from '../errors';
import { lockDataFolder } from './embedded-lock';
import type { Database, Tables } from './tables';

export interface DatabaseSettings {
  /** postgres:// URL; undefined means the embedded database in `dataDir`. */
  url: string | undefined;
  dataDir: string;
  poolSize: number;
  /** Longest wait for one statement; absent: as long as it takes (migrations, operators' lists). */
  queryTimeoutMs?: number;
}

export interface PostgresSettings extends Omit<DatabaseSettings, 'dataDir'> {
  url: string;
  /** Whether a connection takes further statements while it is at one. */
  pipeline?: boolean;
}

export interface OpenedDatabase {
  db: Database;
  pool: Pool;
  /** True for the embedded database: one process, one connection. */
  embedded: boolean;
  close(): Promise<void>;
}

/** How long a request waits for a connection before it is refused: with its statement, people get their 503 in 3 s. */
const CONNECT_TIMEOUT_MS = 1500;
/** Locks of a node that vanished between two statements are over then; Postgres itself would wait for TCP, two hours. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** How long a program waits whose statements may take as long as they do. */
const PATIENT_MS = 10_000;

/** Opens the database. @throws DataFolderBusy when another process holds the embedded one. */
export async function openDatabase(
  settings: DatabaseSettings,
  onError: (error: Error) => void = () => undefined,
): Promise<OpenedDatabase> {
  if (settings.url !== undefined) return openPostgres({ ...settings, url: settings.url }, onError);
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  chmodSync(settings.dataDir, 0o700);
  const unlock = lockDataFolder(settings.dataDir);
  try {
    return await openEmbedded(join(settings.dataDir, 'postgres'), onError, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The same over a server. Connections are made when they are needed, so this neither waits nor fails. */
export function openPostgres(
  { url, poolSize, queryTimeoutMs, pipeline = false }: PostgresSettings,
  onError: (error: Error) => void,
): OpenedDatabase {
  return overPool(
    {
      connectionString: url,
      max: poolSize,
      pipeline,
      // The server ends a slow statement; the client's own bound is for a server that says nothing at all.
      ...(queryTimeoutMs === undefined
        ? {}
        : {
            statement_timeout: queryTimeoutMs,
            query_timeout: queryTimeoutMs + 500,
            idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
          }),
    },
    false,
    onError,
  );
}

async function openEmbedded(
  folder: string,
  onError: (error: Error) => void,
  unlock: () => void,
): Promise<OpenedDatabase> {
  const { PGlite } = await import('@electric-sql/pglite');
  const { createPgConfig } = await import('@electric-sql/pglite/node-postgres');
  const lite = await PGlite.create({ dataDir: folder });
  return overPool(createPgConfig(lite), true, onError, async () => {
    await lite.close();
    unlock();
  });
}

/** Kysely over a pool; exported for tests, which bring their own embedded instance. */
export function overPool(
  config: object,
  embedded: boolean,
  onError: (error: Error) => void,
  afterClose: () => Promise<void> = () => Promise.resolve(),
): OpenedDatabase {
  const pool = new Pool({
    ...(config as PoolConfig),
    ...(embedded ? { max: 1 } : {}),
    connectionTimeoutMillis: embedded ? 30_000 : 'query_timeout' in config ? CONNECT_TIMEOUT_MS : PATIENT_MS,
    keepAlive: true,
  });
  // Both the idle pool and a checked-out client report a broken connection as an event; unheard, either
  // would end the process.
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', onError));
  // Given back by somebody who was tired of waiting: its server may be gone without a word, and what it was told last, such as
  // to begin a transaction, may still happen.
  pool.on('release', (_error, client) => {
    if ((client as unknown as { _activeQuery: unknown })._activeQuery) void client.end();
  });
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  });
  return {
    db,
    pool,
    embedded,
    close: async () => {
      await db.destroy();
      await afterClose();
    },
  };
}

/**
 * Postgres error codes that mean "cannot serve now", not "wrong query" (Postgres manual, appendix A). 26000: whoever asked
 * right before on a shared connection was to prepare the statement, and was refused.
 */
const UNAVAILABLE = /^(08|53|57P|55P03|57014|25006|25P03|26000)/;
const BROKEN_CONNECTION = /connect|ECONNREFUSED|ECONNRESET|EPIPE|timeout|terminat|closed/i;

/** The `Refusal` that an unreachable database means; undefined when `error` is something else. */
export function unavailability(error: unknown): Refusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  const matches =
    typeof code === 'string'
      ? UNAVAILABLE.test(code) || /^(E[A-Z]+|ERR_(STREAM|SOCKET)_[A-Z_]+)$/.test(code)
      : BROKEN_CONNECTION.test(error.message);
  return matches ? new Refusal('store_unavailable', 3, { cause: error }) : undefined;
}

/** True when `error` is Postgres' refusal of a second equal value in a unique index. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  const { code, constraint: named } = error as { code?: string; constraint?: string };
  return code === '23505' && named === constraint;
}
