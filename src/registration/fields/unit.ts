/** The company by ИНН and КПП, and its name where no directory has it. */
import { readUnit } from '../../companies/identifiers';
import type { Answers } from '../registration';
import type { FieldGroup, ReviewRow } from './field-group';

export const UNIT_INPUTS = ['inn', 'kpp', 'company_name'];

export function typedUnit({ inn = '', kpp, company }: Answers): Record<string, string> {
  return { inn, kpp: kpp ?? '', company_name: company?.source === 'person' ? company.name : '' };
}

export function unitRows({ inn = '', kpp, company }: Answers): ReviewRow[] {
  const numbers = [{ label: 'inn', value: inn }, ...(kpp ? [{ label: 'kpp', value: kpp }] : [])];
  return company ? [{ label: 'company', value: company.name }, ...numbers] : [];
}

export const unitFields: FieldGroup = {
  inputs: UNIT_INPUTS,
  check: ({ inn = '', kpp = '' }) => {
    const { unit, problems } = readUnit({ inn, kpp });
    return unit ? { told: { unit }, problems: {} } : { told: {}, problems: { ...problems } };
  },
  typedFrom: typedUnit,
  rows: unitRows,
};
