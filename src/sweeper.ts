/** Throws away, a little at a time, what is past its end: every node runs it, none waits for another. */
import type { Clock } from './clock';
import type { Logger } from './log';
import { sweepMessages } from './notifications/store';
import type { EphemeralStore } from './storage/ephemeral/port';
import type { Database } from './storage/tables';
import { sweepTokens } from './tokens/store';

const BATCH = 500;

/** Deletes one batch of expired rows of each kind; the number deleted. */
export async function sweep(parts: {
  db: Database;
  ephemeral: EphemeralStore;
  clock: Clock;
}): Promise<number> {
  const { db, ephemeral, clock } = parts;
  const tables = await Promise.all([
    sweepTable(db, 'grants', clock.now()),
    sweepTable(db, 'refreshTokens', clock.now()),
    // With them go the answers of whoever never proved an address.
    sweepTable(db, 'registrations', clock.now()),
    sweepTable(db, 'accountSessions', clock.now()),
  ]);
  const expired = tables.reduce((sum, count) => sum + count, 0);
  const messages = await sweepMessages(db, clock.now(), BATCH);
  return expired + messages + (await ephemeral.sweep()) + (await sweepTokens(db, clock));
}

async function sweepTable(
  db: Database,
  table: 'grants' | 'refreshTokens' | 'registrations' | 'accountSessions',
  now: Date,
): Promise<number> {
  const result = await db
    .deleteFrom(table)
    .where('id', 'in', (from) =>
      from.selectFrom(table).select('id').where('expiresAt', '<=', now).limit(BATCH).forUpdate().skipLocked(),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

export interface Recurring {
  stop(): Promise<void>;
}

/** Runs `work` every `seconds`, never twice at once; a failure is logged and the next turn comes all the same. */
export function every(seconds: number, work: () => Promise<unknown>, log: Logger, name: string): Recurring {
  let running: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch((error: unknown) => {
        log.warn({ err: error, work: name }, 'recurring work failed');
      })
      .finally(() => {
        running = undefined;
      });
  }, seconds * 1000).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
