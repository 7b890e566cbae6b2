import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import {
  contractClaim,
  normalContractNumber,
  type Contract,
  type HeldContract,
} from '../../../contracts/contract';
import { readContractFile, type ContractFile } from '../../../contracts/contract-file';
import { endContract, releaseContract } from '../../../contracts/end-contract';
import { importContracts, type ContractCounts } from '../../../contracts/import-contracts';
import { findContract, listContracts } from '../../../contracts/store';
import { Failure, type AdminContext } from '../../admin';
import {
  addLeaf,
  addNoun,
  addPaging,
  badCursor,
  confirm,
  cutPage,
  noteNext,
  startRun,
  type AddCommands,
  type PageOptions,
} from '../../command';
import { getAccount } from '../../find-account';
import type { Printer } from '../../print/printer';
import { readText, unitText, withIssuer } from '../memberships/application';

interface Answer {
  json?: true;
}

/** `contracts`: which there are, in whose accounts, and that they end. */
export const addContracts: AddCommands = (program, context) => {
  const contracts = addNoun(program, 'contracts', {
    summary: 'contracts that people add to their accounts; relying parties are told in the claim contracts',
    examples: ['contracts import contracts.csv --dry-run'],
  });
  addImport(contracts, context);
  addList(contracts, context);
  addEnd(contracts, context);
  addRelease(contracts, context);
};

const MAX_FILE = 64 * 1024 * 1024;
/** More would scroll away; the counts tell the rest. */
const SHOWN_LINES = 50;

const FAULTS = {
  damaged_text: 'The file is UTF-8 with damaged places; export it again, in UTF-8 or windows-1251.',
  no_header: 'The first line of the file must name the column number; docs/cli.md shows one.',
};

function addImport(contracts: Command, context: AdminContext): void {
  addLeaf(contracts, 'import <file>', {
    summary: 'bring in contracts from a CSV file: number, inn, kpp, company, status, reason',
    examples: ['contracts import contracts.csv --dry-run', 'contracts import contracts.csv --json'],
  })
    .option('--dry-run', 'check everything and say what would happen')
    .action(async (path: string, { json, dryRun = false }: Answer & { dryRun?: boolean }) => {
      const { tools, actor, print } = await startRun(context);
      const bytes = await context.io.readFile(path, MAX_FILE);
      const file = readContractFile(bytes);
      if ('fault' in file) throw new Failure('usage', FAULTS[file.fault]);
      if (file.entries.length === 0)
        throw new Failure('usage', 'No line of the file can be used; nothing was imported.');
      const from = { file: basename(path), sha256: createHash('sha256').update(bytes).digest('hex') };
      const counts = await importContracts(withIssuer(tools), file, from, { actor, dryRun });
      if (json) print.json({ dry_run: dryRun, ...importJson(file, counts) });
      else printImport(print, file, counts);
      if (dryRun) print.note('Nothing was stored (dry run).');
    });
}

const refusedLines = (file: ContractFile, counts: ContractCounts) =>
  [...file.refused, ...counts.refused].sort((a, b) => a.line - b.line);

const importJson = (file: ContractFile, counts: ContractCounts) => ({
  added: counts.added,
  known: counts.known,
  ended: counts.ended,
  duplicates: file.duplicates,
  refused: refusedLines(file, counts).length,
  refused_lines: refusedLines(file, counts).slice(0, SHOWN_LINES),
});

function printImport(print: Printer, file: ContractFile, counts: ContractCounts): void {
  const refused = refusedLines(file, counts);
  print.facts([
    ['added', String(counts.added)],
    ['known', String(counts.known)],
    ['ended', String(counts.ended)],
    ['duplicates', String(file.duplicates)],
    ['refused', String(refused.length)],
  ]);
  if (refused.length === 0) return;
  print.table(refused.slice(0, SHOWN_LINES), [
    { title: 'LINE', cell: ({ line }) => String(line) },
    { title: 'PROBLEM', cell: ({ problem }) => problem },
  ]);
  const hidden = refused.length - SHOWN_LINES;
  if (hidden > 0) print.note(`${hidden} more refused lines are not shown.`);
}

const contractJson = (contract: HeldContract) => ({
  ...contractClaim(contract),
  status: contract.status,
  account: contract.accountId,
  held_since: contract.heldSince,
  ended_at: contract.endedAt,
  end_reason: contract.endReason,
  source: contract.source,
  created_at: contract.createdAt,
});

function addList(contracts: Command, context: AdminContext): void {
  addPaging(
    addLeaf(contracts, 'list', {
      summary: 'contracts by number',
      examples: ['contracts list --account anna@example.com', 'contracts list --status ended --json'],
    }),
  )
    .option('--account <id-or-email>', 'only those of one person')
    .addOption(new Option('--status <status>', 'only those in this state').choices(['active', 'ended']))
    .action(async (options: PageOptions & Answer & { account?: string; status?: Contract['status'] }) => {
      const { limit, after, account, status } = options;
      const { tools, print } = await startRun(context);
      if (after !== undefined && normalContractNumber(after) === undefined) throw badCursor();
      const accountId = account === undefined ? undefined : (await getAccount(tools.db, account)).id;
      const rows = await listContracts(tools.db, { accountId, status, after, limit: limit + 1 });
      const { items, next } = cutPage(rows, limit, ({ number }) => number);
      if (options.json) {
        print.json({ items: items.map(contractJson), next });
        return;
      }
      print.table(items, [
        { title: 'NUMBER', cell: ({ number }) => number },
        { title: 'COMPANY', cell: ({ inn, kpp }) => (inn === null ? '–' : unitText({ inn, kpp })) },
        { title: 'ACCOUNT', cell: ({ accountId: holder }) => holder ?? '–' },
        { title: 'STATUS', cell: (one) => one.status },
      ]);
      noteNext(print, next);
    });
}

const ABSENT = 'There is no contract of this number; contracts list shows them.';

function addEnd(contracts: Command, context: AdminContext): void {
  addLeaf(contracts, 'end <number>', {
    summary: 'end a contract with its codes; relying parties are told at the next refresh',
    examples: ['contracts end 78000000000017 --reason "Срок договора истёк" --yes'],
  })
    .requiredOption('--reason <text>', 'why; the person who holds it reads it', readText)
    .option('--yes', 'do not ask')
    .action(async (typed: string, { json, reason, yes }: Answer & { reason: string; yes?: true }) => {
      const { tools, actor, print } = await startRun(context);
      const number = normalContractNumber(typed) ?? '';
      if (!(await findContract(tools.db, number))) throw new Failure('notFound', ABSENT);
      await confirm(context, yes, `The contract ${number} ends for good.`);
      const outcome = await endContract(withIssuer(tools), { number, reason }, actor);
      if (outcome !== 'done') throw new Failure('conflict', 'The contract has ended already.');
      await tell(print, tools.db, number, json, `The contract ${number} has ended.`);
    });
}

function addRelease(contracts: Command, context: AdminContext): void {
  addLeaf(contracts, 'release <number>', {
    summary: 'take a contract out of the account that holds it; a new code adds it elsewhere',
    examples: ['contracts release 78000000000017 --reason "Сотрудник больше не работает в компании"'],
  })
    .requiredOption('--reason <text>', 'why; the person who held it reads it', readText)
    .action(async (typed: string, { json, reason }: Answer & { reason: string }) => {
      const { tools, actor, print } = await startRun(context);
      const number = normalContractNumber(typed) ?? '';
      const outcome = await releaseContract(withIssuer(tools), { number, reason }, actor);
      if (outcome === 'absent') throw new Failure('notFound', ABSENT);
      if (outcome === 'free') throw new Failure('conflict', 'The contract is in no account.');
      await tell(print, tools.db, number, json, `The contract ${number} is in no account any more.`);
    });
}

async function tell(
  print: Printer,
  db: Parameters<typeof findContract>[0],
  number: string,
  json: true | undefined,
  sentence: string,
): Promise<void> {
  const contract = await findContract(db, number);
  if (json && contract) print.json(contractJson(contract));
  else print.line(sentence);
}
