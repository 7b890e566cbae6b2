/** A file of companies: what each line says. */
import { COMPANY_STATUSES, type CompanyStatus } from '../company';
import type { Encoding, Separator } from './csv';
import { readTable, type FileFault, type TableRow } from './table-file';
import { parseEmail } from '../../accounts/email-address';
import { isPersonInn, readOgrn, readOgrnip, readUnit } from '../identifiers';
import type { InnProblem, KppProblem, OgrnProblem } from '../identifiers';
import type { DirectoryEntry } from '../store';

const COLUMNS = {
  inn: ['инн', 'inn'],
  kpp: ['кпп', 'kpp'],
  ogrn: ['огрн', 'огрнип', 'огрн/огрнип', 'огрн огрнип', 'огрн (огрнип)', 'ogrn', 'ogrnip'],
  name: [
    'наименование',
    'краткое наименование',
    'наименование краткое',
    'сокращенное наименование',
    'наименование сокращенное',
    'name',
    'short name',
  ],
  fullName: ['полное наименование', 'наименование полное', 'full name'],
  address: ['адрес', 'юридический адрес', 'адрес юридический', 'address'],
  status: ['статус', 'состояние', 'status'],
  email: ['электронная почта', 'эл. почта', 'e-mail', 'email'],
} as const;

type Column = keyof typeof COLUMNS;

export type LineProblem =
  | InnProblem
  | KppProblem
  | OgrnProblem
  | 'name_required'
  | 'name_length'
  | 'status'
  | 'email'
  | 'columns'
  | 'quote';

export interface RefusedLine {
  /** From 1, as a text editor counts. */
  line: number;
  problem: LineProblem;
  /** What stands there. */
  value: string;
}

export interface CompanyFile {
  encoding: Encoding;
  separator: Separator;
  /** One for each unit; of several lines about the same unit the first. */
  entries: DirectoryEntry[];
  duplicates: number;
  refused: RefusedLine[];
}

/** Reads a whole file. Lines that cannot be used are told apart, each with its first reason. */
export function readCompanyFile(bytes: Uint8Array): CompanyFile | { fault: FileFault } {
  const entries: DirectoryEntry[] = [];
  const refused: RefusedLine[] = [];
  let duplicates = 0;
  const seen = new Set<string>();
  const isEnough = (has: (column: Column) => boolean): boolean =>
    has('inn') && (has('name') || has('fullName'));
  const table = readTable(bytes, { columns: COLUMNS, isEnough }, (row) => {
    const read = readRow(row);
    if ('problem' in read) refused.push({ line: row.line, ...read });
    else if (seen.size === seen.add(`${read.inn} ${read.kpp ?? ''}`).size) duplicates += 1;
    else entries.push(read);
  });
  if ('fault' in table) return table;
  const { encoding, separator, unread } = table;
  refused.push(...unread.map((line): RefusedLine => ({ line, problem: 'quote', value: '"' })));
  refused.sort((a, b) => a.line - b.line);
  return { encoding, separator, entries, duplicates, refused };
}

type Refusal = Omit<RefusedLine, 'line'>;

const MAX_VALUE = 60;
const refusal = (problem: LineProblem, value: string): Refusal => ({
  problem,
  value: value.slice(0, MAX_VALUE),
});

function readRow({ cell: standing, has, surplus }: TableRow<Column>): DirectoryEntry | Refusal {
  if (surplus !== undefined) return refusal('columns', surplus);
  const cell = (column: Column): string => tidy(standing(column));
  const typed = { inn: cell('inn'), kpp: cell('kpp') };
  const { unit, problems } = readUnit(typed);
  if (problems) {
    if (problems.inn) return refusal(problems.inn, typed.inn);
    return refusal(problems.kpp ?? 'kpp_format', typed.kpp);
  }
  const person = isPersonInn(unit.inn);
  const ogrn = (person ? readOgrnip : readOgrn)(cell('ogrn'));
  if (ogrn.problem && ogrn.problem !== 'ogrn_required') return refusal(ogrn.problem, cell('ogrn'));
  const fullName = cell('fullName') || cell('name');
  const name = cell('name') || fullName;
  if (name === '') return refusal('name_required', unit.inn);
  if (Math.max(name.length, fullName.length) > MAX_NAME) return refusal('name_length', name);
  const email = cell('email') === '' ? null : parseEmail(cell('email'))?.value;
  if (email === undefined) return refusal('email', cell('email'));
  const status = readStatus(cell('status'));
  if (!status) return refusal('status', cell('status'));
  return {
    ...unit,
    ogrn: ogrn.value ?? null,
    name,
    fullName,
    kind: person ? 'sole_proprietor' : 'legal',
    status,
    branch: unit.kpp !== null && isBranchKpp(unit.kpp) ? 'branch' : 'main',
    address: cell('address').slice(0, MAX_ADDRESS) || null,
    ...(has('email') ? { email } : {}),
  };
}

const MAX_NAME = 1000;
const MAX_ADDRESS = 1000;

/** One line without control characters: U+0000 cannot be stored, line breaks come from forms. */
const tidy = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, ' ').trim();

/** Reasons of registration of branches, offices and other separate places of a Russian company (places 5, 6 of КПП). */
const BRANCH_REASONS = ['02', '03', '04', '05', '31', '32', '43', '44', '45'];
const isBranchKpp = (kpp: string): boolean => BRANCH_REASONS.includes(kpp.slice(4, 6));

/** What stands in the column: our own words, or how the registers and 1C put it. Order matters. */
const STATUS_WORDS: readonly [RegExp, CompanyStatus][] = [
  [/^(не ?действ|недейств|ликвидирован|прекра|исключен)/, 'liquidated'],
  [/ликвид/, 'liquidating'],
  [/банкрот|несостоятельн|конкурсн/, 'bankrupt'],
  [/реорганиз/, 'reorganizing'],
  [/^(действ|актив)/, 'active'],
];

function readStatus(typed: string): CompanyStatus | undefined {
  const text = typed.toLowerCase().replaceAll('ё', 'е');
  if (text === '') return 'active';
  const own = COMPANY_STATUSES.find((status) => status === text);
  return own ?? STATUS_WORDS.find(([words]) => words.test(text))?.[1];
}
