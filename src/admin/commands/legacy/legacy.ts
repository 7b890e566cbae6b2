import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { isUuid } from '../../../accounts/store';
import {
  importLegacyLogins,
  planLegacyImport,
  type ImportCounts,
} from '../../../legacy-accounts/import-logins';
import type { LegacyLink, LegacyLinkStatus } from '../../../legacy-accounts/legacy-account';
import { confirmLegacyLinks, declineLegacyLinks } from '../../../legacy-accounts/link';
import { readLoginFile, type FileFault, type LoginFile } from '../../../legacy-accounts/login-file';
import { findLegacyLink, listLegacyLinkPage, type LegacyLinkView } from '../../../legacy-accounts/store';
import { Failure, type AdminContext } from '../../admin';
import {
  addLeaf,
  addNoun,
  addPaging,
  badCursor,
  cutPage,
  noteNext,
  startRun,
  type AddCommands,
  type PageOptions,
} from '../../command';
import { getAccount } from '../../find-account';
import type { Printer } from '../../print/printer';

interface Answer {
  json?: true;
}

/** `legacy`: logins of the older portal, who claims which, and the hashes that prove it. */
export const addLegacy: AddCommands = (program, context) => {
  const legacy = addNoun(program, 'legacy', {
    summary: 'logins of the older portal and the accounts that claim them',
    examples: ['legacy list --status requested'],
  });
  addImport(legacy, context);
  addList(legacy, context);
  addConfirm(legacy, context);
  addDecline(legacy, context);
};

const MAX_FILE = 64 * 1024 * 1024;
/** More would scroll away; the counts tell the rest. */
const SHOWN_LINES = 50;

const FAULTS: Record<FileFault, string> = {
  damaged_text: 'The file is UTF-8 with damaged places; export it again, in UTF-8 or windows-1251.',
  no_header: 'The first line of the file must name the columns login and hash; docs/cli.md shows one.',
};

function addImport(legacy: Command, context: AdminContext): void {
  addLeaf(legacy, 'import <file>', {
    summary: 'store logins and hashes of old passwords from a CSV file, for LEGACY_CHECK=import',
    examples: ['legacy import logins.csv --dry-run', 'legacy import logins.csv --json'],
  })
    .option('--dry-run', 'check everything and say what would happen')
    .action(async (path: string, { json, dryRun }: Answer & { dryRun?: true }) => {
      const { tools, actor, print } = await startRun(context);
      const bytes = await context.io.readFile(path, MAX_FILE);
      const file = readLoginFile(bytes);
      if ('fault' in file) throw new Failure('usage', FAULTS[file.fault]);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const nothing = dryRun === true || file.entries.length === 0;
      const counts = nothing
        ? await planLegacyImport(tools.db, file)
        : await importLegacyLogins(tools, file, { actor, file: basename(path), sha256 });
      if (json) print.json({ dry_run: dryRun === true, ...importJson(file, counts) });
      else printImport(print, file, counts);
      if (file.entries.length === 0)
        throw new Failure('usage', 'No line of the file can be used; nothing was imported.');
      if (dryRun) print.note('Nothing was stored (dry run).');
    });
}

const importJson = (file: LoginFile, { added, updated }: ImportCounts) => ({
  added,
  updated,
  duplicates: file.duplicates,
  kinds: file.kinds,
  refused: file.refused.length,
  refused_lines: file.refused.slice(0, SHOWN_LINES),
});

function printImport(print: Printer, file: LoginFile, { added, updated }: ImportCounts): void {
  print.facts([
    ['added', String(added)],
    ['updated', String(updated)],
    ['duplicates', String(file.duplicates)],
    ...Object.entries(file.kinds).map(([kind, n]): [string, string] => ['', `${n} ${kind}`]),
    ['refused', String(file.refused.length)],
  ]);
  if (file.refused.length === 0) return;
  print.table(file.refused.slice(0, SHOWN_LINES), [
    { title: 'LINE', cell: ({ line }) => String(line) },
    { title: 'PROBLEM', cell: ({ problem }) => problem },
  ]);
  const hidden = file.refused.length - SHOWN_LINES;
  if (hidden > 0) print.note(`${hidden} more refused lines are not shown.`);
}

const linkJson = (link: LegacyLink) => ({
  id: link.id,
  account: link.accountId,
  portal: link.portal,
  login: link.login,
  status: link.status,
  confirmed_by: link.confirmedBy,
  requested_at: link.requestedAt,
  decided_at: link.decidedAt,
});

const STATUSES = ['requested', 'confirmed', 'declined'] as const;

function addList(legacy: Command, context: AdminContext): void {
  addPaging(
    addLeaf(legacy, 'list', {
      summary: 'who claims which login, oldest first',
      examples: ['legacy list --status requested', 'legacy list --json'],
    }),
  )
    .addOption(new Option('--status <status>', 'only claims in this state').choices(STATUSES))
    .action(async ({ limit, after, status, json }: PageOptions & Answer & { status?: LegacyLinkStatus }) => {
      const { tools, print } = await startRun(context);
      const from = after !== undefined && isUuid(after) ? await findLegacyLink(tools.db, after) : undefined;
      if (after !== undefined && !from) throw badCursor();
      const rows = await listLegacyLinkPage(tools.db, { status, after: from, limit: limit + 1 });
      const { items, next } = cutPage(rows, limit, ({ id }) => id);
      if (json) {
        print.json({ items: items.map((view) => ({ ...linkJson(view), name: fullName(view) })), next });
        return;
      }
      print.table<LegacyLinkView>(items, [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'PERSON', cell: fullName, shrinks: true },
        { title: 'LOGIN', cell: ({ portal, login }) => `${portal}: ${login}`, shrinks: true },
        { title: 'STATUS', cell: (view) => view.status, alarming: (view) => view.status === 'requested' },
        print.ageColumn(({ requestedAt }) => requestedAt),
      ]);
      noteNext(print, next);
    });
}

/** What a decision is about: one claim, or all that an account has asked for. */
async function readSubject(
  { db }: Awaited<ReturnType<typeof startRun>>['tools'],
  text: string,
): Promise<{ accountId: string; only?: string }> {
  const link = isUuid(text) ? await findLegacyLink(db, text) : undefined;
  return link ? { accountId: link.accountId, only: link.id } : { accountId: (await getAccount(db, text)).id };
}

const nothingToDo = (): Failure =>
  new Failure('conflict', 'Nothing is asked for there that could be decided; legacy list shows the claims.');

const names = (links: readonly LegacyLink[]): string => links.map(({ login }) => login).join(', ');

function addConfirm(legacy: Command, context: AdminContext): void {
  addLeaf(legacy, 'confirm <id-or-account>', {
    summary: 'a login is the person’s: one claim by its id, or all that an account has asked for',
    examples: ['legacy confirm ivan@example.com', 'legacy confirm 5f0e6b1c-8a54-4a0e-9a56-0d7f1c2b3a49'],
  }).action(async (who: string, { json }: Answer) => {
    const { tools, actor, print } = await startRun(context);
    const { accountId, only } = await readSubject(tools, who);
    const at = tools.clock.now();
    const { confirmed, taken } = await tools.db
      .transaction()
      .execute((trx) => confirmLegacyLinks(trx, accountId, actor, at, only));
    if (confirmed.length + taken.length === 0) throw nothingToDo();
    if (json) print.json({ confirmed: confirmed.map(linkJson), taken: taken.map(linkJson) });
    else if (confirmed.length > 0) print.line(`Confirmed: ${names(confirmed)}.`);
    if (taken.length > 0) {
      throw new Failure('conflict', `Another account has this login confirmed: ${names(taken)}.`);
    }
  });
}

function addDecline(legacy: Command, context: AdminContext): void {
  addLeaf(legacy, 'decline <id-or-account>', {
    summary: 'a login is not the person’s; a confirmed claim, named by its id, ends too',
    examples: ['legacy decline 5f0e6b1c-8a54-4a0e-9a56-0d7f1c2b3a49'],
  }).action(async (who: string, { json }: Answer) => {
    const { tools, actor, print } = await startRun(context);
    const { accountId, only } = await readSubject(tools, who);
    const at = tools.clock.now();
    const declined = await tools.db
      .transaction()
      .execute((trx) => declineLegacyLinks(trx, accountId, actor, at, only));
    if (declined.length === 0) throw nothingToDo();
    if (json) print.json({ declined: declined.map(linkJson) });
    else print.line(`Declined: ${names(declined)}.`);
  });
}
