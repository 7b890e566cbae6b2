/** What a node must reach before it is sent anybody. */
import type { Foundation } from '../foundation';
import type { Readiness } from '../http/server/health';
import type { EphemeralStore } from '../storage/ephemeral/port';
import { listMigrations } from '../storage/migrate';

export const readinessOf = ({ db }: Foundation, ephemeral: EphemeralStore): Readiness => ({
  database: () => db.selectNoFrom((eb) => eb.lit(1).as('one')).execute(),
  ephemeral: () => ephemeral.ping(),
  migrations: () => allMigrated(db),
});

async function allMigrated(db: Foundation['db']): Promise<void> {
  const states = await listMigrations(db);
  if (states.some(({ executedAt }) => !executedAt)) throw new Error('migrations are pending');
}
