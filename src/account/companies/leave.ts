/** «Удалить»: with the code from the company's mail where it has one, else after a page that asks. */
import { maskEmail } from '../../accounts/email-address';
import type { MembershipView } from '../../companies/memberships/membership';
import { findCompanyEmail } from '../../companies/memberships/own/company-email';
import { leaveCompany, leavingNeedsCode } from '../../companies/memberships/own/leave-company';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { formPurpose, goTo, type AccountParts, type Visitor } from '../parts';
import { codePageOf, readCode, sendCode } from './code-page';
import { COMPANIES_PATH, listOwn, ownMembership } from './list';

export async function showLeave(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  number: string,
  problems: Problems = {},
): Promise<void> {
  const view = await ownMembership(parts, visitor, number);
  const email = await findCompanyEmail(parts.db, view);
  const own = await listOwn(parts.db, visitor.accountId);
  parts.render(ctx, {
    view: 'account/companies-remove',
    title: 'account.companies.remove_title',
    problems,
    values: {
      person: visitor.name,
      ...{ number: view.number, company: view.companyName, status: view.status, role: view.role },
      // Without any company the cabinets let nobody in.
      last: own.filter(({ status }) => status === 'approved').length === 1 && view.status === 'approved',
      masked: email !== undefined && leavingNeedsCode(view, email) ? maskEmail(email) : undefined,
      formToken: parts.forms.token(ctx, purposeOf(visitor, view)),
    },
  });
}

const purposeOf = (visitor: Visitor, { number }: MembershipView): string =>
  formPurpose(`remove_company:${number}`, visitor);

export async function postLeave(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  number: string,
): Promise<void> {
  const { accountId } = visitor;
  const own = await listOwn(parts.db, accountId);
  const view = own.find((one) => String(one.number) === number);
  if (!view) throw new Refusal('not_found');
  parts.forms.read(ctx, purposeOf(visitor, view));
  const result = await leaveCompany(parts, { accountId, number: view.number, confirmed: false });
  // Of two tabs the second finds it done.
  if (result !== 'code_required') return goTo(ctx, COMPANIES_PATH, 'left');
  const { inn, kpp, companyName: name, nameSource, ogrn } = view;
  const company = { unit: { inn, kpp }, name, nameSource, ogrn };
  const sent = await sendCode(parts, ctx, visitor, 'leave_company', company);
  if (sent === 'too_many_messages') await showLeave(parts, ctx, visitor, number, { form: sent });
  else if (sent === 'absent') goTo(ctx, `${COMPANIES_PATH}/${number}/remove`);
}

/** The code from the company's mail. */
export async function postLeaveCode(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  id: string,
): Promise<void> {
  const page = await codePageOf(parts, visitor, 'leave_company', id);
  if (!(await readCode(parts, ctx, visitor, page))) return;
  const { inn, kpp } = page.company.unit;
  const { accountId } = visitor;
  const own = await listOwn(parts.db, accountId);
  const view = own.find((one) => one.inn === inn && one.kpp === kpp);
  if (view) await leaveCompany(parts, { accountId, number: view.number, confirmed: true });
  goTo(ctx, COMPANIES_PATH, 'left');
}
