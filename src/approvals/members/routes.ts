import type Router from 'koa-router';
import { fullName } from '../../accounts/account';
import { changeAsContact, isMember, mayRestore } from '../../companies/memberships/change-as-contact';
import type { MailTools } from '../../companies/memberships/mails';
import {
  MEMBERSHIP_CHANGES,
  mayAct,
  type MembershipChange,
  type MembershipView,
} from '../../companies/memberships/membership';
import { findMembershipByNumber, listMemberships } from '../../companies/memberships/store';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Sessions } from '../../http/sessions';
import { LONGEST_TEXT, plainText } from '../decision-form';
import { showNotContact, type PageParts } from '../pages';
import { listOwnCompanies } from '../review';
import { numberOf, reviewerOf, type Reviewer } from '../visitor';

const PATH = '/approvals/members';
/** Of one company and state. */
const MOST_SHOWN = 500;

export interface MembersParts extends PageParts, MailTools {
  clock: PageParts['clock'];
  router: Router;
  sessions: Sessions;
}

/** `/approvals/members`: who is a member of one's company, and the end of somebody's access. */
export function addMembersRoutes(parts: MembersParts): void {
  const { router } = parts;
  router.get(PATH, (async (ctx: Context) => {
    const reviewer = await reviewerOf(parts, ctx, PATH);
    if (reviewer) await showMembers(parts, ctx, reviewer);
  }) as Router.IMiddleware);
  router.get(`${PATH}/:number`, (async (ctx: Context) => {
    const reviewer = await reviewerOf(parts, ctx, `${PATH}/${numberOf(ctx)}`);
    if (reviewer) showMember(parts, ctx, reviewer, await memberOf(parts, ctx, reviewer));
  }) as Router.IMiddleware);
  router.post(`${PATH}/:number`, (async (ctx: Context) => {
    const reviewer = await reviewerOf(parts, ctx, `${PATH}/${numberOf(ctx)}`);
    if (reviewer) await change(parts, ctx, reviewer);
  }) as Router.IMiddleware);
}

async function showMembers(parts: MembersParts, ctx: Context, reviewer: Reviewer): Promise<void> {
  const own = await listOwnCompanies(parts.db, reviewer.accountId);
  if (own.length === 0) return showNotContact(parts, ctx, reviewer);
  const now = parts.clock.now();
  const companies = await Promise.all(
    own.map(async ({ companyName, inn, kpp }) => {
      const list = (status: 'approved' | 'suspended') =>
        listMemberships(parts.db, { unit: { inn, kpp }, status, limit: MOST_SHOWN });
      const members = [...(await list('approved')), ...(await list('suspended'))];
      return {
        name: companyName,
        members: members.map((view) => ({
          ...view,
          name: fullName(view),
          you: view.accountId === reviewer.accountId,
          mayAct: mayAct(view, now),
        })),
      };
    }),
  );
  parts.render(ctx, {
    view: 'approvals/members',
    title: 'approvals.members.title',
    values: { person: reviewer.name, companies, done: await justDone(parts, ctx, reviewer) },
  });
}

/** What the address says was done to whom; only where it is so may the page say it. */
async function justDone({ db }: MembersParts, ctx: Context, reviewer: Reviewer) {
  const number = Number(ctx.query.number);
  if (!Number.isInteger(number) || number < 1 || number > 999_999_999) return undefined;
  const view = await findMembershipByNumber(db, number);
  if (view?.decidedBy !== `account:${reviewer.accountId}` || view.status !== ctx.query.done) return undefined;
  const told = ['approved', 'suspended', 'revoked'].includes(view.status);
  return told ? { state: view.status, name: fullName(view) } : undefined;
}

/** @throws Refusal not_found for who is no member of this person's companies, and for themselves */
async function memberOf(
  { db }: MembersParts,
  ctx: Context,
  { accountId }: Reviewer,
): Promise<MembershipView> {
  const view = await findMembershipByNumber(db, numberOf(ctx));
  if (!view || !isMember(view) || view.accountId === accountId) throw new Refusal('not_found');
  const own = await listOwnCompanies(db, accountId);
  if (!own.some(({ companyId }) => companyId === view.companyId)) throw new Refusal('not_found');
  return view;
}

const purposeOf = ({ accountId }: Reviewer, number: number): string => `member:${accountId}:${number}`;

function showMember(
  parts: MembersParts,
  ctx: Context,
  reviewer: Reviewer,
  view: MembershipView,
  {
    problems = {},
    reason = '',
    stale = false,
  }: { problems?: Problems; reason?: string; stale?: boolean } = {},
): void {
  parts.render(ctx, {
    view: 'approvals/member',
    title: 'approvals.members.change',
    status: stale ? 409 : undefined,
    problems,
    values: {
      person: reviewer.name,
      stale,
      reason,
      longest: LONGEST_TEXT,
      member: {
        ...view,
        name: fullName(view),
        mayAct: mayAct(view, parts.clock.now()),
        mayRestore: mayRestore(view),
      },
      formToken: parts.forms.token(ctx, purposeOf(reviewer, view.number)),
    },
  });
}

async function change(parts: MembersParts, ctx: Context, reviewer: Reviewer): Promise<void> {
  const number = numberOf(ctx);
  const form = parts.forms.read(ctx, purposeOf(reviewer, number));
  const view = await memberOf(parts, ctx, reviewer);
  const kind = (Object.keys(MEMBERSHIP_CHANGES) as MembershipChange[]).find((name) => name === form.change);
  const version = Number(form.version);
  if (!kind || !Number.isInteger(version)) throw new Refusal('bad_request');
  const reason = plainText(form.reason);
  if (reason === '') {
    showMember(parts, ctx, reviewer, view, { problems: { reason: 'change_reason_required' } });
    return;
  }
  const result = await changeAsContact(parts, { number, version, kind, reason }, reviewer.accountId);
  if (result === 'absent') throw new Refusal('not_found');
  if (result === 'stale') {
    showMember(parts, ctx, reviewer, await memberOf(parts, ctx, reviewer), { reason, stale: true });
    return;
  }
  ctx.status = 303;
  ctx.redirect(`${PATH}?done=${MEMBERSHIP_CHANGES[kind].to}&number=${number}`);
}
