/** What a contact person changes of the members of their company: each in one transaction, as operators do it. */
import { settlePower } from '../../attorney/settle-power';
import { recordEvent } from '../../audit/store';
import type { Database } from '../../storage/tables';
import { tellKeptOut } from '../kept-out';
import { tellPerson, type MailTools } from './mails';
import { MEMBERSHIP_CHANGES, type MembershipChange, type MembershipView } from './membership';
import { holdContact, holdTogether } from './queue';
import { findMembershipByNumber, moveMembership } from './store';

export interface WantedChange {
  number: number;
  /** As the contact person saw the membership. */
  version: number;
  kind: MembershipChange;
  reason: string;
}

/** `absent`: there is none, it is their own, of a company that they do not speak for, or not theirs to restore. `stale`: changed meanwhile. */
export type ContactChangeResult = 'done' | 'stale' | 'absent';

/** Suspends, restores or revokes a member's access. @param accountId of the contact person */
export async function changeAsContact(
  tools: MailTools & { db: Database },
  { number, version, kind, reason }: WantedChange,
  accountId: string,
): Promise<ContactChangeResult> {
  const at = tools.clock.now();
  const { from, to, event } = MEMBERSHIP_CHANGES[kind];
  return tools.db.transaction().execute(async (trx) => {
    const found = await findMembershipByNumber(trx, number);
    if (!found || found.accountId === accountId) return 'absent';
    await holdTogether(trx, found.companyId, [found.accountId, accountId]);
    if (!(await holdContact(trx, accountId, found.companyId))) return 'absent';
    const view = await findMembershipByNumber(trx, number);
    if (view?.version !== version || !isMember(view)) return 'stale';
    if (kind === 'restore' && !mayRestore(view)) return 'absent';
    const actor = `account:${accountId}`;
    if (!(await moveMembership(trx, view.id, from, { status: to, reason, decidedBy: actor }, at)))
      return 'stale';
    if (kind === 'revoke') await settlePower(trx, { membershipId: view.id, accepted: false }, actor, at);
    const subject = `account:${view.accountId}`;
    const details = { membership: view.id, reason, by: 'contact' };
    await recordEvent(trx, { event, actor, subject, details }, at);
    await tellKeptOut(trx, view.accountId, at);
    await tellPerson(trx, tools, view, { template: event, values: { company: view.companyName } });
    return 'done';
  });
}

/** Applications are decided, not revoked, by contact persons. */
export const isMember = ({ status }: Pick<MembershipView, 'status'>): boolean =>
  status === 'approved' || status === 'suspended';

/** What an operator has suspended, an operator restores. */
export const mayRestore = ({ status, decidedBy }: Pick<MembershipView, 'status' | 'decidedBy'>): boolean =>
  status === 'suspended' && decidedBy?.startsWith('account:') === true;
