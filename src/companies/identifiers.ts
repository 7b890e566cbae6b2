/**
 * Numbers of companies and sole proprietors: what people type, and whether it can be right. Pure rules; whether a
 * number was ever given to anybody is for the directories to say.
 *
 * Formats are those of the Federal Tax Service's XML schemas; КПП: order ММВ-7-6/435@ of 29.06.2012.
 */

export type InnProblem = 'inn_required' | 'inn_digits' | 'inn_length' | 'inn_prefix' | 'inn_checksum';
export type KppProblem = 'kpp_required' | 'kpp_length' | 'kpp_prefix' | 'kpp_format' | 'kpp_not_for_person';
export type OgrnProblem = 'ogrn_required' | 'ogrn_digits' | 'ogrn_length' | 'ogrn_prefix' | 'ogrn_checksum';

/** The number as it is kept, or why there is none. */
export type Reading<Problem extends string> =
  { value: string; problem?: undefined } | { value?: undefined; problem: Problem };

/** A company is told by its ИНН, its unit (head or branch) by ИНН and КПП; a person has no КПП. */
export interface CompanyUnit {
  inn: string;
  kpp: string | null;
}

const LONGEST_INPUT = 64;

/** Capital Cyrillic letters that look like Latin ones. */
const LOOKALIKES: Record<string, string> = {
  А: 'A',
  В: 'B',
  Е: 'E',
  К: 'K',
  М: 'M',
  Н: 'H',
  О: 'O',
  Р: 'P',
  С: 'C',
  Т: 'T',
  Х: 'X',
};

/** Without spaces, dashes and invisible characters; full-width characters become plain ones. */
function bare(typed: string): string {
  return typed
    .slice(0, LONGEST_INPUT)
    .normalize('NFKC')
    .replace(/[\s\p{Cf}\p{Pd}\u2212]/gu, '');
}

/** A letter O of either alphabet, where only digits can stand, is a zero. */
const asDigits = (text: string): string => text.replace(/[OoОо]/g, '0');

const ONLY_DIGITS = /^[0-9]+$/;
const TAX_OFFICE = /^(?:[0-9][1-9]|[1-9][0-9])/;

const COMPANY_WEIGHTS = [2, 4, 10, 3, 5, 9, 4, 6, 8];
const PERSON_WEIGHTS = [
  [7, 2, 4, 10, 3, 5, 9, 4, 6, 8],
  [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8],
];

/** The digit behind the weighted ones is their sum mod 11 mod 10. */
function innDigitHolds(inn: string, weights: readonly number[]): boolean {
  const sum = weights.reduce((total, weight, index) => total + weight * Number(inn[index]), 0);
  return (sum % 11) % 10 === Number(inn[weights.length]);
}

function innHolds(inn: string): boolean {
  const weights = inn.length === 10 ? [COMPANY_WEIGHTS] : PERSON_WEIGHTS;
  return weights.every((row) => innDigitHolds(inn, row));
}

/** True for the ИНН of a person (12 digits): a sole proprietor, who has no КПП. */
export const isPersonInn = (inn: string): boolean => inn.length === 12;

/** Reads an ИНН of 10 digits (companies) or 12 (persons). */
export function readInn(typed: string): Reading<InnProblem> {
  const value = asDigits(bare(typed));
  if (value === '') return { problem: 'inn_required' };
  if (!ONLY_DIGITS.test(value)) return { problem: 'inn_digits' };
  if (value.length !== 10 && value.length !== 12) return { problem: 'inn_length' };
  // All zeros would pass the sum.
  if (!TAX_OFFICE.test(value)) return { problem: 'inn_prefix' };
  return innHolds(value) ? { value } : { problem: 'inn_checksum' };
}

const KPP_LENGTH = 9;
const KPP = /^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$/;

/** Places 5 and 6, the reason of registration, may hold capital Latin letters; the others hold digits. */
function kppSign(sign: string, index: number): string {
  return index === 4 || index === 5 ? (LOOKALIKES[sign] ?? sign) : asDigits(sign);
}

/** Reads a КПП. It has no check digit; small letters are not allowed in it. */
export function readKpp(typed: string): Reading<KppProblem> {
  const value = Array.from(bare(typed), kppSign).join('');
  if (value === '') return { problem: 'kpp_required' };
  if (value.length !== KPP_LENGTH) return { problem: 'kpp_length' };
  if (!KPP.test(value)) return { problem: 'kpp_format' };
  return TAX_OFFICE.test(value) ? { value } : { problem: 'kpp_prefix' };
}

/** True for the second КПП that a company has as one of the largest taxpayers: `99` in front, reason 50. */
export const isLargestTaxpayerKpp = (kpp: string): boolean => /^99..50/.test(kpp);

interface OgrnShape {
  length: number;
  first: RegExp;
  modulus: number;
}

function readRegistryNumber(typed: string, { length, first, modulus }: OgrnShape): Reading<OgrnProblem> {
  const value = asDigits(bare(typed));
  if (value === '') return { problem: 'ogrn_required' };
  if (!ONLY_DIGITS.test(value)) return { problem: 'ogrn_digits' };
  if (value.length !== length) return { problem: 'ogrn_length' };
  // Two digits of the year stand before those of the region, which is never 00.
  if (!first.test(value) || value.slice(3, 5) === '00') return { problem: 'ogrn_prefix' };
  // At most 14 digits: exact as a number.
  const rest = Number(value.slice(0, -1)) % modulus;
  return rest % 10 === Number(value.at(-1)) ? { value } : { problem: 'ogrn_checksum' };
}

/** Reads the ОГРН of a company, 13 digits. */
export const readOgrn = (typed: string): Reading<OgrnProblem> =>
  readRegistryNumber(typed, { length: 13, first: /^[15]/, modulus: 11 });

/** Reads the ОГРНИП of a sole proprietor, 15 digits. */
export const readOgrnip = (typed: string): Reading<OgrnProblem> =>
  readRegistryNumber(typed, { length: 15, first: /^3/, modulus: 13 });

export interface UnitProblems {
  inn?: InnProblem;
  kpp?: KppProblem;
}

/**
 * Reads ИНН and КПП together: a company needs its КПП, a person has none.
 * @param typed.kpp empty where none was given.
 * @param options.headIfNoKpp a company without КПП is taken for its head office.
 */
export function readUnit(
  typed: { inn: string; kpp: string },
  options: { headIfNoKpp?: boolean } = {},
): { unit: CompanyUnit; problems?: undefined } | { unit?: undefined; problems: UnitProblems } {
  const inn = readInn(typed.inn);
  const kpp = readKpp(typed.kpp);
  const noKpp = kpp.problem === 'kpp_required';
  if (inn.problem)
    return { problems: { inn: inn.problem, ...(kpp.problem && !noKpp ? { kpp: kpp.problem } : {}) } };
  if (isPersonInn(inn.value))
    return noKpp ? { unit: { inn: inn.value, kpp: null } } : { problems: { kpp: 'kpp_not_for_person' } };
  if (noKpp && options.headIfNoKpp) return { unit: { inn: inn.value, kpp: null } };
  return kpp.problem ? { problems: { kpp: kpp.problem } } : { unit: { inn: inn.value, kpp: kpp.value } };
}
