/** A legal hold: while it stands, the data of an account are not destroyed, whatever was asked. */
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import type { Database } from '../../storage/tables';
import { deleteHold, insertHold } from './store';

export interface HoldTools {
  db: Database;
  clock: Clock;
}

/** False when the account is held already. */
export async function holdAccount(
  { db, clock }: HoldTools,
  accountId: string,
  reason: string,
  actor: string,
): Promise<boolean> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    if (!(await insertHold(trx, { accountId, reason, setBy: actor, setAt: at }))) return false;
    const subject = `account:${accountId}`;
    await recordEvent(trx, { event: 'account_held', actor, subject, details: { reason } }, at);
    return true;
  });
}

/** False when the account is not held. */
export async function releaseAccount(
  { db, clock }: HoldTools,
  accountId: string,
  actor: string,
): Promise<boolean> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    if (!(await deleteHold(trx, accountId))) return false;
    await recordEvent(trx, { event: 'account_released', actor, subject: `account:${accountId}` }, at);
    return true;
  });
}
