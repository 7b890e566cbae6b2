import type { Command } from 'commander';
import type { DocumentName } from '../../../consents/document';
import { listConsentPage, listConsents, type Consent } from '../../../consents/store';
import { withdrawConsent } from '../../../consents/withdraw';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, addNoun, confirm, startRun, type AddCommands } from '../../command';
import { getAccount } from '../../find-account';
import { readText, withIssuer } from '../memberships/application';
import { documentName, readDocumentName } from './documents';

interface Answer {
  json?: true;
}

/** `consents`: who agreed to what, when and how; the proof that the law asks of the operator. */
export const addConsents: AddCommands = (program, context) => {
  const consents = addNoun(program, 'consents', {
    summary: 'what people agreed to and took back; a record each, none is ever changed',
    examples: ['consents list anna@example.com'],
  });
  addList(consents, context);
  addExport(consents, context);
  addWithdraw(consents, context);
};

const consentJson = (consent: Consent) => ({
  id: consent.id,
  account: consent.accountId,
  document: consent.document,
  action: consent.action,
  version: consent.version,
  text_hash: consent.textHash,
  at: consent.at,
  form: consent.form,
  way: consent.way,
  address: consent.address,
  user_agent: consent.userAgent,
});

function addList(consents: Command, context: AdminContext): void {
  addLeaf(consents, 'list <account>', {
    summary: 'everything one person has said, oldest first',
    examples: ['consents list anna@example.com', 'consents list anna@example.com --json'],
  }).action(async (who: string, { json }: Answer) => {
    const { tools, print } = await startRun(context);
    const account = await getAccount(tools.db, who);
    const rows = await listConsents(tools.db, account.id);
    if (json) {
      print.json({ items: rows.map(consentJson) });
      return;
    }
    print.table(rows, [
      { title: 'DOCUMENT', cell: ({ document }) => document },
      { title: 'SAID', cell: ({ action }) => action, alarming: ({ action }) => action === 'withdrawn' },
      { title: 'VERSION', cell: ({ version }) => version },
      { title: 'FORM', cell: ({ form, way }) => `${form}, ${way}` },
      print.timeColumn('AT', ({ at }) => at),
    ]);
  });
}

const PAGE = 500;
const FIELDS = Object.keys(consentJson({} as Consent)) as (keyof ReturnType<typeof consentJson>)[];

/** A field as office programs read it: quoted, and never taken for a formula. */
function csvField(value: Date | string): string {
  const text = value instanceof Date ? value.toISOString() : value;
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

function addExport(consents: Command, context: AdminContext): void {
  addLeaf(consents, 'export', {
    summary: 'records as CSV, or as JSON with --json, oldest first',
    examples: ['consents export --account anna@example.com --json', 'consents export --document marketing'],
  })
    .option('--account <id-or-email>', 'only those of one person')
    .option('--document <name>', 'only those about one document', readDocumentName)
    .option('--csv', 'as CSV, which is what comes without --json, too')
    .action(async (options: Answer & { account?: string; document?: DocumentName; csv?: true }) => {
      if (options.json && options.csv) throw new Failure('usage', 'Give --json or --csv, not both.');
      const { tools, print } = await startRun(context);
      const { document, account } = options;
      const accountId = account === undefined ? undefined : (await getAccount(tools.db, account)).id;
      const all: ReturnType<typeof consentJson>[] = [];
      if (!options.json) print.line(FIELDS.join(','));
      for (let after: string | undefined, more = true; more;) {
        const rows = await listConsentPage(tools.db, { accountId, document, after, limit: PAGE });
        const items = rows.map(consentJson);
        if (options.json) all.push(...items);
        else for (const item of items) print.line(FIELDS.map((name) => csvField(item[name])).join(','));
        after = rows.at(-1)?.number;
        more = rows.length === PAGE;
      }
      if (options.json) print.json({ items: all });
    });
}

function addWithdraw(consents: Command, context: AdminContext): void {
  addLeaf(consents, 'withdraw <account> <document>', {
    summary: 'write down that a person has taken a consent back by letter',
    examples: ['consents withdraw anna@example.com marketing --reason "letter 17 of 1 December"'],
  })
    .requiredOption('--reason <text>', 'the letter; kept in the audit trail', readText)
    .option('--yes', 'do not ask')
    .action(async (who: string, word: string, options: Answer & { reason: string; yes?: true }) => {
      const { tools, actor, print } = await startRun(context);
      const document = documentName(word);
      const account = await getAccount(tools.db, who);
      if (document !== 'marketing') {
        const what = 'All sign-ins of the account end, and its data must be destroyed within 30 days.';
        await confirm(context, options.yes, what);
      }
      const facts = { form: 'operator', way: 'letter', address: '', userAgent: '' } as const;
      const withdrawal = { accountId: account.id, document, facts, note: options.reason };
      const result = await withdrawConsent(withIssuer(tools), withdrawal, actor);
      if (result.outcome === 'absent')
        throw new Failure('conflict', `The account has no standing consent to ${document}.`);
      const destroyBy = result.outcome === 'closing' ? result.destroyBy : null;
      if (options.json) print.json({ account: account.id, document, destroy_by: destroyBy });
      else if (destroyBy === null) print.line(`The consent to ${document} is withdrawn.`);
      else
        print.line(`The consent to ${document} is withdrawn; destroy the data by ${print.time(destroyBy)}.`);
    });
}
