/**
 * Deciding applications: approving, declining, asking for more. A decision names the version of the application that
 * its reviewer saw, so of any number of decisions at once one holds. Who may decide is asked in the same transaction
 * that makes the change, writes the audit row and mails the person.
 */
import { recordEvent } from '../../audit/store';
import { isUniqueViolation } from '../../storage/postgres';
import type { Database, Queryable } from '../../storage/tables';
import type { CompanyUnit } from '../identifiers';
import { findDirectoryRow } from '../store';
import { mayDecide, type Decider } from './deciders';
import { tellAppointed, tellPerson, type MailTools } from './mails';
import type { Company, DeclineReason, MembershipRole, MembershipView } from './membership';
import { approvalPolicy, type ApprovalPolicy } from './policy';
import { changeWaiting, insertVote, lockApplication } from './queue';
import {
  decideApplication,
  ensureCompany,
  findCompanyByUnit,
  findMembership,
  renameCompany,
  type Decision,
} from './store';

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

export interface Approval extends SeenApplication {
  role: MembershipRole;
  canAct: boolean;
  /** End of the right to act; absent or null: none. */
  canActUntil?: Date | null;
  /** The company's right name, where the person had typed it. Operators only. */
  companyName?: string;
  /** The company that is meant, where the person gave the numbers of another. Operators only. */
  joinCompany?: CompanyUnit;
}

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

/** `company_unknown`: no directory row and no company of these numbers. `standing`: they are in that company already. */
export type ApprovalResult = DecisionResult | 'company_unknown' | 'standing';

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
    const view = await lockApplication(trx, seen.number);
    if (!view) return 'absent';
    if (!(await mayDecide(trx, view, decider, policyFor(tools, view)))) return 'not_allowed';
    if (view.status !== 'requested' || view.version !== seen.version) return 'stale';
    return act(trx, view, at);
  });
}

const policyFor = ({ policyOf = approvalPolicy }: DecisionTools, { path }: MembershipView): ApprovalPolicy =>
  policyOf(path);

const subjectOf = ({ accountId }: MembershipView): string => `account:${accountId}`;

/** Lets the person in. A contact person may not say which company it is, nor what it is called. */
export async function approveMembership(
  tools: DecisionTools,
  approval: Approval,
  decider: Decider,
): Promise<ApprovalResult> {
  const { companyName, joinCompany } = approval;
  const correctsCompany = companyName !== undefined || joinCompany !== undefined;
  if (decider.kind === 'contact' && correctsCompany) return 'not_allowed';
  try {
    return await review(tools, approval, decider, async (trx, view, at) => {
      const company = joinCompany && (await companyToJoin(trx, joinCompany, at));
      if (joinCompany && !company) return 'company_unknown';
      if (!(await haveEnoughSaidYes(trx, tools, view, decider, at))) return 'voted';
      return approve(trx, tools, { view, approval, company, decider, at });
    });
  } catch (error) {
    if (isUniqueViolation(error, 'memberships_standing')) return 'standing';
    throw error;
  }
}

async function companyToJoin(trx: Queryable, unit: CompanyUnit, at: Date): Promise<Company | undefined> {
  const known = await findCompanyByUnit(trx, unit);
  const row = known ? undefined : await findDirectoryRow(trx, unit);
  if (!row) return known;
  const { inn, kpp, name, ogrn } = row;
  return ensureCompany(trx, { inn, kpp }, { name, nameSource: 'directory', ogrn }, at);
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

interface Approving {
  view: MembershipView;
  approval: Approval;
  company: Company | undefined;
  decider: Decider;
  at: Date;
}

async function approve(
  trx: Queryable,
  tools: DecisionTools,
  { view, approval, company, decider, at }: Approving,
): Promise<'done'> {
  const { role, canAct, canActUntil = null, companyName } = approval;
  const companyId = company?.id ?? view.companyId;
  const rights = { role, canAct, canActUntil: canAct ? canActUntil : null };
  const approved = await settle(
    trx,
    view,
    { status: 'approved', ...rights, companyId, reason: null, decidedBy: decider.actor },
    at,
  );
  if (companyName !== undefined) await renameCompany(trx, companyId, companyName, at);
  const now = companyName === undefined ? approved : { ...approved, companyName };
  await recordEvent(
    trx,
    {
      event: 'membership_approved',
      actor: decider.actor,
      subject: subjectOf(view),
      details: {
        ...{ number: now.number, inn: now.inn, kpp: now.kpp, role, can_act: canAct, by: decider.kind },
        ...(rights.canActUntil && { can_act_until: rights.canActUntil.toISOString() }),
        ...(companyName !== undefined && { company_name: companyName }),
        ...(companyId !== view.companyId && { asked_for: [view.inn, view.kpp ?? ''] }),
      },
    },
    at,
  );
  const values = { company: now.companyName };
  await tellPerson(trx, tools, now, { template: 'application_approved', values });
  if (role === 'contact') await tellAppointed(trx, tools, now);
  return 'done';
}

/** Turns the application down; one no is enough. */
export function declineMembership(
  tools: DecisionTools,
  { reasonCode, comment, ...seen }: Declining,
  decider: Decider,
): Promise<DecisionResult> {
  const { actor } = decider;
  return review<'done'>(tools, seen, decider, async (trx, view, at) => {
    const decision = { status: 'declined', reasonCode, reason: comment, decidedBy: actor } as const;
    await settle(trx, view, decision, at);
    const { number, inn, kpp, companyName: company } = view;
    const details = { number, inn, kpp, reason: reasonCode, comment, by: decider.kind };
    await recordEvent(trx, { event: 'membership_declined', actor, subject: subjectOf(view), details }, at);
    const values = { company, reasonCode, comment: comment ?? '' };
    await tellPerson(trx, tools, view, { template: 'application_declined', values });
    return 'done';
  });
}

async function settle(
  trx: Queryable,
  view: MembershipView,
  decision: Decision,
  at: Date,
): Promise<MembershipView> {
  const decided = await decideApplication(trx, view, decision, at);
  const settled = decided && (await findMembership(trx, decided.id));
  if (!settled) throw new Error('an application that was held has changed');
  return settled;
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
    const values = { company: view.companyName, question };
    await tellPerson(trx, tools, view, { template: 'application_question', values });
    return 'done';
  });
}
