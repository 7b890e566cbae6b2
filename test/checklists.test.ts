/** The checklists of docs/checklists name files and tests that there are, and leave out no requirement and no attack. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Section → its last requirement of level 1 or 2; they are numbered from 1 without a gap. */
const ASVS_SECTIONS: Record<string, number> = {
  ...{ '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1 },
  ...{ '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2 },
  ...{ '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3 },
  ...{ '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5, '6.6': 3, '6.8': 4 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2 },
  ...{ '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1 },
  ...{ '9.1': 3, '9.2': 4 },
  ...{ '10.1': 2, '10.2': 2, '10.3': 4, '10.4': 11, '10.5': 5, '10.6': 2, '10.7': 3 },
  ...{ '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3 },
};
const ASVS_LEVEL_3 = [
  ...['2.3.5', '2.4.2', '3.3.5', '3.4.7', '3.4.8', '3.5.8', '5.2.4', '5.2.6', '6.3.5', '6.3.7', '6.3.8'],
  ...['6.4.6', '8.3.2', '8.4.2', '10.4.12', '10.4.13', '10.4.14', '10.4.16', '16.5.4'],
];

/** Sections of RFC 9700 that ask for something. */
const RFC_9700 = [
  ...['2.1', '2.1.1', '2.1.2', '2.2.1', '2.2.2', '2.3', '2.4', '2.5', '2.6'],
  ...['4.1.3', '4.2.4', '4.3.1', '4.3.2', '4.4.2', '4.5.3', '4.6', '4.7', '4.8.2', '4.9.1', '4.9.2'],
  ...['4.10.1', '4.10.2', '4.11.1', '4.11.2', '4.12', '4.13', '4.14.2', '4.15', '4.16', '4.17'],
];

interface Row {
  requirement: string;
  where: string;
  /** The tests, or why there is none. */
  by: string;
}

const documents = { asvs: read('docs/checklists/asvs.md'), rfc9700: read('docs/checklists/rfc9700.md') };

const rowsOf = (text: string): Row[] =>
  text
    .split('\n')
    .filter((line) => /^\| (?:\*\*)?\d+\.\d/.test(line))
    .map((line) => {
      const cells = line.slice(2, -2).split(' | ');
      const [requirement = '', , where = '', by = ''] = cells.map((cell) => cell.trim());
      return { requirement: requirement.replaceAll('*', ''), where, by };
    });

const FILE = /`((?:src|test|docs|views|config|deploy|examples)\/[^`\s]+)`/;

const filesOf = ({ where, by }: Row): string[] =>
  [...`${where} ${by}`.matchAll(new RegExp(FILE, 'g'))].map(([, path = '']) => path);

/** What stands in quotes behind a file, with the file. */
function quotesOf({ by }: Row): { path: string; words: string }[] {
  const [, ...parts] = by.split(FILE);
  const quotes: { path: string; words: string }[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const [path = '', behind = ''] = parts.slice(index);
    for (const [, words = ''] of behind.matchAll(/"([^"]+)"/g)) quotes.push({ path, words });
  }
  return quotes;
}

const OPEN = ['not met', 'in part', 'no test'] as const;

/** The worst that a row says of itself. */
function openness({ where, by }: Row): (typeof OPEN)[number] | undefined {
  const text = `${where} ${by}`.toLowerCase();
  return OPEN.find((word) => text.includes(`**${word}**`));
}

/** The numbers that the list above the tables gives. */
function listed(text: string, word: string): string[] {
  const [, numbers = ''] = new RegExp(`^- ${word}: (.*)\\.$`, 'im').exec(text) ?? [];
  return numbers === 'none' ? [] : numbers.split(', ');
}

describe.each(Object.entries(documents))('docs/checklists/%s.md', (_name, text) => {
  const rows = rowsOf(text);

  test('names files that there are', () => {
    expect(rows.flatMap(filesOf).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('quotes what stands in the tests', () => {
    const wrong = rows.flatMap(quotesOf).filter(({ path, words }) => !read(path).includes(words));
    expect(wrong).toEqual([]);
  });

  test('says where and by which test each is held, or why not', () => {
    expect(rows.filter(({ where, by }) => !where || !by)).toEqual([]);
  });

  test.each(OPEN)('lists above the tables what is %s', (word) => {
    const open = rows.filter((row) => openness(row) === word).map(({ requirement }) => requirement);
    expect(listed(text, word)).toEqual(open);
  });
});

test('every requirement of ASVS has one row', () => {
  const levels = Object.entries(ASVS_SECTIONS).flatMap(([section, last]) =>
    Array.from({ length: last }, (_, index) => `${section}.${index + 1}`),
  );
  const numbers = rowsOf(documents.asvs).map(({ requirement }) => requirement);
  expect(numbers.toSorted()).toEqual([...levels, ...ASVS_LEVEL_3].toSorted());
});

test('every section of RFC 9700 that asks for something has its rows', () => {
  const numbers = rowsOf(documents.rfc9700).map(({ requirement }) => requirement);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect([...new Set(numbers.map((number) => number.replace(/ [a-z]$/, '')))]).toEqual(RFC_9700);
});

describe('docs/checklists/attacks.md', () => {
  /** Number of the attack → the files of its tests. */
  const said = new Map(
    read('docs/checklists/attacks.md')
      .split('\n')
      .filter((line) => /^\| \d/.test(line))
      .map((line) => {
        const cells = line.slice(2, -2).split(' | ');
        const files = [...(cells[3] ?? '').matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);
        return [Number(cells[0]), files] as const;
      }),
  );
  /** The same, from the names of the tests: comments do not count. */
  const named = new Map<number, Set<string>>();
  for (const path of globSync('test/**/*.test.ts', { cwd: root }))
    for (const line of read(path).split('\n'))
      if (!/^\s*(?:\/?\*|\/\/)/.test(line))
        for (const [, number] of line.matchAll(/\battack (\d+)\b/g))
          named.set(Number(number), (named.get(Number(number)) ?? new Set<string>()).add(path));

  test('has every attack, with every file whose tests carry its number, and no other', () => {
    const sorted = (entries: Iterable<readonly [number, Iterable<string>]>) =>
      [...entries].map(([number, files]) => `${number}: ${[...files].sort().join(', ')}`).sort();
    expect(sorted(said)).toEqual(sorted(named));
    expect(said.size).toBe(69);
  });
});
