/** A file of logins and the hashes of their passwords: what each line says. */
import { readTable, type FileFault, type TableRow } from '../companies/import/table-file';
import { hashKind, type HashKind } from './hashes';
import { loginKey, normalLogin } from './legacy-account';
import type { NewLegacyLogin } from './store';

const COLUMNS = {
  login: ['login', 'логин', 'username', 'user', 'пользователь'],
  hash: ['hash', 'хеш', 'хэш', 'password hash', 'хеш пароля', 'хэш пароля'],
} as const;

type Column = keyof typeof COLUMNS;

export type LineProblem = 'login' | 'hash' | 'columns' | 'quote';

/** A line that cannot be used; what stands there is not repeated, since it is a password's hash. */
export interface RefusedLine {
  /** From 1, as a text editor counts. */
  line: number;
  problem: LineProblem;
}

export interface LoginFile {
  /** Of several lines about the same login the first. */
  entries: NewLegacyLogin[];
  duplicates: number;
  refused: RefusedLine[];
  /** How many hashes of each kind. */
  kinds: Partial<Record<HashKind, number>>;
}

/** Reads a whole file. Lines that cannot be used are told apart, each with its first reason. */
export function readLoginFile(bytes: Uint8Array): LoginFile | { fault: FileFault } {
  const file: LoginFile = { entries: [], duplicates: 0, refused: [], kinds: {} };
  const seen = new Set<string>();
  const heading = {
    columns: COLUMNS,
    isEnough: (has: (column: Column) => boolean) => has('login') && has('hash'),
  };
  const table = readTable(bytes, heading, (row) => {
    const read = readRow(row);
    if (typeof read === 'string') file.refused.push({ line: row.line, problem: read });
    else if (seen.size === seen.add(loginKey(read.login)).size) file.duplicates += 1;
    else {
      file.entries.push(read);
      const kind = hashKind(read.hash);
      if (kind) file.kinds[kind] = (file.kinds[kind] ?? 0) + 1;
    }
  });
  if ('fault' in table) return table;
  file.refused.push(...table.unread.map((line): RefusedLine => ({ line, problem: 'quote' })));
  file.refused.sort((a, b) => a.line - b.line);
  return file;
}

function readRow({ cell, surplus }: TableRow<Column>): NewLegacyLogin | LineProblem {
  if (surplus !== undefined) return 'columns';
  const login = normalLogin(cell('login'));
  if (login === undefined) return 'login';
  const hash = cell('hash').trim();
  return hashKind(hash) ? { login, hash } : 'hash';
}
