/**
 * Passwords known from breaches, in a local file; nobody outside is asked. The file is the public list as it is handed
 * out: one SHA-1 in hex a line, in ascending order, with or without `:<how often>`. It has tens of gigabytes, so a line
 * is found by halving, a few kilobytes at a time. Lines may hold the beginnings of hashes only, to save room.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

export interface BreachedList {
  /** @throws Error when the file cannot be read, or is no such list */
  includes(password: string): Promise<boolean>;
}

/** Longer than any line. */
const LONGEST_LINE = 128;
/** So few bytes are read at once and searched line by line. */
const PIECE = 4096;

const NEWLINE = 0x0a;

/** The file is opened at each question, so that another one may take its place at any time. */
export function createBreachedList(path: string): BreachedList {
  return {
    includes: async (password) => {
      const hash = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
      const file = await open(path, 'r');
      try {
        return await isListed(file, hash);
      } finally {
        await file.close();
      }
    },
  };
}

/** Lines that begin before `low` are smaller than the hash, those from `high` on are greater. */
async function isListed(file: FileHandle, hash: string): Promise<boolean> {
  let low = 0;
  let high = (await file.stat()).size;
  while (high - low > PIECE) {
    const middle = low + Math.floor((high - low) / 2);
    const line = await lineFrom(file, middle);
    const order = compare(line.text, hash);
    if (order === 0) return true;
    if (order < 0) low = line.start + line.text.length + 1;
    // One that begins right in the middle has not been looked at.
    else high = middle + 1;
  }
  // With the rest of a line that begins at its end.
  const piece = await read(file, low, high - low + LONGEST_LINE);
  return piece
    .toString('latin1')
    .split('\n')
    .some((line) => line.trim() !== '' && isHash(line) && compare(line, hash) === 0);
}

/** The first line that begins after `from`. */
async function lineFrom(file: FileHandle, from: number): Promise<{ start: number; text: string }> {
  const bytes = await read(file, from, 2 * LONGEST_LINE);
  const begin = bytes.indexOf(NEWLINE) + 1;
  const end = bytes.indexOf(NEWLINE, begin);
  const text = bytes.toString('latin1', begin, end < 0 ? bytes.length : end);
  if (begin === 0 || !isHash(text))
    throw new Error('the list of breached passwords is no list of SHA-1 hashes');
  return { start: from + begin, text };
}

async function read(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}

const HASH = /^[0-9A-Fa-f]{16,40}(?=[:\s]|$)/;

const isHash = (line: string): boolean => HASH.test(line);

/** Less than 0 when the line stands before the hash. */
function compare(line: string, hash: string): number {
  const listed = (HASH.exec(line)?.[0] ?? '').toUpperCase();
  const looked = hash.slice(0, listed.length);
  return listed === looked ? 0 : listed < looked ? -1 : 1;
}
