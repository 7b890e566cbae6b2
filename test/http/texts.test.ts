import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of all texts, in order, as the file has them: JSON.parse would silently keep the last of two. */
function keysOf(locale: string): string[] {
  const path: string[] = [];
  const keys: string[] = [];
  const file = readFileSync(join(__dirname, '..', '..', 'views', 'texts', `${locale}.json`), 'utf8');
  for (const [, indent = '', key = ''] of file.matchAll(/^( +)"((?:[^"\\]|\\.)+)":/gm)) {
    path.length = indent.length / 2 - 1;
    path.push(key);
    keys.push(path.join('.'));
  }
  return keys;
}

/** Russian counts in more forms than English. */
const withoutForm = (key: string): string => key.replace(/_(one|few|many|other)$/, '');

it.each(['ru', 'en'])('every text is said once in %s', (locale) => {
  const keys = keysOf(locale);
  expect(keys.length).toBeGreaterThan(500);
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
});

it('both languages say the same things', () => {
  const [russian, english] = ['ru', 'en'].map((locale) =>
    [...new Set(keysOf(locale).map(withoutForm))].sort(),
  );
  expect(english).toEqual(russian);
});
