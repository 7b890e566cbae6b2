/** A file of contracts: which column is which, and what each line says. */
import { readUnit, type CompanyUnit } from '../companies/identifiers';
import {
  decodeText,
  eachRow,
  readRows,
  SEPARATORS,
  splitLines,
  type Separator,
} from '../companies/import/csv';
import { normalContractNumber, type Contract } from './contract';

const COLUMNS = {
  number: ['number', 'contract', 'договор', 'номер', 'номер договора'],
  inn: ['inn', 'инн'],
  kpp: ['kpp', 'кпп'],
  company: ['company', 'компания', 'название', 'наименование'],
  status: ['status', 'статус', 'состояние'],
  reason: ['reason', 'причина'],
} as const satisfies Record<string, readonly string[]>;

type Column = keyof typeof COLUMNS;

const STATUSES: Readonly<Record<string, Contract['status']>> = {
  ...{ '': 'active', active: 'active', действует: 'active' },
  ...{ ended: 'ended', закрыт: 'ended', расторгнут: 'ended' },
};

export interface ContractEntry {
  /** From 1, as a text editor counts. */
  line: number;
  number: string;
  unit: CompanyUnit | null;
  /** What the file calls the company; empty when it says nothing. */
  companyName: string;
  status: Contract['status'];
  /** Why it has ended; empty when the file says nothing. */
  reason: string;
}

export type ContractProblem = 'number' | 'company' | 'company_unknown' | 'status' | 'columns' | 'quote';

export interface RefusedContract {
  line: number;
  problem: ContractProblem;
}

export interface ContractFile {
  /** Of several lines about the same contract the last, as files grow at their end. */
  entries: ContractEntry[];
  duplicates: number;
  refused: RefusedContract[];
}

/** Reads a whole file. Lines that cannot be used are told apart, each with its first reason. */
export function readContractFile(bytes: Uint8Array): ContractFile | { fault: 'damaged_text' | 'no_header' } {
  const decoded = decodeText(bytes);
  if (!decoded) return { fault: 'damaged_text' };
  const lines = splitLines(decoded.text);
  const header = findHeader(lines[0] ?? '');
  if (!header) return { fault: 'no_header' };
  lines.fill('', 0, 1);
  const entries = new Map<string, ContractEntry>();
  const refused: RefusedContract[] = [];
  let duplicates = 0;
  const unread = eachRow(lines, header.separator, header.width, (row, line) => {
    const read = readRow(row, header, line);
    if (typeof read === 'string') {
      refused.push({ line, problem: read });
      return;
    }
    if (entries.delete(read.number)) duplicates += 1;
    entries.set(read.number, read);
  });
  refused.push(...unread.map((line): RefusedContract => ({ line, problem: 'quote' })));
  refused.sort((a, b) => a.line - b.line);
  return { entries: [...entries.values()], duplicates, refused };
}

interface Header {
  separator: Separator;
  width: number;
  at: Partial<Record<Column, number>>;
}

function findHeader(line: string): Header | undefined {
  for (const separator of SEPARATORS) {
    const titles = (readRows([line], separator)[0] ?? []).map((title) => title.trim().toLowerCase());
    const at: Header['at'] = {};
    for (const column of Object.keys(COLUMNS) as Column[]) {
      const place = titles.findIndex((title) => COLUMNS[column].some((name) => name === title));
      if (place >= 0) at[column] = place;
    }
    if (at.number !== undefined) return { separator, width: titles.length, at };
  }
  return undefined;
}

function readRow(
  row: readonly string[],
  { width, at }: Header,
  line: number,
): ContractEntry | ContractProblem {
  if (row.slice(width).some((field) => field.trim() !== '')) return 'columns';
  const field = (column: Column): string => (row[at[column] ?? -1] ?? '').trim();
  const number = normalContractNumber(field('number'));
  if (number === undefined) return 'number';
  const [inn, kpp] = [field('inn'), field('kpp')];
  const { unit } = inn === '' && kpp === '' ? { unit: null } : readUnit({ inn, kpp });
  if (unit === undefined) return 'company';
  const state = field('status').toLowerCase();
  const status = Object.hasOwn(STATUSES, state) ? STATUSES[state] : undefined;
  if (!status) return 'status';
  const words = { companyName: field('company').slice(0, 300), reason: field('reason').slice(0, 300) };
  return { line, number, unit, status, ...words };
}
