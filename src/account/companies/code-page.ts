/** The page on which the code from a company's mail is typed: for adding the company, and for taking it off. */
import { maskEmail } from '../../accounts/email-address';
import {
  findCompanyCode,
  sendCompanyCode,
  tryCompanyCode,
  type CodedCompany,
  type CompanyCodePurpose,
} from '../../companies/memberships/own/company-codes';
import { findCompanyEmail } from '../../companies/memberships/own/company-email';
import { Refusal, type Problems } from '../../errors';
import { addressBlock } from '../../http/client-address';
import type { Context } from '../../http/context';
import { counting } from '../../http/limits';
import { limited } from '../limited';
import { doneNote, formPurpose, goTo, type AccountParts, type Visitor } from '../parts';
import { RESEND_PAUSE, RESEND_SCRIPTS, resendWait, sendAgain, tellScript } from '../resend';

const HOUR = 3600;

/** Where each kind of code is typed; its id follows. */
export const CODE_PATHS: Readonly<Record<CompanyCodePurpose, string>> = {
  join_company: '/account/companies/join',
  leave_company: '/account/companies/leave',
};

const pathOf = ({ purpose, id }: { purpose: CompanyCodePurpose; id: string }): string =>
  `${CODE_PATHS[purpose]}/${id}`;

interface WantedCode {
  purpose: CompanyCodePurpose;
  company: CodedCompany;
  replaces?: string;
}

/**
 * Sends a code. Mails to one company are counted over all people, so that nobody's mailbox is filled.
 * @returns the page of the code; undefined where nobody has recorded an address of the company
 * @throws Refusal too_many_attempts
 */
async function send(
  parts: AccountParts,
  ctx: Context,
  { accountId, name }: Visitor,
  { purpose, company, replaces }: WantedCode,
): Promise<string | undefined> {
  const { unit, name: companyName, nameSource, ogrn } = company;
  const to = await findCompanyEmail(parts.db, unit);
  if (to === undefined) return undefined;
  const limits = [
    { key: `company_code:account:${accountId}`, max: 5, window: HOUR },
    { key: `company_code:company:${unit.inn}:${unit.kpp ?? ''}`, max: 10, window: HOUR },
    { key: `company_code:${addressBlock(ctx.state.address)}`, max: 20, window: HOUR },
  ];
  const facts = { accountId, applicant: name, unit, companyName, nameSource, ogrn, purpose, to, replaces };
  const id = await counting(parts.ephemeral, limits, () =>
    sendCompanyCode(parts, { ...facts, locale: ctx.state.locale }),
  );
  return pathOf({ purpose, id });
}

/** Sends a code and goes to its page. `absent`: nobody has recorded an address of the company. */
export async function sendCode(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  purpose: CompanyCodePurpose,
  company: CodedCompany,
): Promise<'sent' | 'absent' | 'too_many_messages'> {
  const sent: { page?: string } = {};
  const problem = await limited(ctx, async () => {
    sent.page = await send(parts, ctx, visitor, { purpose, company });
  });
  if (sent.page === undefined) return problem ?? 'absent';
  goTo(ctx, sent.page);
  return 'sent';
}

interface CodePage {
  id: string;
  purpose: CompanyCodePurpose;
  company: CodedCompany;
  sentAt: Date;
}

/** @throws Refusal not_found for a code that is none of this person's */
export async function codePageOf(
  parts: AccountParts,
  { accountId }: Visitor,
  purpose: CompanyCodePurpose,
  id: string,
): Promise<CodePage> {
  const sent = await findCompanyCode(parts, { accountId, purpose, id });
  if (!sent) throw new Refusal('not_found');
  return { id, purpose, ...sent };
}

export async function showCodePage(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  page: CodePage,
  { problems = {}, typed = '' }: { problems?: Problems; typed?: string } = {},
): Promise<void> {
  const { purpose, company } = page;
  const email = await findCompanyEmail(parts.db, company.unit);
  parts.render(ctx, {
    view: 'account/companies-code',
    title: `account.companies.code.${purpose}`,
    problems,
    form: { id: 'code-form', action: pathOf(page) },
    values: {
      person: visitor.name,
      company: company.name,
      masked: email === undefined ? '' : maskEmail(email),
      ...{ typed, sent: doneNote(ctx, ['sent']) !== undefined },
      wait: resendWait(page, parts.clock.now()),
      scripts: RESEND_SCRIPTS,
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
  const { purpose, id } = page;
  const { code = '', ...form } = parts.forms.read(ctx, formPurpose(purpose, visitor));
  const show = async (code?: string, typed?: string): Promise<false> => {
    await showCodePage(parts, ctx, visitor, page, { problems: code === undefined ? {} : { code }, typed });
    return false;
  };
  if (parts.locale.choose(ctx, form.lang)) return show(undefined, code);
  if (form.action === 'resend') {
    const problem = await resend(parts, ctx, visitor, page);
    return problem === undefined ? false : show(problem);
  }
  if (code.trim() === '') return show('company_code_required');
  const state = await tryCompanyCode(parts, { accountId: visitor.accountId, purpose, id, code });
  return state === 'right' || show(CODE_PROBLEMS[state]);
}

/** A fresh code has a page of its own. Undefined when that has been answered, or the page's script. */
async function resend(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  page: CodePage,
): Promise<string | undefined> {
  const { id: codeId, sentAt, purpose, company } = page;
  const sent: { page?: string } = {};
  const problem = await sendAgain(parts, ctx, { codeId, sentAt }, async () => {
    sent.page = await send(parts, ctx, visitor, { purpose, company, replaces: codeId });
  });
  const fresh = sent.page && `${sent.page}?done=sent`;
  const failed = fresh === undefined ? (problem ?? 'company_code_over') : undefined;
  const wait = failed === undefined ? RESEND_PAUSE : resendWait(page, parts.clock.now());
  if (tellScript(ctx, failed, wait, fresh)) return undefined;
  if (fresh !== undefined) goTo(ctx, fresh);
  return failed;
}
