/** A file of logins and the hashes of their passwords: which column is which, and what each line says. */
import {
  decodeText,
  eachRow,
  readRows,
  SEPARATORS,
  splitLines,
  type Separator,
} from '../companies/import/csv';
import { hashKind, type HashKind } from './hashes';
import { loginKey, normalLogin } from './legacy-account';
import type { NewLegacyLogin } from './store';

const COLUMNS = {
  login: ['login', 'логин', 'username', 'user', 'пользователь'],
  hash: ['hash', 'хеш', 'хэш', 'password_hash', 'password hash', 'хеш пароля', 'хэш пароля'],
} as const satisfies Record<string, readonly string[]>;

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

/** Why no line of a file can be read. */
export type FileFault = 'damaged_text' | 'no_header';

/** Reads a whole file. Lines that cannot be used are told apart, each with its first reason. */
export function readLoginFile(bytes: Uint8Array): LoginFile | { fault: FileFault } {
  const decoded = decodeText(bytes);
  if (!decoded) return { fault: 'damaged_text' };
  const lines = splitLines(decoded.text);
  const header = findHeader(lines[0] ?? '');
  if (!header) return { fault: 'no_header' };
  lines.fill('', 0, 1);
  const file: LoginFile = { entries: [], duplicates: 0, refused: [], kinds: {} };
  const seen = new Set<string>();
  const unread = eachRow(lines, header.separator, header.columns, (row, line) => {
    const read = readRow(row, header);
    if (typeof read === 'string') file.refused.push({ line, problem: read });
    else if (seen.size === seen.add(loginKey(read.login)).size) file.duplicates += 1;
    else {
      file.entries.push(read);
      const kind = hashKind(read.hash);
      if (kind) file.kinds[kind] = (file.kinds[kind] ?? 0) + 1;
    }
  });
  file.refused.push(...unread.map((line): RefusedLine => ({ line, problem: 'quote' })));
  file.refused.sort((a, b) => a.line - b.line);
  return file;
}

interface Header {
  separator: Separator;
  columns: number;
  login: number;
  hash: number;
}

function findHeader(line: string): Header | undefined {
  for (const separator of SEPARATORS) {
    const titles = (readRows([line], separator)[0] ?? []).map((title) => title.trim().toLowerCase());
    const login = titles.findIndex((title) => COLUMNS.login.some((name) => name === title));
    const hash = titles.findIndex((title) => COLUMNS.hash.some((name) => name === title));
    if (login >= 0 && hash >= 0) return { separator, columns: titles.length, login, hash };
  }
  return undefined;
}

function readRow(row: readonly string[], header: Header): NewLegacyLogin | LineProblem {
  if (row.slice(header.columns).some((field) => field.trim() !== '')) return 'columns';
  const login = normalLogin(row[header.login] ?? '');
  if (login === undefined) return 'login';
  const hash = (row[header.hash] ?? '').trim();
  return hashKind(hash) ? { login, hash } : 'hash';
}
