/** Brings the schema to the newest version; safe when several nodes start at once. */
import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, Migrator } from 'kysely/migration';
import { migrations } from '../../migrations';
import type { Database } from './tables';

export interface MigrationState {
  name: string;
  executedAt: Date | undefined;
}

function migrator(db: Database): Migrator {
  return new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) } });
}

/** Runs what is missing, one node at a time (Kysely holds an advisory lock meanwhile). Gives the names that ran. */
export async function migrate(db: Database): Promise<string[]> {
  const { error, results } = await migrator(db).migrateToLatest();
  if (error) throw error instanceof Error ? error : new Error('migration failed', { cause: error });
  return (results ?? []).map((result) => result.migrationName);
}

/**
 * One question instead of the dozen that Kysely asks: most starts find nothing to do. Also false when the database
 * cannot tell or knows other migrations than this release, so that `migrate` says what is wrong.
 */
export async function isMigrated(db: Database): Promise<boolean> {
  const ran = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`
    .execute(db)
    .catch(() => undefined);
  const names = ran?.rows.map(({ name }) => name);
  return names?.sort().join() === Object.keys(migrations).sort().join();
}

/** Every migration this release knows, and when it ran. */
export async function listMigrations(db: Database): Promise<MigrationState[]> {
  const known = await migrator(db).getMigrations();
  return known.map(({ name, executedAt }) => ({ name, executedAt }));
}
