/** From the fields of a page to the answers: password, company or agency, and what was told before. */
import { findDirectoryRowByOgrn } from '../../companies/store';
import type { Problems } from '../../errors';
import type { Form } from '../../http/forms';
import { chooseCompany, isClosed, type CompanyChoice } from '../../companies/choose-company';
import { lookUp } from '../company/look-up';
import type { Told } from '../fields/field-group';
import { askedDocuments } from '../fields/agreements';
import { chosenPasswordProblems, contextWords } from '../fields/password';
import type { RegistrationParts } from '../parts';
import type { AnsweredConsent, Answers, FormStep } from '../registration';
import type { Turn } from './wizard-pages';

export interface FoundCompany extends CompanyChoice {
  /** Name of the agency, where the operator's table has its ОГРН. */
  agency?: string;
}

/** The password of a page that asks for one. One that was chosen before stays where both fields are left empty. */
export async function tellPassword(
  { passwordPolicy }: Pick<RegistrationParts, 'passwordPolicy'>,
  { registration, answers, path }: Turn,
  { fields }: FormStep,
  form: Form,
  data: Told | undefined,
): Promise<{ chosen?: string; problems: Problems }> {
  const { password = '', password_repeated: repeated = '' } = form;
  const kept = Boolean(registration.passwordHash) && password === '' && repeated === '';
  if (!fields.includes('password') || kept) return { problems: {} };
  const words = contextWords({ ...answers, ...data });
  const problems = await chosenPasswordProblems(passwordPolicy, { password, repeated }, path, words);
  return { chosen: password, problems };
}

/** Looks up what the numbers stand for. */
export async function tellCompany(
  parts: RegistrationParts,
  { ctx, registration }: Turn,
  { unit, companyOgrn, ogrn }: Told,
  typedName: string,
): Promise<FoundCompany> {
  if (ogrn !== undefined) return findAgency(parts, ogrn);
  if (!unit) return { problems: {} };
  const asker = { registration: registration.id, address: ctx.state.address };
  const choice = chooseCompany(await lookUp(parts, unit, asker), typedName);
  const { company } = choice;
  if (!company || companyOgrn === undefined) return choice;
  if (company.ogrn !== null && company.ogrn !== companyOgrn)
    return { ...choice, problems: { ogrn: 'ogrn_other' } };
  return { ...choice, company: { ...company, ogrn: companyOgrn } };
}

async function findAgency({ db }: RegistrationParts, ogrn: string): Promise<FoundCompany> {
  const row = await findDirectoryRowByOgrn(db, ogrn);
  if (row && isClosed(row.status)) return { problems: { customer_ogrn: 'company_closed' } };
  return { agency: row?.name, problems: {} };
}

/** Whether nothing is missing: numbers of a company need the company. */
export const isFullyTold = ({ unit }: Told, { company }: CompanyChoice): boolean =>
  unit === undefined || company !== undefined;

/** What was told before with what was told now; consents of this page replace those it gave earlier. */
export function mergeAnswers(
  before: Answers | undefined,
  { name, fields }: FormStep,
  { data, choice, agreed }: { data: Told; choice: FoundCompany; agreed: AnsweredConsent[] },
): Answers {
  const { unit, companyOgrn: _given, ...told } = data;
  const asked = askedDocuments(fields);
  const asksCompany = fields.includes('unit') || fields.includes('profile');
  const others = (before?.consents ?? []).filter(({ document }) => !asked.includes(document));
  return {
    ...before,
    ...told,
    ...(asksCompany ? { inn: unit?.inn, kpp: unit?.kpp, company: choice.company } : {}),
    ...(fields.includes('customer') ? { agency: choice.agency } : {}),
    consents: [...others, ...agreed],
    told: [...new Set([...(before?.told ?? []), name])],
  };
}
