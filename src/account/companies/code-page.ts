/** The page on which the code from a company's mail is typed: for adding the company, and for taking it off. */
import { maskEmail } from '../../accounts/email-address';
import {
  findCodedCompany,
  sendCompanyCode,
  tryCompanyCode,
  type CodedCompany,
  type CompanyCodePurpose,
} from '../../companies/memberships/own/company-codes';
import { findCompanyEmail } from '../../companies/memberships/own/company-email';
import { Refusal, type Problems } from '../../errors';
import { addressBlock } from '../../http/client-address';
import type { Context } from '../../http/context';
import { reserve } from '../../http/limits';
import { formPurpose, goTo, type AccountParts, type Visitor } from '../parts';

const HOUR = 3600;

/** Where each kind of code is typed; its id follows. */
export const CODE_PATHS: Readonly<Record<CompanyCodePurpose, string>> = {
  join_company: '/account/companies/join',
  leave_company: '/account/companies/leave',
};

/**
 * Sends a code and goes to its page. Mails to one company are counted over all people, so that nobody's mailbox is filled.
 * `absent`: nobody has recorded an address of the company.
 */
export async function sendCode(
  parts: AccountParts,
  ctx: Context,
  { accountId, name }: Visitor,
  purpose: CompanyCodePurpose,
  company: CodedCompany,
): Promise<'sent' | 'absent' | 'too_many_messages'> {
  const { unit, name: companyName, nameSource, ogrn } = company;
  const to = await findCompanyEmail(parts.db, unit);
  if (to === undefined) return 'absent';
  try {
    await reserve(parts.ephemeral, [
      { key: `company_code:account:${accountId}`, max: 5, window: HOUR },
      { key: `company_code:company:${unit.inn}:${unit.kpp ?? ''}`, max: 10, window: HOUR },
      { key: `company_code:${addressBlock(ctx.state.address)}`, max: 20, window: HOUR },
    ]);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'too_many_attempts') return 'too_many_messages';
    throw error;
  }
  const facts = { accountId, applicant: name, unit, companyName, nameSource, ogrn, purpose, to };
  const id = await sendCompanyCode(parts, { ...facts, locale: ctx.state.locale });
  goTo(ctx, `${CODE_PATHS[purpose]}/${id}`);
  return 'sent';
}

interface CodePage {
  id: string;
  purpose: CompanyCodePurpose;
  company: CodedCompany;
}

/** @throws Refusal not_found for a code that is none of this person's */
export async function codePageOf(
  parts: AccountParts,
  { accountId }: Visitor,
  purpose: CompanyCodePurpose,
  id: string,
): Promise<CodePage> {
  const company = await findCodedCompany(parts, { accountId, purpose, id });
  if (!company) throw new Refusal('not_found');
  return { id, purpose, company };
}

export async function showCodePage(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  { id, purpose, company }: CodePage,
  problems: Problems = {},
): Promise<void> {
  const email = await findCompanyEmail(parts.db, company.unit);
  parts.render(ctx, {
    view: 'account/companies-code',
    title: `account.companies.code.${purpose}`,
    problems,
    values: {
      person: visitor.name,
      company: company.name,
      masked: email === undefined ? '' : maskEmail(email),
      action: `${CODE_PATHS[purpose]}/${id}`,
      formToken: parts.forms.token(ctx, formPurpose(purpose, visitor)),
    },
  });
}

const CODE_PROBLEMS = {
  wrong: 'code_wrong',
  exhausted: 'company_code_exhausted',
  spent: 'company_code_over',
  unknown: 'company_code_over',
} as const;

/** True for the right code; else the page or a fresh code has been answered already. */
export async function readCode(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  page: CodePage,
): Promise<boolean> {
  const { purpose, id, company } = page;
  const form = parts.forms.read(ctx, formPurpose(purpose, visitor));
  if (form.action === 'resend') {
    const sent = await sendCode(parts, ctx, visitor, purpose, company);
    if (sent !== 'sent')
      await showCodePage(parts, ctx, visitor, page, { code: sent === 'absent' ? 'company_code_over' : sent });
    return false;
  }
  const code = form.code ?? '';
  const state =
    code.trim() === ''
      ? undefined
      : await tryCompanyCode(parts, { accountId: visitor.accountId, purpose, id, code });
  if (state === 'right') return true;
  await showCodePage(parts, ctx, visitor, page, {
    code: state === undefined ? 'company_code_required' : CODE_PROBLEMS[state],
  });
  return false;
}
