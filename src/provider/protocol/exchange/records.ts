/** What an exchange leaves in the database: a grant that ends with the one it stands on, and the audit of both outcomes. */
import { sql } from 'kysely';
import { recordEvent } from '../../../audit/store';
import type { Clock } from '../../../clock';
import type { RequestState } from '../../../http/context';
import { fingerprint } from '../../../secrets';
import type { Database } from '../../../storage/tables';
import type { Act } from './presented-tokens';

interface Tools {
  db: Database;
  clock: Clock;
}

interface Attempt {
  accountId: string;
  /** Who exchanges. */
  clientId: string;
  /** Whose token it was. */
  from: string;
}

export interface Exchanged extends Attempt {
  grantId: string;
  /** Fingerprint of the grant it stands on. */
  parent: string;
  endsAt: Date;
  scope: string;
  act: Act;
  resource: string;
}

const origin = ({ address, requestId }: RequestState) => ({ address, requestId });

/**
 * Ties a saved grant to the one it stands on, with its company and its end; false when that one has just gone. The lock
 * makes whoever is ending it wait, and then end this one, too.
 */
export async function linkExchangedGrant(
  { db, clock }: Tools,
  exchanged: Exchanged,
  state: RequestState,
): Promise<boolean> {
  const { grantId, parent, endsAt, accountId, clientId, from, scope, resource, act } = exchanged;
  return db.transaction().execute(async (trx) => {
    const standing = await trx
      .selectFrom('grants')
      .select(['id', 'companyId', 'sessionUid'])
      .where('id', '=', parent)
      .modifyEnd(sql`for key share`)
      .executeTakeFirst();
    if (!standing) return false;
    await trx
      .updateTable('grants')
      .set({ parentId: standing.id, companyId: standing.companyId, sessionUid: standing.sessionUid })
      .set({ scope, expiresAt: endsAt })
      .where('id', '=', fingerprint(grantId))
      .execute();
    await recordEvent(
      trx,
      {
        ...{ event: 'token_exchanged', actor: `client:${clientId}`, subject: `account:${accountId}` },
        ...{ clientId, ...origin(state), details: { from, resource, scope, acting: act.sub } },
      },
      clock.now(),
    );
    return true;
  });
}

/** Somebody tried with a token that they were not meant to have. */
export async function noteRefusal(
  { db, clock }: Tools,
  { accountId, clientId, from }: Attempt,
  state: RequestState,
): Promise<void> {
  await recordEvent(
    db,
    {
      ...{ event: 'token_exchange_refused', actor: `client:${clientId}`, subject: `account:${accountId}` },
      ...{ clientId, ...origin(state), details: { from } },
    },
    clock.now(),
  );
}
