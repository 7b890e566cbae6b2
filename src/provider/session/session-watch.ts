/** Which sessions still hold: the provider asks the table where people end them (accounts/sessions). */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { tellSignedOut } from '../../accounts/sessions/participants';
import { endSession, touchSession, type SignInFacts } from '../../accounts/sessions/store';
import { addSeconds, type Clock } from '../../clock';
import type { RequestState } from '../../http/context';
import type { Database } from '../../storage/tables';
import type { Standing } from './standing';

export interface SessionWatch {
  /** The sign-in that this request brings, if it brings one; told once. */
  takeSignIn(ctx: KoaContextWithOIDC): SignInFacts | undefined;
  /** Whether the session of the request, or the one that a token was given in, is not ended. */
  holds(ctx: KoaContextWithOIDC, session: Standing['session'], byToken: boolean): Promise<boolean>;
  /** The session is over; relying parties that listen are told. */
  noteSignOut(accountId: string, uid: string): Promise<void>;
  /** The person has left one relying party only. */
  noteLeft(accountId: string, uid: string, clientId: string): Promise<void>;
}

/** Seconds between two notes that a session was used. */
const TOUCH_EVERY = 300;

/** @param lasts seconds a session lasts without another visit */
export function createSessionWatch(
  { db, clock }: { db: Database; clock: Clock },
  lasts: (ctx: KoaContextWithOIDC) => number,
): SessionWatch {
  const taken = new WeakSet<object>();
  return {
    takeSignIn: (ctx) => {
      const { session, result, client } = ctx.oidc;
      if (!session?.accountId || !result?.login || taken.has(result)) return undefined;
      taken.add(result);
      return {
        ...{ uid: session.uid, accountId: session.accountId, clientId: client?.clientId },
        ...{ userAgent: ctx.get('user-agent'), address: (ctx.state as RequestState).address },
        ...{ signedInAt: new Date((session.loginTs ?? 0) * 1000), lasts: lasts(ctx) },
      };
    },
    holds: async (ctx, session, byToken) => {
      // Its grant went with the session; this is for a code or token made in that very moment.
      if (byToken) return !session?.endedAt;
      if (!session || session.endedAt) return false;
      const now = clock.now();
      if (addSeconds(session.lastSeenAt, TOUCH_EVERY) < now)
        await touchSession(db, session.uid, lasts(ctx), now);
      return true;
    },
    noteSignOut: async (accountId, uid) => {
      await db.transaction().execute((trx) => endSession(trx, accountId, { uid }, clock.now()));
    },
    noteLeft: async (accountId, uid, clientId) => {
      const left = { accountId, sessionUids: [uid], clientIds: [clientId] };
      await db.transaction().execute((trx) => tellSignedOut(trx, left, clock.now()));
    },
  };
}
