/**
 * Phone numbers as identifiers: however a person writes one, it becomes a single spelling (E.164) that is stored,
 * compared and counted. The only file that knows libphonenumber-js; `/max`, because the smaller sets of metadata
 * cannot tell a mobile from a landline.
 */
import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
  type NumberType,
} from 'libphonenumber-js/max';

export type PhoneCountry = CountryCode;

/** What can be told from the digits. `other`: mobile or landline, which some countries do not tell apart. */
export type PhoneType = 'mobile' | 'landline' | 'voip' | 'other';

export interface PhoneNumber {
  /** E.164: "+" and digits. */
  value: string;
  /** By the number, not by its calling code: +7 is Russia and Kazakhstan. */
  country: PhoneCountry;
  type: PhoneType;
}

export type PhoneProblem =
  /** No number that anybody could have. */
  | 'phone_invalid'
  /** A number with an extension belongs to a switchboard, not to a person. */
  | 'phone_extension'
  /** 8 800 and its like: calls are free, and nobody receives a message there. */
  | 'phone_toll_free'
  /** Paid services, pagers, voice mail: sending there costs and proves nothing. */
  | 'phone_not_personal';

/** Longer than any number with its brackets, spaces and extension. */
const MAX_TYPED = 60;
/** "+8 909 …": the domestic 8 after a plus. No country has the code 89. */
const MIXED_PREFIX = /^\+8(\d{10})$/;
/** Russian mobile codes (DEF 9xx); new ones appear faster than metadata is updated. */
const RUSSIAN_MOBILE = /^\+79\d{9}$/;

const TYPES: Partial<Record<NonNullable<NumberType>, PhoneType | PhoneProblem>> = {
  MOBILE: 'mobile',
  FIXED_LINE: 'landline',
  FIXED_LINE_OR_MOBILE: 'other',
  PERSONAL_NUMBER: 'other',
  VOIP: 'voip',
  TOLL_FREE: 'phone_toll_free',
};

const isProblem = (verdict: PhoneType | PhoneProblem): verdict is PhoneProblem =>
  verdict.startsWith('phone_');

/** Address books wrap numbers in invisible direction marks. */
const visible = (typed: string): string => typed.replace(/\p{Cf}/gu, '').trim();

function classify(typed: string, country: PhoneCountry): PhoneNumber | PhoneProblem {
  const parsed = parsePhoneNumberFromString(typed, { defaultCountry: country, extract: false });
  if (!parsed) return 'phone_invalid';
  const value: string = parsed.number;
  const known = parsed.isValid();
  if (!known && !RUSSIAN_MOBILE.test(value)) return 'phone_invalid';
  if (parsed.ext !== undefined) return 'phone_extension';
  const verdict = known ? (TYPES[parsed.getType() ?? 'PAGER'] ?? 'phone_not_personal') : 'mobile';
  if (isProblem(verdict)) return verdict;
  const where = known ? parsed.country : 'RU';
  // Satellite and other numbers of no country.
  return where === undefined ? 'phone_not_personal' : { value, country: where, type: verdict };
}

/**
 * Reads a number the way people type it: `8 909 …`, `+7 (909) …`, `+8909…`, `909…`, any spaces and dashes.
 * Letters, a second number and words around the number are refused. A number the metadata does not know is
 * refused too, unless it is a Russian mobile one.
 * @param country whose domestic way of writing is meant when no calling code is given.
 */
export function parsePhone(input: string, country: PhoneCountry = 'RU'): PhoneNumber | PhoneProblem {
  if (input.length > MAX_TYPED) return 'phone_invalid';
  const typed = visible(input);
  const result = classify(typed, country);
  if (result !== 'phone_invalid') return result;
  const mixed = MIXED_PREFIX.exec(typed.replace(/[^\p{L}\d+]/gu, ''));
  return mixed ? classify(`+7${mixed[1]}`, country) : result;
}

/** For showing: `+7 909 000-00-00`; numbers of other calling codes as their country groups them. */
export function formatPhone(value: string): string {
  const russian = /^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(value);
  if (russian) return `+7 ${russian[1]} ${russian[2]}-${russian[3]}-${russian[4]}`;
  return parsePhoneNumberFromString(value)?.formatInternational() ?? value;
}

/** `+7*18-23`: enough for the owner, little for anyone else. */
export function maskPhone(value: string): string {
  const code = parsePhoneNumberFromString(value)?.countryCallingCode ?? '';
  const [, tens = '', units = ''] = /(\d{2})(\d{2})$/.exec(value) ?? [];
  return `+${code}*${tens}-${units}`;
}

/** Whether a message with a code can be sent there: a mobile of this country, whose gateways we use. */
export function takesSms({ country, type }: PhoneNumber): boolean {
  return country === 'RU' && type === 'mobile';
}

/** What is kept of a phone beside its number. */
export function phoneFacts(value: string): { phoneType: PhoneType; phoneCountry: PhoneCountry } | undefined {
  const phone = parsePhone(value);
  return typeof phone === 'object' ? { phoneType: phone.type, phoneCountry: phone.country } : undefined;
}

/** Whether a code can be brought there by any message: landlines have none. */
export function takesCode(value: string): boolean {
  const phone = parsePhone(value);
  return typeof phone === 'object' && phone.type !== 'landline';
}

export interface CountryOption {
  country: PhoneCountry;
  /** `+7`. */
  code: string;
  name: string;
  flag: string;
}

const optionsByLanguage = new Map<string, readonly CountryOption[]>();

/** Every country with a calling code for a list on a page: Russia first, the others by name. */
export function countryOptions(language: 'ru' | 'en'): readonly CountryOption[] {
  const known = optionsByLanguage.get(language);
  if (known) return known;
  const names = new Intl.DisplayNames(language, { type: 'region' });
  const compare = new Intl.Collator(language).compare;
  const options = getCountries()
    .map((country) => ({
      country,
      code: `+${getCountryCallingCode(country)}`,
      name: names.of(country) ?? country,
      flag: flagOf(country),
    }))
    .sort((a, b) => Number(b.country === 'RU') - Number(a.country === 'RU') || compare(a.name, b.name));
  optionsByLanguage.set(language, options);
  return options;
}

/** Two regional indicators (Unicode TR 51 §1.4.1): a flag where the system has one, the letters elsewhere. */
function flagOf(country: PhoneCountry): string {
  return String.fromCodePoint(...Array.from(country, (letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
}

/** The country of a form's choice; Russia when it names none. */
export function readCountry(typed: string | undefined): PhoneCountry {
  return typed !== undefined && isSupportedCountry(typed) ? typed : 'RU';
}
