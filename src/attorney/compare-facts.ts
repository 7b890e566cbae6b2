/** What a machine-readable power of attorney says, beside what the application says. Shown to the reviewer. */
import type { MchdFacts, MchdPerson } from './contents/mchd';

export interface Expected {
  inn: string;
  kpp: string | null;
  familyName: string;
  givenName: string;
  middleName: string | null;
}

export type FactField = 'inn' | 'kpp' | 'family_name' | 'given_name' | 'middle_name' | 'valid_until';

export interface Comparison {
  field: FactField;
  /** What the document says; empty when it says nothing. */
  said: string;
  /** What the application says; of the end, the day it is looked at. */
  expected: string;
  match: boolean;
}

const plain = (text: string): string =>
  text.normalize('NFC').toLowerCase().replaceAll('ё', 'е').replace(/\s+/g, ' ').trim();
const same = (left: string, right: string): boolean => plain(left) === plain(right);

/**
 * Field by field; letters' case and ё/е do not matter. Of several representatives the one who fits best is compared.
 * @param now the day (in Moscow) on which the document must still hold
 */
export function compareFacts(facts: MchdFacts, expected: Expected, now: Date): Comparison[] {
  const person = bestFit(facts.representatives, expected);
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Moscow' }).format(now);
  const row = (field: FactField, said: string, wanted: string): Comparison => ({
    field,
    said,
    expected: wanted,
    match: same(said, wanted),
  });
  return [
    row('inn', facts.principal.inn, expected.inn),
    // A sole proprietor has none.
    ...(facts.principal.kpp === null && expected.kpp === null
      ? []
      : [row('kpp', facts.principal.kpp ?? '', expected.kpp ?? '')]),
    row('family_name', person?.familyName ?? '', expected.familyName),
    row('given_name', person?.givenName ?? '', expected.givenName),
    row('middle_name', person?.middleName ?? '', expected.middleName ?? ''),
    {
      field: 'valid_until',
      said: facts.validUntil,
      expected: today,
      match: facts.validUntil >= today && facts.issuedOn <= today,
    },
  ];
}

function bestFit(people: readonly MchdPerson[], expected: Expected): MchdPerson | undefined {
  const score = (person: MchdPerson): number =>
    [
      same(person.familyName, expected.familyName),
      same(person.givenName, expected.givenName),
      same(person.middleName ?? '', expected.middleName ?? ''),
    ].filter(Boolean).length;
  return people.toSorted((left, right) => score(right) - score(left))[0];
}
