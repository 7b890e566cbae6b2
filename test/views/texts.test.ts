/** Every text that a page asks for exists, in every language, and takes the same values. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSALS } from '../../src/errors';
import { LOCALES } from '../../src/http/context';

const VIEWS = join(__dirname, '..', '..', 'views');
const SOURCES = join(__dirname, '..', '..', 'src');

type Tree = { [key: string]: Tree | string };

function flatten(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flatten(value, `${prefix}${key}.`),
  );
}

const texts = (locale: string): Map<string, string> =>
  new Map(flatten(JSON.parse(readFileSync(join(VIEWS, 'texts', `${locale}.json`), 'utf8')) as Tree));

function files(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.startsWith('messages'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

const matches = (sources: string[], pattern: RegExp): string[] => [
  ...new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, found = '']) => found))),
];

const russian = texts('ru');

it.each(LOCALES)('%s says everything that Russian says, with the same values in it', (locale) => {
  const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();
  const shape = (of: Map<string, string>) =>
    [...of].map(([key, text]) => `${key} ${values(text).join()}`).sort();
  expect(shape(texts(locale))).toEqual(shape(russian));
  expect([...texts(locale)].filter(([, text]) => text.trim() === '')).toEqual([]);
});

it('has every text that a page names', () => {
  const views = files(VIEWS, '.ejs');
  const named = matches(views, /\bt\(\s*['`]([\w.]+)['`]/g);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((key) => !russian.has(key))).toEqual([]);
  // Of a name that is put together, the part before the hole must lead somewhere.
  const families = matches(views, /\bt\(\s*`([\w.]+)\.\$\{/g);
  expect(families).toContain('problem');
  const empty = families.filter((family) => ![...russian.keys()].some((key) => key.startsWith(`${family}.`)));
  expect(empty).toEqual([]);
});

it('has the title of every page', () => {
  const titles = matches(files(SOURCES, '.ts'), /title: '([a-z_]+\.[\w.]+)'/g);
  expect(titles).toContain('sign_in.title');
  expect(titles.filter((key) => !russian.has(key))).toEqual([]);
});

it.each([...Object.keys(REFUSALS), 'fault', 'oidc'])('explains %s', (code) => {
  expect(russian.get(`refusal.${code}.title`)).toBeTruthy();
  expect(russian.get(`refusal.${code}.text`)).toBeTruthy();
});

it('has a text for every problem that a form can have', () => {
  const sources = files(SOURCES, '.ts').join('\n');
  const unused = [...russian.keys()]
    .filter((key) => key.startsWith('problem.'))
    .filter((key) => !sources.includes(`'${key.slice('problem.'.length)}'`));
  expect(unused).toEqual([]);
});
