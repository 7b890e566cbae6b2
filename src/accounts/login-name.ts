/** Login names of one's own, as identifiers: how they are read, and which of them count as the same. */

export interface LoginName {
  /** As it was chosen, for showing. */
  value: string;
  /**
   * As it is compared: what looks alike on a screen is the same. It holds neither "@" nor "+", so it can equal
   * nobody's e-mail and nobody's phone.
   */
  canonical: string;
}

/** Two alphabets only, so that the list of look-alikes below can be complete. At least one letter: "79090000000" is a phone. */
const NAME = /^(?=.*\p{L})[a-zа-яё0-9][a-zа-яё0-9._-]{1,62}[a-zа-яё0-9]$/u;

/** Signs that look alike as small or as capital letters; the first of a row stands for all. */
const LOOK_ALIKES = 'aа bвь cс eеё hн il1 kк mм oо0 pр rг tт xх yу 3з'.split(' ');

const STANDS_FOR = new Map(
  LOOK_ALIKES.flatMap(([first = '', ...others]) => others.map((other): [string, string] => [other, first])),
);

/** Reads a login name of 3 to 64 Latin or Russian letters, digits, dots, dashes and underscores; undefined when it is none. */
export function parseLoginName(input: string): LoginName | undefined {
  if (input.length > 200) return undefined;
  const value = input.normalize('NFKC').trim();
  const plain = value.toLowerCase();
  if (!NAME.test(plain)) return undefined;
  return { value, canonical: Array.from(plain, (sign) => STANDS_FOR.get(sign) ?? sign).join('') };
}
