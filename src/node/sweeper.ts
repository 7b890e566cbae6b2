/** Throws away, a little at a time, what is past its end: every node runs it, none waits for another. */
import type { Clock } from '../clock';
import type { Logger } from '../log';
import { sweepMessages } from '../notifications/store';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Database } from '../storage/tables';
import { sweepTokens } from '../tokens/store';

/** Rows that one statement deletes, so that none holds its locks for long. */
export const BATCH = 100;
/** Statements of one kind in one turn: the rest waits a minute, so that other work comes in between. */
const BATCHES = 200;

export interface SweepParts {
  db: Database;
  ephemeral: EphemeralStore;
  clock: Clock;
}

/** Deletes what is past its end, batch after batch; the number of rows deleted. */
export async function sweep({ db, ephemeral, clock }: SweepParts): Promise<number> {
  const now = clock.now();
  let deleted = 0;
  // One kind after the other: sweeping takes one connection, however much there is.
  for (const table of EXPIRING) deleted += await inBatches(() => sweepTable(db, table, now));
  deleted += await inBatches(() => sweepMessages(db, now, BATCH));
  return deleted + (await ephemeral.sweep()) + (await sweepTokens(db, clock));
}

/** With registrations go the answers of whoever never proved an address. */
const EXPIRING = ['grants', 'refreshTokens', 'registrations', 'accountSessions'] as const;

async function inBatches(batch: () => Promise<number>): Promise<number> {
  let deleted = 0;
  for (let turn = 0; turn < BATCHES; turn += 1) {
    const count = await batch();
    deleted += count;
    if (count < BATCH) break;
  }
  return deleted;
}

async function sweepTable(db: Database, table: (typeof EXPIRING)[number], now: Date): Promise<number> {
  const result = await db
    .deleteFrom(table)
    .where('id', 'in', (from) =>
      from
        .selectFrom(table)
        .select('id')
        .where('expiresAt', '<=', now)
        // In the order of the index: a backlog would otherwise be looked for from the start of the table each time.
        .orderBy('expiresAt')
        .limit(BATCH)
        .forUpdate()
        .skipLocked(),
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
