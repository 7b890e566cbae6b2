/** Tokens by which software registers itself (RFC 7591 §1.2): every query. Of a token only the fingerprint is kept. */
import { randomUUID } from 'node:crypto';
import { fingerprint, randomToken } from '../secrets';
import type { Queryable, Row } from '../storage/tables';

export type RegistrationToken = Row<'registrationTokens'>;

export interface NewRegistrationToken {
  /** For whom it is, as operators call them. */
  name: string;
  /** The most that a relying party registered with it may ask people for. */
  scope: string;
  uses: number;
  expiresAt: Date;
  createdBy: string;
}

/** Gives the token itself, once. */
export async function createRegistrationToken(
  trx: Queryable,
  { uses, ...given }: NewRegistrationToken,
  at: Date,
): Promise<{ id: string; token: string }> {
  const id = randomUUID();
  const token = randomToken();
  const row = { ...given, id, hash: fingerprint(token), usesLeft: uses, createdAt: at };
  await trx
    .insertInto('registrationTokens')
    .values({ ...row, revokedAt: null, lastUsedAt: null })
    .execute();
  return { id, token };
}

/** Newest first. */
export async function listRegistrationTokens(db: Queryable): Promise<RegistrationToken[]> {
  return db
    .selectFrom('registrationTokens')
    .selectAll()
    .orderBy('createdAt', 'desc')
    .orderBy('id')
    .limit(500)
    .execute();
}

/** False when there is none of this id, or it was revoked before. */
export async function revokeRegistrationToken(trx: Queryable, id: string, at: Date): Promise<boolean> {
  const result = await trx
    .updateTable('registrationTokens')
    .set({ revokedAt: at })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** One that can be used now. */
export async function findRegistrationToken(
  db: Queryable,
  token: string,
  now: Date,
): Promise<RegistrationToken | undefined> {
  return db
    .selectFrom('registrationTokens')
    .selectAll()
    .where('hash', '=', fingerprint(token))
    .where('usesLeft', '>', 0)
    .where('expiresAt', '>', now)
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
}

/** The most that relying parties of this token may ask for, also when it has ended. */
export async function findRegisteredScope(db: Queryable, id: string | null): Promise<string> {
  const row = await db
    .selectFrom('registrationTokens')
    .select('scope')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.scope ?? 'openid';
}

/** Takes one use. False when there is none left: of many at once as many win as it has. */
export async function spendRegistrationToken(trx: Queryable, id: string, now: Date): Promise<boolean> {
  const result = await trx
    .updateTable('registrationTokens')
    .set((eb) => ({ usesLeft: eb('usesLeft', '-', 1), lastUsedAt: now }))
    .where('id', '=', id)
    .where('usesLeft', '>', 0)
    .where('expiresAt', '>', now)
    .where('revokedAt', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
