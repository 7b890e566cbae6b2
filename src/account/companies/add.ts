/** «Добавить компанию»: by its numbers with an application or a code from its mail, or by an activation code. */
import { maskEmail } from '../../accounts/email-address';
import { applyAgain } from '../../companies/memberships/request';
import { findCompanyEmail } from '../../companies/memberships/own/company-email';
import { joinByMail, mayJoinByCode } from '../../companies/memberships/own/join-by-mail';
import { activateCompany } from '../../contracts/activate-company';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { formPurpose, goTo, type AccountParts, type Visitor } from '../parts';
import { limitGuesses } from '../guesses';
import { codePageOf, readCode, sendCode } from './code-page';
import { findUnit, type FoundUnit } from './find-unit';
import { COMPANIES_PATH, listOwn } from './list';

const LONGEST_COMMENT = 500;
const PATH = `${COMPANIES_PATH}/add`;

interface AddState {
  problems?: Problems;
  form?: Form;
  /** No directory has the company, so the page asks for its name. */
  askName?: boolean;
  /** The company is known; now how to get into it. */
  found?: FoundUnit;
  minutes?: number;
}

export async function showAdd(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  { problems = {}, form = {}, askName = false, found, minutes }: AddState = {},
): Promise<void> {
  const byCode = found !== undefined && (await mayJoinByCode(parts.db, visitor.accountId));
  const email = byCode ? await findCompanyEmail(parts.db, found.unit) : undefined;
  parts.render(ctx, {
    view: found ? 'account/companies-ways' : 'account/companies-add',
    title: 'account.companies.add',
    problems,
    form: { id: found ? 'apply' : 'add', action: PATH },
    status: minutes === undefined ? undefined : 429,
    values: {
      person: visitor.name,
      ...{ typed: form, askName, minutes },
      company: found && { ...found.unit, name: found.naming.name },
      masked: email === undefined ? undefined : maskEmail(email),
      formToken: parts.forms.token(ctx, formPurpose('add_company', visitor)),
    },
  });
}

/** What was sent, with how to show it again. */
interface Sent {
  parts: AccountParts;
  ctx: Context;
  visitor: Visitor;
  form: Form;
  again(state: Omit<AddState, 'form'>): Promise<void>;
}

/** One form after the other: the numbers first, or an activation code beside them; then the way. */
export async function postAdd(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('add_company', visitor));
  const sent: Sent = {
    ...{ parts, ctx, visitor, form },
    again: (state) => showAdd(parts, ctx, visitor, { ...state, form }),
  };
  const language = parts.locale.choose(ctx, form.lang);
  if (language && form.found !== 'yes') return sent.again({ askName: form.company_name !== undefined });
  if (!language && wantsActivation(form)) return activate(sent);
  const { found, ...rest } = await findUnit(parts, ctx, visitor, form);
  if (!found) return sent.again(rest);
  const standing = await standingProblem(parts, visitor, found);
  if (standing) return sent.again({ problems: { inn: standing } });
  if (form.way === 'code' && !language) return byMail(sent, found);
  if (form.way === 'apply' && !language) return apply(sent, found);
  return sent.again({ found });
}

/** By its button, or by Enter in its field: that sends no button. */
function wantsActivation({ way, inn, kpp, activation_code: code }: Form): boolean {
  return way === 'activation' || (way === undefined && Boolean(code?.trim()) && !inn?.trim() && !kpp?.trim());
}

async function standingProblem(
  { db }: AccountParts,
  { accountId }: Visitor,
  { unit }: FoundUnit,
): Promise<string | undefined> {
  const own = await listOwn(db, accountId);
  const status = own.find(({ inn, kpp }) => inn === unit.inn && kpp === unit.kpp)?.status;
  if (status === 'approved') return 'company_standing';
  return status === 'suspended' ? 'company_suspended' : undefined;
}

async function apply({ parts, ctx, visitor, form, again }: Sent, found: FoundUnit): Promise<void> {
  const answer = (form.comment ?? '').normalize('NFC').trim().slice(0, LONGEST_COMMENT);
  const { accountId } = visitor;
  const request = { accountId, ...found, answer: answer === '' ? null : answer };
  const { outcome } = await applyAgain(parts, request, `account:${accountId}`);
  if (outcome === 'done') return goTo(ctx, COMPANIES_PATH, 'applied');
  const problem = outcome === 'too_many' ? 'applied_too_often' : 'application_waits';
  return again({ problems: { form: problem }, found });
}

async function byMail({ parts, ctx, visitor, again }: Sent, found: FoundUnit): Promise<void> {
  const { unit, naming } = found;
  const sent = (await mayJoinByCode(parts.db, visitor.accountId))
    ? await sendCode(parts, ctx, visitor, 'join_company', { unit, ...naming })
    : 'absent';
  if (sent === 'sent') return;
  const problem = sent === 'absent' ? 'company_mail_absent' : sent;
  await again({ problems: { form: problem }, found });
}

/** The code from the company's mail. */
export async function postJoin(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  id: string,
): Promise<void> {
  const page = await codePageOf(parts, visitor, 'join_company', id);
  if (!(await readCode(parts, ctx, visitor, page))) return;
  const outcome = await joinByMail(parts, visitor.accountId, page.company);
  goTo(ctx, COMPANIES_PATH, outcome === 'done' ? 'added' : outcome);
}

const ACTIVATION_PROBLEMS = {
  wrong: 'activation_code_wrong',
  standing: 'company_standing',
  suspended: 'company_suspended',
} as const;

async function activate({ parts, ctx, visitor, form, again }: Sent): Promise<void> {
  const refuse = (problem: string, minutes?: number) =>
    again({ problems: { activation_code: problem }, minutes });
  const code = form.activation_code ?? '';
  if (code.trim() === '') return refuse('activation_code_required');
  const guess = await limitGuesses(parts, ctx, visitor);
  if (guess.minutes !== undefined) return refuse('too_many_guesses', guess.minutes);
  const { accountId } = visitor;
  const { outcome } = await activateCompany(parts, { accountId, code }, `account:${accountId}`);
  if (outcome !== 'wrong') await guess.release();
  return outcome === 'done' ? goTo(ctx, COMPANIES_PATH, 'added') : refuse(ACTIVATION_PROBLEMS[outcome]);
}
