/** What the command files are made of: a leaf with its example, one run of it, paging, confirmation. */
import { InvalidArgumentError, type Command } from 'commander';
import { EXIT, EXIT_MEANINGS, Failure, type AdminContext, type AdminTools } from './admin';
import { plain } from './print/plain-text';
import { createPrinter, type Printer } from './print/printer';
import type { Column } from './print/table';

/** Adds one noun with its verbs to the program. */
export type AddCommands = (program: Command, context: AdminContext) => void;

/** The option that every verb has. */
export interface Answer {
  json?: true;
}

/** One run of a command: its tools, who asked, and how to answer. */
export interface Run {
  tools: AdminTools;
  context: AdminContext;
  print: Printer;
  /** As the audit trail names people: `operator:<name>`. */
  actor: string;
}

/** Opens what a command needs; the first thing that every command does. */
export async function startRun(context: AdminContext, options?: { anySchema?: boolean }): Promise<Run> {
  const tools = await context.tools(options);
  const actor = `operator:${plain(context.io.operator).slice(0, 64)}`;
  return { tools, context, actor, print: createPrinter(context.io, tools.clock) };
}

export interface LeafText {
  summary: string;
  /** Command lines without the program's name; the first one opens the help. */
  examples: [string, ...string[]];
}

export const PROGRAM = 'port-one-id';

const EXAMPLE_WIDTH = 94;

/** A long command line in two, as a shell takes it. */
function folded(line: string): string {
  const fold = line.length > EXAMPLE_WIDTH ? line.lastIndexOf(' --', EXAMPLE_WIDTH) : -1;
  return fold < 0 ? line : `${line.slice(0, fold)} \\\n     ${line.slice(fold)}`;
}

function examplesText(examples: readonly string[]): string {
  const lines = examples.map((example) => `  ${folded(`${PROGRAM} ${example}`)}\n`).join('');
  return `${examples.length > 1 ? 'Examples' : 'Example'}:\n${lines}`;
}

/** A noun: what its verbs deal with. */
export function addNoun(program: Command, name: string, text: LeafText): Command {
  return program.command(name).description(text.summary).addHelpText('before', examplesText(text.examples));
}

/** A verb: its help opens with an example, and it takes --json. */
export function addLeaf(parent: Command, usage: string, text: LeafText): Command {
  return parent
    .command(usage)
    .description(text.summary)
    .addHelpText('before', examplesText(text.examples))
    .option('--json', 'print JSON: stable names, times in ISO 8601 UTC');
}

/**
 * Lets the arguments of a verb begin with a dash, as one in 64 random values in base64url does (a `kid`, a pairwise
 * `sub`): whoever copies one must not have to know of `--`.
 */
export function takeRandomValues(leaf: Command): Command {
  return leaf.allowUnknownOption();
}

/** A noun that another command file has added. @throws Error when the list of files has them in the wrong order. */
export function nounOf(program: Command, name: string): Command {
  const noun = program.commands.find((command) => command.name() === name);
  if (!noun) throw new Error(`no command ${name}`);
  return noun;
}

/** What --help says of exit codes. */
export function exitCodeHelp(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return `\nExit codes:\n${names.map((name) => `  ${EXIT[name]}  ${EXIT_MEANINGS[name]}\n`).join('')}`;
}

const MAX_LIMIT = 500;

export interface PageOptions {
  limit: number;
  after?: string;
}

/** `--limit` and `--after` of every list. */
export function addPaging(leaf: Command): Command {
  return leaf
    .option('--limit <n>', `rows on a page, 1 to ${MAX_LIMIT}`, readLimit, 50)
    .option('--after <cursor>', 'go on after this page: the cursor that it ended with');
}

function readLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

/** Cuts the row that was read beyond the page; `next` is the cursor of the page behind it. */
export function cutPage<Item>(
  rows: readonly Item[],
  limit: number,
  cursorOf: (item: Item) => string,
): { items: Item[]; next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** Says on stderr how to see more. */
export function noteNext(print: Printer, next: string | null): void {
  if (next !== null) print.note(`There is more: add --after ${next}`);
}

/** A page of a list: as JSON with the cursor of the next one, or as a table. */
export function answerPage<Item>(
  { print }: Pick<Run, 'print'>,
  { json }: Answer,
  page: { items: readonly Item[]; next: string | null },
  toJson: (item: Item) => unknown,
  columns: readonly Column<Item>[],
): void {
  if (json) {
    print.json({ items: page.items.map(toJson), next: page.next });
    return;
  }
  print.table(page.items, columns);
  noteNext(print, page.next);
}

/** The sentence for a cursor that no page ended with. */
export function badCursor(): Failure {
  return new Failure('usage', 'This cursor is not one that a page ended with; begin again without --after.');
}

/**
 * Asks before something that cannot be undone. @param what the consequence, as a whole sentence.
 * @throws Failure when the answer is no, or nobody can be asked and --yes is missing.
 */
export async function confirm({ io }: AdminContext, yes: boolean | undefined, what: string): Promise<void> {
  if (yes) return;
  if (!io.interactive) {
    throw new Failure('failed', `${what} Nothing was done: without a terminal, confirm with --yes.`);
  }
  if (!(await io.ask(`${plain(what)} Go on?`))) throw new Failure('failed', 'Nothing was done.');
}
