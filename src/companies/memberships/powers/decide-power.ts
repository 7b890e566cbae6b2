/**
 * A power of attorney that a member attached after the approval: the contact persons are told of it, somebody accepts
 * or declines it, the member is told what came of it. What waits with an application is decided together with that.
 */
import { settlePower } from '../../../attorney/settle-power';
import { listPowers } from '../../../attorney/store';
import { recordEvent } from '../../../audit/store';
import type { Queryable } from '../../../storage/tables';
import { holdReviewed, mayDecide, type DecisionTools } from '../decide-membership';
import { GrantRefused, settleRights, type WantedRights } from '../grant';
import { rightsWords, tellContacts, tellPerson, type MailTools } from '../mails';
import type { Membership, MembershipView } from '../membership';
import { approvalPolicy, type Decider } from '../policy';
import { findMembership, updateRights } from '../store';

/** Call it in the transaction that attaches. An application that waits has its own place in every list. */
export async function tellOfPower(trx: Queryable, tools: MailTools, membershipId: string): Promise<void> {
  const view = await findMembership(trx, membershipId);
  if (view?.status === 'approved')
    await tellContacts(trx, tools, view, 'power_attached', approvalPolicy(view.path));
}

/** Gives the rights that are wanted, and writes it down. Undefined when there is no approved member. @throws GrantRefused */
export async function giveRights(
  trx: Queryable,
  tools: MailTools,
  membershipId: string,
  wanted: WantedRights,
  actor: string,
): Promise<Membership | undefined> {
  const at = tools.clock.now();
  const rights = await settleRights(trx, membershipId, wanted, actor, at);
  const changed = await updateRights(trx, membershipId, rights);
  if (!changed) return undefined;
  const until = rights.canActUntil?.toISOString() ?? null;
  const details = { membership: membershipId, can_act: rights.canAct, can_act_until: until };
  const subject = `account:${changed.accountId}`;
  await recordEvent(trx, { event: 'membership_rights_changed', actor, subject, details }, at);
  const view = wanted.acceptPower && (await findMembership(trx, membershipId));
  if (view) {
    const values = { company: view.companyName, ...rightsWords(view) };
    await tellPerson(trx, tools, view, { template: 'power_accepted', values });
  }
  return changed;
}

export interface PowerDecision {
  /** Of the membership. */
  number: number;
  /** The document that the reviewer looked at; absent: whichever waits. */
  powerId?: string;
  decision:
    | { kind: 'accept'; validUntil: Date | null }
    /** The person reads the comment. */
    | { kind: 'decline'; comment: string };
}

/** `stale`: no such document waits any more, or the person is no member. */
export type PowerResult = 'done' | 'absent' | 'not_allowed' | 'stale' | 'power_over';

/** Accepts or declines what waits; of several decisions at once one holds. */
export async function decidePower(
  tools: DecisionTools,
  { number, powerId, decision }: PowerDecision,
  decider: Decider,
): Promise<PowerResult> {
  try {
    return await tools.db.transaction().execute(async (trx): Promise<PowerResult> => {
      const view = await holdReviewed(trx, number, decider);
      if (!view) return 'absent';
      if (!(await mayDecide(trx, view, decider, approvalPolicy(view.path)))) return 'not_allowed';
      const powers = await listPowers(trx, { membershipId: view.id });
      const waiting = powers.find(({ state }) => state === 'attached');
      if (view.status !== 'approved' || !waiting || (powerId ?? waiting.id) !== waiting.id) return 'stale';
      if (decision.kind === 'decline') await decline(trx, tools, view, decision.comment, decider);
      else {
        const acceptPower = { validUntil: decision.validUntil };
        await giveRights(trx, tools, view.id, { canAct: true, acceptPower }, decider.actor);
      }
      return 'done';
    });
  } catch (error) {
    if (error instanceof GrantRefused) return error.fault === 'power_over' ? 'power_over' : 'stale';
    throw error;
  }
}

/** What the person may do already stays as it is. */
async function decline(
  trx: Queryable,
  tools: MailTools,
  view: MembershipView,
  comment: string,
  { actor }: Decider,
): Promise<void> {
  const settlement = { membershipId: view.id, accepted: false, comment };
  await settlePower(trx, settlement, actor, tools.clock.now());
  const values = { company: view.companyName, comment };
  await tellPerson(trx, tools, view, { template: 'power_declined', values });
}
