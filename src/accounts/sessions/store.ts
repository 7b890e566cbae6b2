/**
 * The sessions of an account, as a person sees and ends them: every query. The session itself lives with the provider;
 * whether it still holds is decided here, in the database, so that what was ended is over on every node at once. A
 * session without a row holds no more. Ending one deletes the grants given in it, and with a grant goes every token; the
 * relying parties that listen are told.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { addSeconds } from '../../clock';
import type { Queryable, Row } from '../../storage/tables';
import { tellSignedOut } from './participants';

export type AccountSession = Row<'accountSessions'>;

export interface SignInFacts {
  uid: string;
  accountId: string;
  clientId: string | undefined;
  userAgent: string;
  address: string;
  signedInAt: Date;
  /** Seconds the session lasts without another visit. */
  lasts: number;
}

/** A row outlives its session by a day: the session is prolonged more often than the row. */
const SLACK = 86_400;
const LONGEST_AGENT = 300;

const keptUntil = (at: Date, lasts: number): Date => addSeconds(at, lasts + SLACK);

/** Header fields hold no lone surrogates, but may be long. */
const plain = (text: string): string => text.replaceAll('\0', '').slice(0, LONGEST_AGENT);

/** What is written down of a sign-in, with the standing of the person (provider/session/standing.ts). */
export const describeSignIn = ({ lasts, clientId, userAgent, ...facts }: SignInFacts, at: Date) => ({
  ...{ ...facts, id: randomUUID(), clientId: clientId ?? null, userAgent: plain(userAgent) },
  expiresAt: keptUntil(at, lasts),
});

export async function findSession(db: Queryable, uid: string): Promise<AccountSession | undefined> {
  return db.selectFrom('accountSessions').selectAll().where('uid', '=', uid).executeTakeFirst();
}

/** Notes that the session was used. */
export async function touchSession(db: Queryable, uid: string, lasts: number, at: Date): Promise<void> {
  await db
    .updateTable('accountSessions')
    .set({ lastSeenAt: at, expiresAt: keptUntil(at, lasts) })
    .where('uid', '=', uid)
    .where('endedAt', 'is', null)
    .execute();
}

/** Those that still hold, the one used last first. */
export async function listSessions(db: Queryable, accountId: string, now: Date): Promise<AccountSession[]> {
  return (
    db
      .selectFrom('accountSessions')
      .innerJoin('accounts', 'accounts.id', 'accountSessions.accountId')
      .selectAll('accountSessions')
      .where('accountSessions.accountId', '=', accountId)
      .where('accountSessions.endedAt', 'is', null)
      .where('accountSessions.expiresAt', '>', addSeconds(now, SLACK))
      // Times of the protocol are whole seconds, rounded down; so is the line (isInForce).
      .where(
        sql<boolean>`account_sessions.signed_in_at >= date_trunc('second', accounts.sessions_valid_after)`,
      )
      .orderBy('accountSessions.lastSeenAt', 'desc')
      .execute()
  );
}

/** Ends one session of this account with its grants and tokens; undefined when there is none such. */
export async function endSession(
  trx: Queryable,
  accountId: string,
  session: { id: string } | { uid: string },
  at: Date,
): Promise<AccountSession | undefined> {
  const ended = await trx
    .updateTable('accountSessions')
    .set({ endedAt: at })
    .where('accountId', '=', accountId)
    .where((eb) => ('id' in session ? eb('id', '=', session.id) : eb('uid', '=', session.uid)))
    .where('endedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (ended) await endGrants(trx, accountId, [ended.uid]);
  if (ended) await tellSignedOut(trx, { accountId, sessionUids: [ended.uid] }, at);
  return ended;
}

/** Ends every session but one; gives their number. Grants and tokens of all of them go. */
export async function endOtherSessions(
  trx: Queryable,
  accountId: string,
  keptUid: string,
  at: Date,
): Promise<number> {
  const ended = await trx
    .updateTable('accountSessions')
    .set({ endedAt: at })
    .where('accountId', '=', accountId)
    .where('uid', '!=', keptUid)
    .where('endedAt', 'is', null)
    .returning('uid')
    .execute();
  const uids = ended.map(({ uid }) => uid);
  await endGrants(trx, accountId, uids);
  await tellSignedOut(trx, { accountId, sessionUids: uids }, at);
  return ended.length;
}

async function endGrants(trx: Queryable, accountId: string, uids: string[]): Promise<void> {
  if (uids.length === 0) return;
  const grants = await trx
    .deleteFrom('grants')
    .where('accountId', '=', accountId)
    .where('sessionUid', 'in', uids)
    .returning('id')
    .execute();
  const ids = grants.map(({ id }) => id);
  if (ids.length > 0) await trx.deleteFrom('refreshTokens').where('grantId', 'in', ids).execute();
}

/** Ends every grant and token of the account, or those of one relying party; gives the number of grants. */
export async function endTokens(trx: Queryable, accountId: string, clientId?: string): Promise<number> {
  let tokens = trx.deleteFrom('refreshTokens').where('accountId', '=', accountId);
  let grants = trx.deleteFrom('grants').where('accountId', '=', accountId);
  if (clientId !== undefined) {
    tokens = tokens.where('clientId', '=', clientId);
    grants = grants.where('clientId', '=', clientId);
  }
  await tokens.execute();
  return Number((await grants.executeTakeFirstOrThrow()).numDeletedRows);
}
