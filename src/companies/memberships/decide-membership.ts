/**
 * Deciding applications: approving, declining, asking for more. A decision names the version of the application that
 * its reviewer saw, so of any number of decisions at once one holds. Who may decide is asked in the same transaction
 * that makes the change, writes the audit row and mails the person.
 */
import { settlePower } from '../../attorney/settle-power';
import { recordEvent } from '../../audit/store';
import { isUniqueViolation } from '../../storage/postgres';
import type { Database, Queryable } from '../../storage/tables';
import { grantMembership, GrantRefused, isForOperators, type Grant, type GrantFault } from './grant';
import { applicationWords, tellPerson, type MailTools } from './mails';
import type { DeclineReason, MembershipView } from './membership';
import { approvalPolicy, type ApprovalPolicy, type Decider } from './policy';
import { changeWaiting, holdContact, holdTogether, insertVote, lockApplication } from './queue';
import { decideApplication, findMembershipByNumber } from './store';

export interface DecisionTools extends MailTools {
  db: Database;
  /** Absent: the policies of the paths as they stand. */
  policyOf?: (path: string) => ApprovalPolicy;
}

/** The application as the reviewer saw it. */
export interface SeenApplication {
  number: number;
  version: number;
}

export type Approval = SeenApplication & Grant;

export interface Declining extends SeenApplication {
  reasonCode: DeclineReason;
  /** The person reads it; `other` needs one. */
  comment: string | null;
}

export interface Question extends SeenApplication {
  /** The person reads it. */
  question: string;
}

/**
 * `stale`: decided already, or changed since the reviewer looked. `not_allowed`: this reviewer may not decide this
 * application, or not in this way. `voted`: noted, but its policy wants more people to say yes.
 */
export type DecisionResult = 'done' | 'voted' | 'stale' | 'absent' | 'not_allowed';

export type ApprovalResult = DecisionResult | GrantFault;

type Act<Result> = (trx: Queryable, view: MembershipView, at: Date) => Promise<Result>;

/** Holds the application and asks whether this reviewer may decide it, before anything is done about it. */
async function review<Result>(
  tools: DecisionTools,
  seen: SeenApplication,
  decider: Decider,
  act: Act<Result>,
): Promise<Result | 'absent' | 'not_allowed' | 'stale'> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const view = await holdReviewed(trx, seen.number, decider);
    if (!view) return 'absent';
    if (!(await mayDecide(trx, view, decider, policyFor(tools, view)))) return 'not_allowed';
    if (view.status !== 'requested' || view.version !== seen.version) return 'stale';
    return act(trx, view, at);
  });
}

/** The application, and with it the membership by which a contact person speaks for the company. */
export async function holdReviewed(
  trx: Queryable,
  number: number,
  { accountId }: Decider,
): Promise<MembershipView | undefined> {
  const found = accountId === undefined ? undefined : await findMembershipByNumber(trx, number);
  if (found && accountId !== undefined)
    await holdTogether(trx, found.companyId, [found.accountId, accountId]);
  return lockApplication(trx, number);
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

const policyFor = ({ policyOf = approvalPolicy }: DecisionTools, { path }: MembershipView): ApprovalPolicy =>
  policyOf(path);

const subjectOf = ({ accountId }: MembershipView): string => `account:${accountId}`;

/** Lets the person in. A contact person may not say which company it is, what it is called, or whose an old login is. */
export async function approveMembership(
  tools: DecisionTools,
  { number, version, ...grant }: Approval,
  decider: Decider,
): Promise<ApprovalResult> {
  if (decider.kind === 'contact' && isForOperators(grant)) return 'not_allowed';
  try {
    return await review(tools, { number, version }, decider, async (trx, view, at) => {
      if (!(await haveEnoughSaidYes(trx, tools, view, decider, at))) return 'voted';
      await grantMembership(trx, tools, { view, grant, decider, at });
      return 'done';
    });
  } catch (error) {
    if (error instanceof GrantRefused) return error.fault;
    if (isUniqueViolation(error, 'memberships_standing')) return 'standing';
    throw error;
  }
}

async function haveEnoughSaidYes(
  trx: Queryable,
  tools: DecisionTools,
  view: MembershipView,
  { actor }: Decider,
  at: Date,
): Promise<boolean> {
  const { approvals } = policyFor(tools, view);
  if (approvals < 2) return true;
  const votes = await insertVote(trx, view, actor, at);
  if (votes >= approvals) return true;
  const details = { number: view.number, version: view.version, votes, needed: approvals };
  await recordEvent(trx, { event: 'membership_voted', actor, subject: subjectOf(view), details }, at);
  return false;
}

/** Turns the application down, and a power of attorney with it; one no is enough. */
export function declineMembership(
  tools: DecisionTools,
  { reasonCode, comment, ...seen }: Declining,
  decider: Decider,
): Promise<DecisionResult> {
  const { actor } = decider;
  return review<'done'>(tools, seen, decider, async (trx, view, at) => {
    const decision = { status: 'declined', reasonCode, reason: comment, decidedBy: actor } as const;
    await decideApplication(trx, view, decision, at);
    await settlePower(trx, { membershipId: view.id, accepted: false }, actor, at);
    const { number, inn, kpp, companyName: company } = view;
    const details = { number, inn, kpp, reason: reasonCode, comment, by: decider.kind };
    await recordEvent(trx, { event: 'membership_declined', actor, subject: subjectOf(view), details }, at);
    const values = { company, reasonCode, comment: comment ?? '', ...applicationWords(view) };
    await tellPerson(trx, tools, view, { template: 'application_declined', values });
    return 'done';
  });
}

/** Asks the person; the application goes on waiting, as another version, and nobody is reminded until they answer. */
export function askForMore(
  tools: DecisionTools,
  { question, ...seen }: Question,
  decider: Decider,
): Promise<DecisionResult> {
  const { actor } = decider;
  return review<'done'>(tools, seen, decider, async (trx, view, at) => {
    await changeWaiting(trx, view.id, { question, remindAt: null });
    const details = { number: view.number, question };
    await recordEvent(trx, { event: 'membership_questioned', actor, subject: subjectOf(view), details }, at);
    const values = { company: view.companyName, question, ...applicationWords(view) };
    await tellPerson(trx, tools, view, { template: 'application_question', values });
    return 'done';
  });
}
