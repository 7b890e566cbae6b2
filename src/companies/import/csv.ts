/** Rows of a CSV file as office programs write them: any of their encodings and separators, quotes gone wrong. */
import { parse } from 'csv-parse/sync';

export type Encoding = 'utf-8' | 'utf-16le' | 'windows-1251';
export type Separator = ';' | ',' | '\t';
export const SEPARATORS: readonly Separator[] = [';', '\t', ','];

const CYRILLIC = /[а-яё]/gi;
const REPLACEMENT = /\ufffd/g;

/**
 * The text of a file without its byte order mark. Undefined when it is UTF-8 with damaged places: read as
 * windows-1251 its names would come out as rubbish without anybody noticing.
 */
export function decodeText(bytes: Uint8Array): { text: string; encoding: Encoding } | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs('utf-16le', bytes);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' };
  } catch {
    const { text } = decodeAs('utf-8', bytes);
    const letters = text.match(CYRILLIC)?.length ?? 0;
    const damaged = text.match(REPLACEMENT)?.length ?? 0;
    return letters > damaged ? undefined : decodeAs('windows-1251', bytes);
  }
}

function decodeAs(encoding: Encoding, bytes: Uint8Array): { text: string; encoding: Encoding } {
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

export const splitLines = (text: string): string[] => text.split(/\r\n|\r|\n/);

const OPTIONS = {
  skip_empty_lines: true,
  relax_column_count: true,
  // ООО "Ромашка" often stands without quotes around the field and doubled ones inside.
  relax_quotes: true,
} as const;

/** The rows of a few lines; none when a quote stays open. */
export function readRows(
  lines: readonly string[],
  separator: Separator,
  options: { relax_quotes?: boolean } = {},
): string[][] {
  try {
    return parse(lines.join('\n'), { ...OPTIONS, ...options, delimiter: separator });
  } catch {
    return [];
  }
}

/** A field may go over this many lines; an opened quote that is not closed by then was a slip. */
const MAX_JOINED_LINES = 10;

/**
 * Empties every line whose quote is never closed, so that a slip costs one line and not the rest of the file.
 * @returns numbers of the emptied lines, from 1.
 */
function dropOpenQuotes(lines: string[], separator: Separator, columns: number): number[] {
  const dropped: number[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (quotes(line) % 2 === 0 || readRows([line], separator).length > 0) continue;
    const length = joinedLines(lines, at, separator, columns);
    if (length > 0) at += length - 1;
    else {
      dropped.push(at + 1);
      lines[at] = '';
    }
  }
  return dropped;
}

const quotes = (line: string): number => line.split('"').length - 1;

/** How many lines from `start` make up one whole row; 0 when they do not. */
function joinedLines(lines: readonly string[], start: number, separator: Separator, columns: number): number {
  for (let length = 2; length <= MAX_JOINED_LINES; length++) {
    const line = lines[start + length - 1] ?? '';
    // This one is a row by itself: the quote above it was a slip.
    if (line.split(separator).length >= columns) return 0;
    if (!line.includes('"')) continue;
    const rows = readRows(lines.slice(start, start + length), separator, { relax_quotes: false });
    if (rows.length > 0) return rows.length === 1 && rows[0]?.length === columns ? length : 0;
  }
  return 0;
}

/**
 * Hands every row to `take` with the number of the line it begins at.
 * @param lines emptied where they cannot be read. @param columns how many a whole row has.
 * @returns numbers of the lines that could not be read.
 */
export function eachRow(
  lines: string[],
  separator: Separator,
  columns: number,
  take: (row: string[], line: number) => void,
): number[] {
  const dropped = dropOpenQuotes(lines, separator, columns);
  parse(lines.join('\n'), {
    ...OPTIONS,
    delimiter: separator,
    skip_records_with_error: true,
    on_skip: (error) => {
      dropped.push((error as { lines?: number } | undefined)?.lines ?? lines.length);
    },
    on_record: (row: string[], { lines: end }) => {
      const breaks = row.reduce((sum, field) => sum + field.split('\n').length - 1, 0);
      take(row, end - breaks);
      return null;
    },
  });
  return dropped;
}
