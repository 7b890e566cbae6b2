/** «Список компаний»: where the person stands, and what they may do about each. */
import { actForCompany } from '../../accounts/sessions/act-for';
import { mayAct, type MembershipView } from '../../companies/memberships/membership';
import { defaultOf, makeDefault } from '../../companies/memberships/own/default-company';
import { isStanding } from '../../companies/memberships/own/leave-company';
import { listMemberships } from '../../companies/memberships/store';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import { dayOf } from '../../http/pages/days';
import type { Queryable } from '../../storage/tables';
import { doneNote, formPurpose, goTo, type AccountParts, type Visitor } from '../parts';

export const COMPANIES_PATH = '/account/companies';
const MOST_SHOWN = 500;
const NOTES = ['applied', 'added', 'left', 'default', 'acting', 'standing', 'suspended'] as const;

/** What a person has to do with companies: of each the newest, those that stand first. */
export async function listOwn(db: Queryable, accountId: string): Promise<MembershipView[]> {
  const all = await listMemberships(db, { accountId, limit: MOST_SHOWN });
  const newest = new Map(all.map((view) => [view.companyId, view]));
  // A later application may have come to nothing while an earlier one stands.
  for (const view of all) if (isStanding(view)) newest.set(view.companyId, view);
  return [...newest.values()].sort((a, b) => Number(isStanding(b)) - Number(isStanding(a)));
}

/** @throws Refusal not_found for what is no membership of this person that stands */
export async function ownMembership(
  { db }: AccountParts,
  { accountId }: Visitor,
  number: string,
): Promise<MembershipView> {
  const own = await listOwn(db, accountId);
  const view = own.find((one) => String(one.number) === number && isStanding(one));
  if (!view) throw new Refusal('not_found');
  return view;
}

export async function showList(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const own = await listOwn(parts.db, visitor.accountId);
  const now = parts.clock.now();
  const preferred = defaultOf(own)?.id;
  const { locale } = ctx.state;
  parts.render(ctx, {
    view: 'account/companies',
    title: 'account.pages.companies',
    values: {
      person: visitor.name,
      done: doneNote(ctx, NOTES),
      several: own.filter(({ status }) => status === 'approved').length > 1,
      formToken: parts.forms.token(ctx, formPurpose('companies', visitor)),
      companies: own.map((view) => ({
        ...{ number: view.number, name: view.companyName, inn: view.inn, kpp: view.kpp },
        ...{ status: view.status, role: view.role, stands: isStanding(view) },
        mayAct: mayAct(view, now),
        until: mayAct(view, now) && view.canActUntil ? dayOf(view.canActUntil, locale) : undefined,
        asked: dayOf(view.requestedAt, locale),
        // What was said of one that came to nothing; why a membership rests or has ended, others say.
        declined: view.status === 'declined' ? { code: view.reasonCode, comment: view.reason } : undefined,
        preferred: view.id === preferred,
      })),
    },
  });
}

/** The buttons of the list: which company is offered first, and for which one the person acts from now on. */
export async function chooseOne(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('companies', visitor));
  const { accountId, sessionUid } = visitor;
  const view = await ownMembership(parts, visitor, form.number ?? '');
  if (view.status !== 'approved') throw new Refusal('not_found');
  if (form.choice === 'default') {
    if (!(await makeDefault(parts, { accountId, number: view.number }))) throw new Refusal('not_found');
    goTo(ctx, COMPANIES_PATH, 'default');
  } else if (form.choice === 'act') {
    await actForCompany(parts.db, { accountId, sessionUid, companyId: view.companyId });
    goTo(ctx, COMPANIES_PATH, 'acting');
  } else throw new Refusal('bad_request');
}
