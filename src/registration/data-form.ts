/** «1 / 3 Данные пользователя»: what was typed becomes answers, or problems beside the fields. */
import { normalName } from '../accounts/account';
import { parseEmail } from '../accounts/email-address';
import { parsePhone } from '../accounts/phone-number';
import { readUnit, type CompanyUnit } from '../companies/identifiers';
import type { Problems } from '../errors';

/** The fields as they were typed, to be shown again. */
export interface TypedData {
  familyName: string;
  givenName: string;
  middleName: string;
  noMiddleName: boolean;
  phone: string;
  email: string;
  inn: string;
  kpp: string;
  companyName: string;
  terms: boolean;
  personalData: boolean;
}

export interface CheckedData {
  familyName: string;
  givenName: string;
  middleName: string | null;
  phone: string;
  email: string;
  unit: CompanyUnit;
}

type Fields = Readonly<Record<string, string | undefined>>;

const LONGEST = 200;

const MISSING_NAME = {
  family_name: 'family_name_required',
  given_name: 'given_name_required',
  middle_name: 'middle_name_required',
} as const;

export function readTyped(form: Fields): TypedData {
  const text = (name: string): string => (form[name] ?? '').slice(0, LONGEST);
  return {
    familyName: text('family_name'),
    givenName: text('given_name'),
    middleName: text('middle_name'),
    noMiddleName: form.no_middle_name === 'yes',
    phone: text('phone'),
    email: text('email'),
    inn: text('inn'),
    kpp: text('kpp'),
    companyName: text('company_name'),
    terms: form.terms === 'yes',
    personalData: form.personal_data === 'yes',
  };
}

/** Checks all fields together. The company is looked up only after these are sound. */
export function checkTyped(typed: TypedData): { data?: CheckedData; problems: Problems } {
  const problems: Problems = {};
  const name = (field: keyof typeof MISSING_NAME, value: string): string => {
    const normal = normalName(value);
    if (normal === undefined) problems[field] = value.trim() === '' ? MISSING_NAME[field] : 'name_letters';
    return normal ?? '';
  };
  const familyName = name('family_name', typed.familyName);
  const givenName = name('given_name', typed.givenName);
  const middleName = typed.noMiddleName ? null : name('middle_name', typed.middleName);
  const phone = parsePhone(typed.phone);
  if (typed.phone.trim() === '') problems.phone = 'phone_required';
  else if (typeof phone === 'string') problems.phone = phone;
  else if (phone.type === 'landline') problems.phone = 'phone_landline';
  const email = parseEmail(typed.email);
  if (!email) problems.email = typed.email.trim() === '' ? 'email_required' : 'email_invalid';
  const { unit, problems: numbers } = readUnit({ inn: typed.inn, kpp: typed.kpp });
  Object.assign(problems, numbers);
  if (!typed.terms) problems.terms = 'terms_required';
  if (!typed.personalData) problems.personal_data = 'personal_data_required';
  if (Object.keys(problems).length > 0 || !unit || !email || typeof phone === 'string') return { problems };
  return {
    data: { familyName, givenName, middleName, phone: phone.value, email: email.value, unit },
    problems,
  };
}
