/** What the imports of CSV files have in common: reading the file, and telling of the lines that were refused. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { FileFault } from '../companies/import/table-file';
import { Failure } from './admin';
import type { Run } from './command';
import type { Column } from './print/table';
import type { Printer } from './print/printer';

/** 100,000 companies are about 20 MB. */
const MAX_FILE = 64 * 1024 * 1024;
/** More would scroll away; the counts tell the rest. */
const SHOWN_LINES = 50;

export interface ImportOptions {
  json?: true;
  dryRun?: true;
}

/**
 * The file as `read` understands it, with what the audit says of it.
 * @param noHeading the sentence for a file whose heading is not found
 * @throws Failure when the file cannot be read
 */
export async function readImport<File extends object>(
  { context: { io } }: Run,
  path: string,
  read: (bytes: Uint8Array) => File | { fault: FileFault },
  noHeading: string,
): Promise<{ file: File; from: { file: string; sha256: string } }> {
  const bytes = await io.readFile(path, MAX_FILE);
  const file = read(bytes);
  if ('fault' in file) throw new Failure('usage', faultText(file.fault, noHeading));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file, from: { file: basename(path), sha256 } };
}

const faultText = (fault: FileFault, noHeading: string): string =>
  fault === 'no_header'
    ? noHeading
    : 'The file is UTF-8 with damaged places, so it cannot be trusted; export it again, in UTF-8 or windows-1251.';

/** The sentence for a file without a single good line. */
export const nothingUsable = (): Failure =>
  new Failure('usage', 'No line of the file can be used; nothing was imported.');

interface RefusedLine {
  line: number;
  problem: string;
}

/** Of the refused lines in JSON their number and the first of them. */
export const refusedJson = <Refused extends RefusedLine>(refused: readonly Refused[]) => ({
  refused: refused.length,
  refused_lines: refused.slice(0, SHOWN_LINES),
});

/** The first of the refused lines as a table. */
export function printRefused<Refused extends RefusedLine>(
  print: Printer,
  refused: readonly Refused[],
  more: readonly Column<Refused>[] = [],
): void {
  if (refused.length === 0) return;
  print.table(refused.slice(0, SHOWN_LINES), [
    { title: 'LINE', cell: ({ line }) => String(line) },
    { title: 'PROBLEM', cell: ({ problem }) => problem },
    ...more,
  ]);
  const hidden = refused.length - SHOWN_LINES;
  if (hidden > 0) print.note(`${hidden} more refused lines are not shown.`);
}

/** Says what was found when nothing is to be stored. */
export function noteDryRun(print: Printer, dryRun: true | undefined): void {
  if (dryRun) print.note('Nothing was stored (dry run).');
}
