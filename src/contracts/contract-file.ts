/** A file of contracts: what each line says. */
import { readUnit, type CompanyUnit } from '../companies/identifiers';
import { readTable, type FileFault, type TableRow } from '../companies/import/table-file';
import { normalContractNumber, type Contract } from './contract';

const COLUMNS = {
  number: ['number', 'contract', 'договор', 'номер', 'номер договора'],
  inn: ['inn', 'инн'],
  kpp: ['kpp', 'кпп'],
  company: ['company', 'компания', 'название', 'наименование'],
  status: ['status', 'статус', 'состояние'],
  reason: ['reason', 'причина'],
} as const;

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
export function readContractFile(bytes: Uint8Array): ContractFile | { fault: FileFault } {
  const entries = new Map<string, ContractEntry>();
  const refused: RefusedContract[] = [];
  let duplicates = 0;
  const heading = { columns: COLUMNS, isEnough: (has: (column: Column) => boolean) => has('number') };
  const table = readTable(bytes, heading, (row) => {
    const read = readRow(row);
    if (typeof read === 'string') {
      refused.push({ line: row.line, problem: read });
      return;
    }
    if (entries.delete(read.number)) duplicates += 1;
    entries.set(read.number, read);
  });
  if ('fault' in table) return table;
  refused.push(...table.unread.map((line): RefusedContract => ({ line, problem: 'quote' })));
  refused.sort((a, b) => a.line - b.line);
  return { entries: [...entries.values()], duplicates, refused };
}

function readRow({ line, cell, surplus }: TableRow<Column>): ContractEntry | ContractProblem {
  if (surplus !== undefined) return 'columns';
  const field = (column: Column): string => cell(column).trim();
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
