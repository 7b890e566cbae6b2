/** «Добавление компании для завершения регистрации»: юридическое лицо, ИП or физическое лицо, each with its numbers. */
import { isPersonInn, readInn, readOgrn, readOgrnip, readUnit } from '../../companies/identifiers';
import type { Problems } from '../../errors';
import type { Answers, ProfileKind } from '../registration';
import { accept, refuse, type Checked, type FieldGroup, type Told, type Typed } from './field-group';
import { checkName, NAME_INPUTS, nameRows, typedName } from './name';
import { typedUnit, UNIT_INPUTS, unitRows } from './unit';

const isEmpty = (typed: string): boolean => typed.trim() === '';

const NUMBERS: Record<ProfileKind, (typed: Typed) => Checked> = {
  legal: ({ inn = '', kpp = '', ogrn = '' }) => {
    const { unit, problems } = readUnit({ inn, kpp });
    const number = readOgrn(ogrn);
    // That a person has no КПП needs no saying then.
    const isPerson = isPersonInn(readInn(inn).value ?? '');
    const found: Problems = isPerson ? { inn: 'inn_legal' } : { ...problems };
    if (!isEmpty(ogrn) && number.problem) found.ogrn = number.problem;
    return { told: { unit, companyOgrn: number.value }, problems: found };
  },
  sole_proprietor: ({ inn = '', ogrn = '' }) => {
    const number = readInn(inn);
    const registered = readOgrnip(ogrn);
    const found: Problems = {};
    if (number.problem) found.inn = number.problem;
    else if (!isPersonInn(number.value)) found.inn = 'inn_sole_proprietor';
    if (registered.problem) found.ogrn = registered.problem;
    return {
      told: { unit: { inn: number.value ?? '', kpp: null }, companyOgrn: registered.value },
      problems: found,
    };
  },
  person: ({ inn = '' }) => {
    if (isEmpty(inn)) return accept({});
    const number = readInn(inn);
    const problem = number.problem ?? (isPersonInn(number.value) ? undefined : 'inn_person');
    return problem === undefined ? accept({ ownInn: number.value }) : refuse({ inn: problem });
  },
};

function isProfile(typed: string | undefined): typed is ProfileKind {
  return typed !== undefined && Object.hasOwn(NUMBERS, typed);
}

function checkProfile(typed: Typed): Checked {
  const person = checkName(typed, true);
  const { profile } = typed;
  if (!isProfile(profile))
    return { told: person.told, problems: { profile: 'profile_required', ...person.problems } };
  const numbers = NUMBERS[profile](typed);
  const told: Told = { ...person.told, ownInn: undefined, ...numbers.told, profile };
  return { told, problems: { ...numbers.problems, ...person.problems } };
}

const typedProfile = (answers: Answers): Record<string, string> => ({
  ...typedName(answers),
  ...typedUnit(answers),
  inn: answers.inn ?? answers.ownInn ?? '',
  ogrn: answers.company?.ogrn ?? '',
  profile: answers.profile ?? '',
});

export const profileFields: FieldGroup = {
  inputs: ['profile', ...NAME_INPUTS, ...UNIT_INPUTS, 'ogrn'],
  check: checkProfile,
  typedFrom: typedProfile,
  rows: (answers) => [
    { label: 'profile', value: `register.profile.${answers.profile ?? 'person'}`, isKey: true },
    ...unitRows(answers),
    ...nameRows(answers),
  ],
};
