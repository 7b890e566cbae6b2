/**
 * What a contact person sees and does of the applications to their companies. Who may decide, and what a decision
 * brings, is companies/memberships' matter; this folder owns the pages only.
 */
import { addSeconds } from '../clock';
import { approvalPolicy, type Decider } from '../companies/memberships/policy';
import type { Membership, MembershipView } from '../companies/memberships/membership';
import { findDecidable } from '../companies/memberships/queue';
import { findMembershipByNumber, listMemberships } from '../companies/memberships/store';
import {
  approveMembership,
  askForMore,
  declineMembership,
  type ApprovalResult,
  type DecisionTools,
  type SeenApplication,
} from '../companies/memberships/decide-membership';
import type { Queryable } from '../storage/tables';
import type { ReviewDecision } from './decision-form';

/** More companies than this nobody speaks for. */
const MOST_COMPANIES = 500;

/** The companies that somebody is a contact person of. */
export async function listOwnCompanies(db: Queryable, accountId: string): Promise<MembershipView[]> {
  const own = await listMemberships(db, { accountId, status: 'approved', limit: MOST_COMPANIES });
  return own.filter(({ role }) => role === 'contact');
}

/** Days that contact persons may look at what has ended. */
const ENDED_DAYS = 30;

const ENDED: readonly Membership['status'][] = ['declined', 'expired', 'revoked'];

/** True for what is over: then nobody needs to reach the person, or to read their papers. */
export const isOver = ({ status }: Pick<Membership, 'status'>): boolean => ENDED.includes(status);

/**
 * The application of this number if this contact person may see it: one that waits for them, or one to their company
 * that was decided meanwhile, and not long ago if it came to nothing. Never their own.
 */
export async function findForReview(
  db: Queryable,
  accountId: string,
  number: number,
  now: Date,
): Promise<MembershipView | undefined> {
  const waiting = await findDecidable(db, accountId, number);
  if (waiting) return waiting;
  const view = await findMembershipByNumber(db, number);
  if (!view || view.status === 'requested' || view.accountId === accountId) return undefined;
  const shownUntil = view.decidedAt && addSeconds(view.decidedAt, ENDED_DAYS * 24 * 3600);
  if (isOver(view) && (shownUntil === null || shownUntil <= now)) return undefined;
  if (!approvalPolicy(view.path).by.includes('contact')) return undefined;
  const own = await listOwnCompanies(db, accountId);
  return own.some(({ companyId }) => companyId === view.companyId) ? view : undefined;
}

/** A contact person as companies/memberships knows deciders. */
export const contactDecider = (accountId: string): Decider => ({
  kind: 'contact',
  actor: `account:${accountId}`,
  accountId,
});

/** Carries out what was chosen on the page. */
export function carryOut(
  tools: DecisionTools,
  seen: SeenApplication,
  decision: ReviewDecision,
  decider: Decider,
): Promise<ApprovalResult> {
  if (decision.kind === 'decline') return declineMembership(tools, { ...seen, ...decision }, decider);
  if (decision.kind === 'ask') return askForMore(tools, { ...seen, question: decision.question }, decider);
  const { role, canAct, acceptPower } = decision;
  return approveMembership(tools, { ...seen, role, canAct, acceptPower }, decider);
}

/** Who decided, as another contact person may know it. */
export type DecidedBy = { kind: 'you' | 'operator' | 'nobody' } | { kind: 'contact'; accountId: string };

export function decidedBy({ decidedBy: actor }: Pick<Membership, 'decidedBy'>, viewer: string): DecidedBy {
  if (actor === `account:${viewer}`) return { kind: 'you' };
  if (actor?.startsWith('account:')) return { kind: 'contact', accountId: actor.slice('account:'.length) };
  return { kind: actor?.startsWith('operator:') ? 'operator' : 'nobody' };
}
