import { Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { isUuid } from '../../../accounts/store';
import type { ImportCounts } from '../../../companies/import/batches';
import { importLegacyLogins, planLegacyImport } from '../../../legacy-accounts/import-logins';
import type { LegacyLink, LegacyLinkStatus } from '../../../legacy-accounts/legacy-account';
import { confirmLegacyLinks, declineLegacyLinks } from '../../../legacy-accounts/link';
import { readLoginFile, type LoginFile } from '../../../legacy-accounts/login-file';
import { findLegacyLink, listLegacyLinkPage, type LegacyLinkView } from '../../../legacy-accounts/store';
import { Failure, type AdminContext } from '../../admin';
import {
  addLeaf,
  addNoun,
  addPaging,
  answerPage,
  badCursor,
  cutPage,
  startRun,
  type AddCommands,
  type Answer,
  type PageOptions,
} from '../../command';
import { getAccount } from '../../find-account';
import {
  noteDryRun,
  nothingUsable,
  printRefused,
  readImport,
  refusedJson,
  type ImportOptions,
} from '../../import-file';
import type { Printer } from '../../print/printer';

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

const NO_HEADING =
  'No heading with the columns login and hash stands within the first 10 lines of the file; docs/cli.md shows one.';

function addImport(legacy: Command, context: AdminContext): void {
  addLeaf(legacy, 'import <file>', {
    summary: 'store logins and hashes of old passwords from a CSV file, for LEGACY_CHECK=import',
    examples: ['legacy import logins.csv --dry-run', 'legacy import logins.csv --json'],
  })
    .option('--dry-run', 'check everything and say what would happen')
    .action(async (path: string, { json, dryRun }: ImportOptions) => {
      const run = await startRun(context);
      const { tools, actor, print } = run;
      const { file, from } = await readImport(run, path, readLoginFile, NO_HEADING);
      const empty = file.entries.length === 0;
      const counts =
        dryRun === true || empty
          ? await planLegacyImport(tools.db, file)
          : await importLegacyLogins(tools, file, { actor, ...from });
      if (json) print.json({ dry_run: dryRun === true, ...importJson(file, counts) });
      else printImport(print, file, counts);
      if (empty) throw nothingUsable();
      noteDryRun(print, dryRun);
    });
}

const importJson = (file: LoginFile, { added, updated }: ImportCounts) => ({
  added,
  updated,
  duplicates: file.duplicates,
  kinds: file.kinds,
  ...refusedJson(file.refused),
});

function printImport(print: Printer, file: LoginFile, { added, updated }: ImportCounts): void {
  print.facts([
    ['added', String(added)],
    ['updated', String(updated)],
    ['duplicates', String(file.duplicates)],
    ...Object.entries(file.kinds).map(([kind, n]): [string, string] => ['', `${n} ${kind}`]),
    ['refused', String(file.refused.length)],
  ]);
  printRefused(print, file.refused);
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
    .action(async (options: PageOptions & Answer & { status?: LegacyLinkStatus }) => {
      const { limit, after, status } = options;
      const run = await startRun(context);
      const { tools, print } = run;
      const from = after !== undefined && isUuid(after) ? await findLegacyLink(tools.db, after) : undefined;
      if (after !== undefined && !from) throw badCursor();
      const rows = await listLegacyLinkPage(tools.db, { status, after: from, limit: limit + 1 });
      const page = cutPage(rows, limit, ({ id }) => id);
      const toJson = (view: LegacyLinkView) => ({ ...linkJson(view), name: fullName(view) });
      answerPage(run, options, page, toJson, [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'PERSON', cell: fullName, shrinks: true },
        { title: 'LOGIN', cell: ({ portal, login }) => `${portal}: ${login}`, shrinks: true },
        { title: 'STATUS', cell: (view) => view.status, alarming: (view) => view.status === 'requested' },
        print.ageColumn(({ requestedAt }) => requestedAt),
      ]);
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
