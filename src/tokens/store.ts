import { addSeconds, type Clock } from '../clock';
import type { Queryable, Row } from '../storage/tables';
import type { TokenPurpose, TokenRequest } from './tokens';

export type TokenRow = Row<'singleUseTokens'>;

/** A token after its end is kept this long, so that its page can still say "already used". */
const KEPT_AFTER_END_SECONDS = 7 * 24 * 3600;
const SWEEP_BATCH = 100;

export interface NewToken extends TokenRequest {
  id: string;
  hash: string;
  attemptsLeft: number;
}

export async function insertToken(db: Queryable, token: NewToken, now: Date): Promise<void> {
  await db
    .insertInto('singleUseTokens')
    .values({
      id: token.id,
      purpose: token.purpose,
      hash: token.hash,
      accountId: token.accountId ?? null,
      payload: JSON.stringify(token.payload ?? {}),
      attemptsLeft: token.attemptsLeft,
      expiresAt: addSeconds(now, token.ttlSeconds),
      createdAt: now,
    })
    .execute();
}

export function findTokenByHash(
  db: Queryable,
  purpose: TokenPurpose,
  hash: string,
): Promise<TokenRow | undefined> {
  return db
    .selectFrom('singleUseTokens')
    .selectAll()
    .where('purpose', '=', purpose)
    .where('hash', '=', hash)
    .executeTakeFirst();
}

export function findTokenById(
  db: Queryable,
  purpose: TokenPurpose,
  id: string,
): Promise<TokenRow | undefined> {
  return db
    .selectFrom('singleUseTokens')
    .selectAll()
    .where('purpose', '=', purpose)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Spends a live token. The row comes back to exactly one of any number of callers. */
export function spendToken(
  db: Queryable,
  purpose: TokenPurpose,
  key: { hash: string } | { id: string },
  now: Date,
): Promise<TokenRow | undefined> {
  return db
    .updateTable('singleUseTokens')
    .set({ consumedAt: now })
    .where('purpose', '=', purpose)
    .where((eb) => ('hash' in key ? eb('hash', '=', key.hash) : eb('id', '=', key.id)))
    .where('consumedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returningAll()
    .executeTakeFirst();
}

/** Takes one try of a live code. The row comes back as many times as the code has tries, never more. */
export function takeAttempt(
  db: Queryable,
  purpose: TokenPurpose,
  id: string,
  now: Date,
): Promise<TokenRow | undefined> {
  return db
    .updateTable('singleUseTokens')
    .set((eb) => ({ attemptsLeft: eb('attemptsLeft', '-', 1) }))
    .where('purpose', '=', purpose)
    .where('id', '=', id)
    .where('attemptsLeft', '>', 0)
    .where('consumedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returningAll()
    .executeTakeFirst();
}

/** Makes every unspent token of a purpose unknown, as before a new one is issued. Gives their number. */
export async function voidTokens(db: Queryable, purpose: TokenPurpose, accountId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('singleUseTokens')
    .where('accountId', '=', accountId)
    .where('purpose', '=', purpose)
    .where('consumedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Makes every unspent token of an account unknown, whatever it is for. */
export async function voidAccountTokens(db: Queryable, accountId: string): Promise<void> {
  await db
    .deleteFrom('singleUseTokens')
    .where('accountId', '=', accountId)
    .where('consumedAt', 'is', null)
    .execute();
}

async function deleteEndedBatch(db: Queryable, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .with('ended', (cte) =>
      cte
        .selectFrom('singleUseTokens')
        .select('id')
        .where('expiresAt', '<', addSeconds(now, -KEPT_AFTER_END_SECONDS))
        .orderBy('expiresAt')
        .limit(SWEEP_BATCH)
        .forUpdate()
        .skipLocked(),
    )
    .deleteFrom('singleUseTokens')
    .where('id', 'in', (eb) => eb.selectFrom('ended').select('ended.id'))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** Removes tokens that ended more than a week ago, in batches, each its own short statement. Gives their number. */
export async function sweepTokens(db: Queryable, clock: Clock): Promise<number> {
  let removed = 0;
  for (;;) {
    const batch = await deleteEndedBatch(db, clock.now());
    removed += batch;
    if (batch < SWEEP_BATCH) return removed;
  }
}
