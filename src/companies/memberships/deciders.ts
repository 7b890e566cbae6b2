/** Who may decide an application: never the applicant, and only whom the policy of its path lets. */
import type { Queryable } from '../../storage/tables';
import type { MembershipView } from './membership';
import type { ApprovalPolicy, DeciderKind } from './policy';
import { holdContact } from './queue';

export interface Decider {
  kind: DeciderKind;
  /** As the audit trail names people. */
  actor: string;
  /** Of a contact person; the command line knows its operators by name only. */
  accountId?: string;
}

/** Asked inside the transaction that decides: a contact person who is dismissed meanwhile waits for it, or is too late. */
export async function mayDecide(
  trx: Queryable,
  view: MembershipView,
  decider: Decider,
  policy: ApprovalPolicy,
): Promise<boolean> {
  const { kind, accountId } = decider;
  if (accountId === view.accountId || !policy.by.includes(kind)) return false;
  if (kind === 'operator') return true;
  return accountId !== undefined && holdContact(trx, accountId, view.companyId);
}
