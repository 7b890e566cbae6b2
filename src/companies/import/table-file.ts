/** A file of rows under a heading, as 1C and spreadsheets export it: which column is which, and what stands in each row. */
import { decodeText, eachRow, readRows, SEPARATORS, splitLines, type Encoding, type Separator } from './csv';

/** What a heading may call each column: small letters, е for ё, single spaces. */
export type Columns<Column extends string> = Readonly<Record<Column, readonly string[]>>;

export interface Heading<Column extends string> {
  columns: Columns<Column>;
  /** Whether a line that names these columns is the heading. */
  isEnough(has: (column: Column) => boolean): boolean;
}

export interface TableRow<Column extends string> {
  /** From 1, as a text editor counts. */
  line: number;
  /** As it stands; empty where the file has no such column. */
  cell(column: Column): string;
  has(column: Column): boolean;
  /** What stands to the right of the last column, if anything does. */
  surplus: string | undefined;
}

/** Why no line of a file can be read. */
export type FileFault = 'damaged_text' | 'no_header';

export interface ReadTable {
  encoding: Encoding;
  separator: Separator;
  /** Numbers of the lines that are no rows: a quote is never closed. */
  unread: number[];
}

/** Reports may begin with a title. */
const HEADER_WITHIN = 10;

/** Hands every row under the heading to `take`. */
export function readTable<Column extends string>(
  bytes: Uint8Array,
  heading: Heading<Column>,
  take: (row: TableRow<Column>) => void,
): ReadTable | { fault: FileFault } {
  const decoded = decodeText(bytes);
  if (!decoded) return { fault: 'damaged_text' };
  const lines = splitLines(decoded.text);
  const header = findHeader(lines, heading);
  if (!header) return { fault: 'no_header' };
  const { separator, places, width } = header;
  lines.fill('', 0, header.line);
  const unread = eachRow(lines, separator, width, (row, line) => {
    take({
      line,
      cell: (column) => row[places.get(column) ?? -1] ?? '',
      has: (column) => places.has(column),
      surplus: row.slice(width).find((field) => field.trim() !== ''),
    });
  });
  return { encoding: decoded.encoding, separator, unread };
}

interface Header<Column extends string> {
  separator: Separator;
  places: ReadonlyMap<Column, number>;
  /** How many columns a whole row has. */
  width: number;
  /** Lines up to and with the heading. */
  line: number;
}

function findHeader<Column extends string>(
  lines: readonly string[],
  { columns, isEnough }: Heading<Column>,
): Header<Column> | undefined {
  for (const separator of SEPARATORS) {
    for (let line = 1; line <= HEADER_WITHIN; line++) {
      const [row = []] = readRows(lines.slice(line - 1, line), separator);
      const places = placesOf(row, columns);
      if (isEnough((column) => places.has(column))) return { separator, places, width: row.length, line };
    }
  }
  return undefined;
}

function placesOf<Column extends string>(
  row: readonly string[],
  columns: Columns<Column>,
): Map<Column, number> {
  const titles = row.map((title) =>
    title
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll('ё', 'е')
      .replace(/[\s_]+/g, ' ')
      .trim(),
  );
  const places = new Map<Column, number>();
  for (const [column, names] of Object.entries(columns) as [Column, readonly string[]][]) {
    const place = titles.findIndex((title) => names.includes(title));
    if (place >= 0) places.set(column, place);
  }
  return places;
}
