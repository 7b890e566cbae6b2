/** «Подать заявку ещё раз»: a further application of somebody whose last one came to nothing. */
import { chooseCompany } from '../../companies/choose-company';
import { readUnit } from '../../companies/identifiers';
import { applyAgain } from '../../companies/memberships/request';
import type { Problems } from '../../errors';
import { lookUp } from '../company/look-up';
import type { RegistrationParts } from '../parts';
import { readWords } from './application';

export interface TypedApplication {
  inn: string;
  kpp: string;
  companyName: string;
  comment: string;
}

type Fields = Readonly<Record<string, string | undefined>>;

const LONGEST = 200;

export function readApplication(form: Fields): TypedApplication {
  const text = (name: string): string => (form[name] ?? '').slice(0, LONGEST);
  return {
    inn: text('inn'),
    kpp: text('kpp'),
    companyName: text('company_name'),
    comment: readWords(form.comment),
  };
}

export interface ApplicationProblems {
  problems: Problems;
  /** No directory has the company, so the page asks for its name. */
  askName?: boolean;
}

/** Sends it in; undefined when it was, or when one waits already. @param address the client's network address */
export async function sendApplication(
  parts: RegistrationParts,
  accountId: string,
  typed: TypedApplication,
  address: string,
): Promise<ApplicationProblems | undefined> {
  const { unit, problems } = readUnit({ inn: typed.inn, kpp: typed.kpp });
  if (!unit) return { problems: { ...problems } };
  const lookup = await lookUp(parts, unit, { registration: accountId, address });
  const { company, askName, problems: unknown } = chooseCompany(lookup, typed.companyName);
  if (!company) return { problems: unknown, askName };
  const naming = { name: company.name, nameSource: company.source, ogrn: company.ogrn };
  const request = { accountId, unit, naming, answer: typed.comment || null };
  const { outcome } = await applyAgain(parts, request, `account:${accountId}`);
  return outcome === 'too_many' ? { problems: { form: 'applied_too_often' } } : undefined;
}
