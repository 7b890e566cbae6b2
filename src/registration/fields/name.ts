/** «Фамилия, Имя, Отчество», or the first two alone. */
import { fullName, normalName } from '../../accounts/account';
import type { Problems } from '../../errors';
import type { Answers } from '../registration';
import type { Checked, FieldGroup, ReviewRow, Typed } from './field-group';

const MISSING = {
  family_name: 'family_name_required',
  given_name: 'given_name_required',
  middle_name: 'middle_name_required',
} as const;

/** @param middle how the patronymic is asked for; without it nobody has one */
export function checkName(typed: Typed, middle: boolean): Checked {
  const problems: Problems = {};
  const read = (input: keyof typeof MISSING): string => {
    const value = typed[input] ?? '';
    const normal = normalName(value);
    if (normal === undefined) problems[input] = value.trim() === '' ? MISSING[input] : 'name_letters';
    return normal ?? '';
  };
  const none = !middle || typed.no_middle_name === 'yes';
  const told = {
    familyName: read('family_name'),
    givenName: read('given_name'),
    middleName: none ? null : read('middle_name'),
  };
  return { told, problems };
}

export function typedName({ familyName, givenName, middleName }: Answers): Record<string, string> {
  return {
    family_name: familyName ?? '',
    given_name: givenName ?? '',
    middle_name: middleName ?? '',
    no_middle_name: middleName === null ? 'yes' : '',
  };
}

export function nameRows({ familyName, givenName, middleName = null }: Answers): ReviewRow[] {
  const value = fullName({ familyName: familyName ?? '', givenName: givenName ?? '', middleName });
  return [{ label: 'name', value }];
}

export const NAME_INPUTS = ['family_name', 'given_name', 'middle_name', 'no_middle_name'];

export const nameFields: FieldGroup = {
  inputs: NAME_INPUTS,
  check: (typed) => checkName(typed, true),
  typedFrom: typedName,
  rows: nameRows,
};

export const shortNameFields: FieldGroup = {
  inputs: ['family_name', 'given_name'],
  check: (typed) => checkName(typed, false),
  typedFrom: typedName,
  rows: nameRows,
};
