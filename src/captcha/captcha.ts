/**
 * The captcha port: what a page asks of any provider, and how a typed answer is understood. Owns the
 * challenge from its making to its one use. Does not own how many a visitor may ask for (the flow's limits),
 * nor when one is asked for at all.
 *
 * A provider is one file of `providers/` and one line in its list. One with a widget of its own (a script
 * and a token field) adds its kind to `Challenge` and answers `check` from its own fields of the form.
 */

export type CaptchaPurpose = 'sign_in' | 'register' | 'recovery';

export type CaptchaLanguage = 'ru' | 'en';

/** Where a challenge is good. It exists nowhere else, so nobody can spend or look at another's. */
export interface CaptchaBinding {
  purpose: CaptchaPurpose;
  /** Opaque id kept in a cookie of the browser. */
  browser: string;
  /** Uid of the interaction, or '' outside of one. */
  context: string;
}

/** What the page draws. */
export type Challenge = { kind: 'none' } | { kind: 'picture'; id: string };

/** The submitted form, by field name. Local challenges read `CAPTCHA_FIELDS`. */
export type CaptchaForm = Record<string, string | undefined>;

export const CAPTCHA_FIELDS = { id: 'captcha_id', answer: 'captcha' } as const;

/** Every method throws `Refusal('store_unavailable')` while the store is away: no answer means no entry. */
export interface Captcha {
  /** Makes a challenge for this page. «Обновить» is simply another one. */
  issue(binding: CaptchaBinding): Promise<Challenge>;
  /** The PNG of a live challenge, the same bytes each time; undefined when unknown, spent, over or another's. */
  picture(id: string, binding: CaptchaBinding): Promise<Buffer | undefined>;
  /** The same digits spoken: a WAV, the same bytes each time in one language; undefined as for `picture`. */
  audio(id: string, binding: CaptchaBinding, language: CaptchaLanguage): Promise<Buffer | undefined>;
  /** Spends the challenge whatever the answer. True only for the right answer, the right binding, the first use. */
  check(binding: CaptchaBinding, form: CaptchaForm): Promise<boolean>;
}

/** Seconds a challenge lives: long enough to fill in a form with it. */
export const CHALLENGE_TTL = 600;

/** 100,000 answers; five digits are what one keeps in mind at a glance. */
export const ANSWER_LENGTH = 5;

/** Letters of both alphabets that people type for a digit, or that a keyboard layout puts in its place. */
const LOOKALIKES: Record<string, string> = {
  O: '0',
  О: '0',
  I: '1',
  L: '1',
  '|': '1',
  Z: '2',
  З: '3',
  Ч: '4',
  S: '5',
  Б: '6',
  B: '8',
  В: '8',
};

const LONGEST_INPUT = 64;

/** The digits that a person meant: spaces, dashes and dots do not count, look-alike letters do. Undefined when it is no answer. */
export function normaliseAnswer(typed: string): string | undefined {
  if (typed.length > LONGEST_INPUT) return undefined;
  const bare = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Cf}\p{Pd}.,_]/gu, '');
  const digits = Array.from(bare, (sign) => LOOKALIKES[sign] ?? sign).join('');
  return new RegExp(`^[0-9]{${ANSWER_LENGTH}}$`).test(digits) ? digits : undefined;
}
