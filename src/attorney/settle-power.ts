/** Accepting or refusing an attached power of attorney, together with what it is attached to. */
import { recordEvent } from '../audit/store';
import type { Queryable } from '../storage/tables';
import type { Power } from './attorney';
import type { MchdFacts } from './contents/mchd';
import { decideAttached, updateValidUntil } from './store';

export interface Settlement {
  membershipId: string;
  accepted: boolean;
  /** When it ends; absent: as a machine-readable one says, and no end for a scan. */
  validUntil?: Date | null;
  /** Why it was refused. */
  comment?: string;
}

/**
 * Decides about the one that waits, in the caller's transaction; undefined when none does. The end of what it
 * allows is in the result.
 * @param actor as the audit trail names people
 */
export async function settlePower(
  trx: Queryable,
  { membershipId, accepted, validUntil, comment }: Settlement,
  actor: string,
  at: Date,
): Promise<Power | undefined> {
  const state = accepted ? 'accepted' : 'refused';
  const power = await decideAttached(trx, membershipId, { state, decidedAt: at, decidedBy: actor });
  if (!power) return undefined;
  const end = accepted ? (validUntil ?? endOf(power.facts as MchdFacts | null)) : null;
  await updateValidUntil(trx, power.id, end);
  const event = accepted ? ('power_accepted' as const) : ('power_refused' as const);
  const ends = end?.toISOString() ?? null;
  const details = { membership: membershipId, valid_until: ends, ...(comment && { comment }) };
  await recordEvent(trx, { event, actor, subject: `power:${power.id}`, details }, at);
  return { ...power, validUntil: end };
}

/** The last second of its last day in Moscow; null when it names none. */
function endOf(facts: MchdFacts | null): Date | null {
  const end = facts && new Date(`${facts.validUntil}T23:59:59+03:00`);
  return end && !Number.isNaN(end.getTime()) ? end : null;
}
