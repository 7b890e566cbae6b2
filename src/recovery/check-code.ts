/** The code of a recovery. A right one gives the browser the right to set the password, once, for a while. */
import { recordEvent } from '../audit/store';
import { reserve } from '../http/limits';
import { fingerprint } from '../secrets';
import { tryCode } from '../tokens/codes';
import { findLink, issueLink } from '../tokens/links';
import { findTokenById } from '../tokens/store';
import { CODES_A_DAY, DAY, PASSWORD_TTL, type Recovery } from './recovery';
import type { Asker, RecoveryTools } from './start';

/** What the browser's token opens once its code was right: nothing of it is stored, and no other code's. */
export function passwordToken(token: string, { codeId }: Recovery): string {
  return `${token}.${codeId}`;
}

/** Whether this recovery has come as far as the new password: `live`, or `spent` when it is set. */
export async function findPasswordRight(
  { db, clock }: RecoveryTools,
  token: string,
  recovery: Recovery,
): Promise<'live' | 'spent' | 'unknown'> {
  return (await findLink(db, 'recovered', passwordToken(token, recovery), clock)).state;
}

/** The problem to show, or `right`. @throws Refusal too_many_attempts when the account has had its tries of the day */
export async function checkCode(
  tools: RecoveryTools,
  asker: Asker,
  recovery: Recovery,
  typed: string,
): Promise<'right' | 'recovery_code_required' | 'code_wrong' | 'code_exhausted' | 'code_over'> {
  if (typed.trim() === '') return 'recovery_code_required';
  const { db, clock, ephemeral } = tools;
  const row = await findTokenById(db, 'recover', recovery.codeId);
  const accountId = row?.accountId ?? undefined;
  // Every recovery brings five tries more, and anybody may begin one: the account's own count bounds them all.
  const key = `recovery:code:${accountId ?? fingerprint(recovery.name.canonical)}`;
  const reservation = await reserve(ephemeral, [{ key, max: CODES_A_DAY, window: DAY }]);
  const state = await tryAndGrant(tools, asker, recovery, typed);
  if (state === 'right') {
    await reservation.release();
    return 'right';
  }
  const { clientId, address, requestId } = asker;
  const subject = accountId === undefined ? undefined : `account:${accountId}`;
  const event = 'recovery_code_failed' as const;
  const details = { state };
  await recordEvent(
    db,
    { event, actor: 'anonymous', subject, clientId, address, requestId, details },
    clock.now(),
  );
  if (state === 'wrong') return 'code_wrong';
  return state === 'exhausted' ? 'code_exhausted' : 'code_over';
}

/** One transaction, so that a right code is never spent for nothing. It commits whatever the answer. */
async function tryAndGrant(
  { db, secrets, clock }: RecoveryTools,
  { token }: Asker,
  recovery: Recovery,
  code: string,
): Promise<'right' | 'wrong' | 'exhausted' | 'spent' | 'unknown'> {
  return db.transaction().execute(async (trx) => {
    // The slash stands before the digits of the message, and people copy it along.
    const typed = code.replace(/^\s*\//, '');
    const attempt = { purpose: 'recover' as const, id: recovery.codeId, code: typed };
    const result = await tryCode(trx, secrets, attempt, clock);
    if (result.state !== 'right') return result.state;
    const { accountId, payload } = result;
    if (accountId === null) return 'wrong';
    const request = { purpose: 'recovered' as const, accountId, payload, ttlSeconds: PASSWORD_TTL };
    await issueLink(trx, request, clock, passwordToken(token, recovery));
    return 'right';
  });
}
