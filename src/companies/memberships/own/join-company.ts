/** A code that speaks for the company makes a person a member: nobody else has to approve it. */
import { recordEvent } from '../../../audit/store';
import type { Queryable } from '../../../storage/tables';
import type { MailTools } from '../mails';
import type { MembershipRole, MembershipView } from '../membership';
import { decideApplication, findMembership, insertMembership, views } from '../store';

export interface Joining {
  accountId: string;
  companyId: string;
  role: MembershipRole;
  canAct: boolean;
  /** As the membership names whoever decided. */
  decidedBy: string;
  /** As the audit names people. */
  actor: string;
  /** Which code it was, for the audit. */
  proof: { by: string; code?: string };
}

/** `standing`: they are a member already, and stay what they are. `suspended`: their membership rests, and no code wakes it. */
export type JoinResult =
  { outcome: 'done'; membership: MembershipView } | { outcome: 'standing' | 'suspended' };

/**
 * Approves the person's application to the company, or makes them a member where they had not applied.
 * @param trx the transaction that spends the code
 */
export async function joinCompany(
  trx: Queryable,
  tools: Pick<MailTools, 'clock'>,
  joining: Joining,
): Promise<JoinResult> {
  const at = tools.clock.now();
  const { accountId, companyId, role, canAct, decidedBy, actor, proof } = joining;
  const standing = await lockStanding(trx, accountId, companyId);
  if (standing && standing.status !== 'requested')
    return { outcome: standing.status === 'suspended' ? 'suspended' : 'standing' };
  const rights = { status: 'approved', role, canAct, canActUntil: null, companyId, decidedBy } as const;
  const made = standing
    ? await decideApplication(trx, standing, { ...rights, reason: null }, at)
    : await insertMembership(trx, { accountId, ...rights }, at);
  const membership = made && (await findMembership(trx, made.id));
  // Another tab was faster in this very moment: now there is what it has made.
  if (!membership) return joinCompany(trx, tools, joining);
  const { number, inn, kpp } = membership;
  const event = standing ? 'membership_approved' : 'membership_added';
  const details = { number, inn, kpp, role, can_act: canAct, ...proof };
  await recordEvent(trx, { event, actor, subject: `account:${accountId}`, details }, at);
  return { outcome: 'done', membership };
}

/** What they are or want to be in the company, held until the transaction ends: nobody decides about it meanwhile. */
async function lockStanding(
  trx: Queryable,
  accountId: string,
  companyId: string,
): Promise<MembershipView | undefined> {
  return views(trx)
    .where('memberships.accountId', '=', accountId)
    .where('memberships.companyId', '=', companyId)
    .where('memberships.status', 'in', ['requested', 'approved', 'suspended'])
    .forUpdate('memberships')
    .executeTakeFirst();
}
