/** Every query of closings that are asked for, carried out, or held up. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { addSeconds } from '../../clock';
import type { Queryable, Row } from '../../storage/tables';
import type { AccountClosing } from '../store';

export type AccountHold = Row<'accountHolds'>;

export async function insertAskedClosing(
  db: Queryable,
  closing: Pick<AccountClosing, 'accountId' | 'askedBy' | 'askedAt' | 'destroyBy' | 'destroyAfter'>,
): Promise<AccountClosing> {
  return db
    .insertInto('accountClosings')
    .values({ id: randomUUID(), ...closing, reason: 'asked', undoneAt: null, destroyedAt: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Undoes the open closing that the person asked for; false when there is none. */
export async function undoAskedClosing(db: Queryable, accountId: string, at: Date): Promise<boolean> {
  const result = await db
    .updateTable('accountClosings')
    .set({ undoneAt: at })
    .where('accountId', '=', accountId)
    .where('reason', '=', 'asked')
    .where('undoneAt', 'is', null)
    .where('destroyedAt', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** All closings of one account, oldest first. */
export async function listClosings(db: Queryable, accountId: string): Promise<AccountClosing[]> {
  return db
    .selectFrom('accountClosings')
    .selectAll()
    .where('accountId', '=', accountId)
    .orderBy('askedAt')
    .execute();
}

/**
 * A closing whose day has come and that nothing holds up, the most urgent first.
 * @param margin seconds before the deadline from which on a closing without another day is due
 */
export async function findDueClosing(
  db: Queryable,
  now: Date,
  margin: number,
): Promise<AccountClosing | undefined> {
  return db
    .selectFrom('accountClosings')
    .selectAll()
    .where('undoneAt', 'is', null)
    .where('destroyedAt', 'is', null)
    .where((where) =>
      where.or([where('destroyAfter', '<=', now), where('destroyBy', '<=', addSeconds(now, margin))]),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('accountHolds')
            .select('accountHolds.accountId')
            .whereRef('accountHolds.accountId', '=', 'accountClosings.accountId'),
        ),
      ),
    )
    .orderBy('destroyBy')
    .executeTakeFirst();
}

/** False when it was undone or carried out meanwhile. */
export async function markDestroyed(
  db: Queryable,
  id: string,
  categories: string[],
  at: Date,
): Promise<boolean> {
  const result = await db
    .updateTable('accountClosings')
    .set({ destroyedAt: at, categories: sql`${categories}::text[]` as never })
    .where('id', '=', id)
    .where('undoneAt', 'is', null)
    .where('destroyedAt', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What was destroyed, newest first. */
export async function listDestroyed(db: Queryable, limit: number): Promise<AccountClosing[]> {
  return db
    .selectFrom('accountClosings')
    .selectAll()
    .where('destroyedAt', 'is not', null)
    .orderBy('destroyedAt', 'desc')
    .limit(limit)
    .execute();
}

/** False when the account is held already. */
export async function insertHold(db: Queryable, hold: AccountHold): Promise<boolean> {
  const result = await db
    .insertInto('accountHolds')
    .values(hold)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function deleteHold(db: Queryable, accountId: string): Promise<boolean> {
  const result = await db.deleteFrom('accountHolds').where('accountId', '=', accountId).executeTakeFirst();
  return result.numDeletedRows > 0n;
}
