/**
 * Passwords that are guessed first (OWASP ASVS 5.0, 6.2.4 and 6.2.11), judged without asking anyone outside.
 *
 * Instead of a long list there are some 2,500 words and passwords and the habits by which people make passwords of them:
 * a year, a few digits or signs beside the word; a letter replaced by a digit; a Russian word typed on the
 * Latin layout or the other way round, or transliterated; and what needs no word: walks over the keyboard,
 * repetitions, dates. Together they spell out several hundred thousand passwords.
 */
import { COMMON_PASSWORDS, COMMON_WORDS } from './password-words';

/** So few characters beside a word do not make it a secret. */
const TRIVIAL_LENGTH = 4;
const MIN_WORD_LENGTH = 4;

const latinKeys = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const cyrillicKeys = 'ёйцукенгшщзхъфывапролджэячсмитьбю';

function charMap(from: string, to: string): Map<string, string> {
  return new Map([...from].map((char, index) => [char, to[index] ?? char]));
}

const onCyrillicLayout = charMap(latinKeys, cyrillicKeys);
const onLatinLayout = charMap(cyrillicKeys, latinKeys);
const disguises = [charMap('@4031!5$7', 'aaoeiisst'), charMap('@4031!5$7', 'aaoellsst')];
const latinSpelling = new Map(
  'а:a б:b в:v г:g д:d е:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:h ц:ts ч:ch ш:sh щ:sch ъ: ы:y ь: э:e ю:yu я:ya'
    .split(' ')
    .map((pair): [string, string] => [pair.slice(0, 1), pair.slice(2)]),
);

const replaceChars = (text: string, map: Map<string, string>): string =>
  Array.from(text, (char) => map.get(char) ?? char).join('');
const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll('ё', 'е');
const transliterate = (text: string): string => replaceChars(text, latinSpelling);
const withoutSigns = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '');

/** What a folded password may have been before it was typed; every form has the length of the first. */
function forms(text: string): string[] {
  return [
    text,
    replaceChars(text, onLatinLayout),
    replaceChars(text, onCyrillicLayout),
    ...disguises.map((map) => replaceChars(text, map)),
  ];
}

/** Neighbours in threes, both ways: rows, columns and the number pad, two alphabets. */
const threes = new Set<string>();
for (const line of [
  '012345678901234567890',
  '!@#$%^&*()_+',
  'qwertyuiop[]',
  "asdfghjkl;'",
  'zxcvbnm,./',
  'йцукенгшщзхъ',
  'фывапролджэ',
  'ячсмитьбю',
  'abcdefghijklmnopqrstuvwxyz',
  'абвгдежзийклмнопрстуфхцчшщъыьэюя',
  ...'147 258 369 159 357 13579 24680 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol 0p; 1йфя 2цыч 3увс 4кам 5епи'.split(
    ' ',
  ),
  ...'qaz wsx edc rfv tgb yhn ujm йфя цыч увс кам епи'.split(' '),
]) {
  for (const way of [line, [...line].reverse().join('')])
    for (let start = 0; start + 3 <= way.length; start++) threes.add(way.slice(start, start + 3));
}

/** How many characters belong to no walk or run of three. */
function strayLength(text: string): number {
  const covered = new Set<number>();
  for (let start = 0; start + 3 <= text.length; start++) {
    const three = text.slice(start, start + 3);
    if (!threes.has(three) && new Set(three).size > 1) continue;
    for (const index of [start, start + 1, start + 2]) covered.add(index);
  }
  return text.length - covered.size;
}

function isWalk(text: string): boolean {
  if (strayLength(text) <= 2) return true;
  const everySecond = (first: number): string => [...text].filter((_, index) => index % 2 === first).join('');
  // 1q2w3e4r: two walks in turn.
  return strayLength(everySecond(0)) + strayLength(everySecond(1)) <= 1;
}

/** Two characters only, or a piece of fewer than 8 over and over: as weak as the piece. */
function isRepetition(text: string): boolean {
  if (new Set(text).size <= 2) return true;
  for (let size = 1; size < 8 && size * 2 <= text.length; size++)
    if (
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length) === text
    )
      return true;
  return false;
}

const day = '(0[1-9]|[12]\\d|3[01])';
const month = '(0[1-9]|1[0-2])';
const year = '(19[3-9]\\d|20[0-4]\\d)';
const dates = new RegExp(
  `^(${year}|${day}${month}${year}|${month}${day}${year}|${year}${month}${day}|${day}${month}\\d\\d|(${year}){2})$`,
);

/** Whether `rest`, found beside a word, adds next to nothing: a few characters, a year, a date, 12345. */
function isTrivial(rest: string): boolean {
  const bare = withoutSigns(rest);
  if (rest.length - bare.length > TRIVIAL_LENGTH) return isRepetition(rest);
  return bare.length < TRIVIAL_LENGTH || dates.test(bare) || isWalk(bare) || isRepetition(bare);
}

const stems = [
  ...new Set([...COMMON_WORDS, ...COMMON_PASSWORDS].map(fold).flatMap((word) => [word, transliterate(word)])),
].filter((stem) => stem.length >= MIN_WORD_LENGTH);

/** An entry of the list with a trivial rest around it. One entry: a phrase of several words stays a phrase. */
function isDecoratedEntry(folded: string): boolean {
  return forms(folded).some((form) =>
    stems.some((stem) => {
      const at = form.indexOf(stem);
      return at >= 0 && isTrivial(folded.slice(0, at) + folded.slice(at + stem.length));
    }),
  );
}

/** Whether a password is among the first that anyone would try. */
export function isCommonPassword(password: string): boolean {
  const folded = fold(password);
  return (
    dates.test(withoutSigns(folded)) ||
    isRepetition(folded) ||
    forms(folded).some(isWalk) ||
    isDecoratedEntry(folded)
  );
}

/** What a text that others know of the person may look like inside a password. */
function spellings(text: string): string[] {
  const folded = fold(text);
  const digits = folded.replace(/\D/g, '');
  // A phone number is remembered with or without the country's and the city's code.
  const phone = digits.length >= 7 && !/\p{L}/u.test(folded) ? [digits.slice(-10), digits.slice(-7)] : [];
  const pieces = folded.split(/[^\p{L}\p{N}]+/u);
  const pairs = pieces.slice(1).map((piece, index) => `${pieces[index]}${piece}`);
  return [...pieces, ...pairs, withoutSigns(folded), ...phone]
    .flatMap((piece) => [piece, transliterate(piece)])
    .filter((piece) => [...piece].length >= MIN_WORD_LENGTH);
}

/** What is left of `text` when all `words` are taken out of any of its forms. */
function restWithout(text: string, words: readonly string[]): string {
  const taken = new Set<number>();
  for (const form of forms(text))
    for (const word of words)
      for (let at = form.indexOf(word); at >= 0; at = form.indexOf(word, at + 1))
        for (let index = at; index < at + word.length; index++) taken.add(index);
  return taken.size === 0
    ? text
    : Array.from({ length: text.length }, (_, index) => index)
        .filter((index) => !taken.has(index))
        .map((index) => text[index])
        .join('');
}

/** Whether a password is little more than words that others know of the person (ASVS 5.0, 6.2.11). */
export function isMostlyWords(password: string, words: readonly string[]): boolean {
  const known = [...new Set(words.flatMap(spellings))];
  const folded = fold(password);
  return [folded, withoutSigns(folded), transliterate(folded)].some((text) => {
    const rest = restWithout(text, known);
    return rest.length < text.length && isTrivial(rest);
  });
}

/** The Russian words of the list, and `more`, as they turn up in passwords: Cyrillic, in Latin spelling, on the Latin layout. */
export function russianGuesses(more: readonly string[]): string[] {
  const words = [...more, ...COMMON_WORDS, ...COMMON_PASSWORDS]
    .map(fold)
    .filter((word) => /[а-я]/.test(word));
  return [
    ...new Set(words.flatMap((word) => [word, transliterate(word), replaceChars(word, onLatinLayout)])),
  ];
}
