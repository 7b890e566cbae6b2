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
  answerPage,
  badCursor,
  confirm,
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
import { readText, unitText, withIssuer } from '../memberships/application';

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

const NO_HEADING =
  'No heading with the column number stands within the first 10 lines of the file; docs/cli.md shows one.';

function addImport(contracts: Command, context: AdminContext): void {
  addLeaf(contracts, 'import <file>', {
    summary: 'bring in contracts from a CSV file: number, inn, kpp, company, status, reason',
    examples: ['contracts import contracts.csv --dry-run', 'contracts import contracts.csv --json'],
  })
    .option('--dry-run', 'check everything and say what would happen')
    .action(async (path: string, { json, dryRun }: ImportOptions) => {
      const run = await startRun(context);
      const { tools, actor, print } = run;
      const { file, from } = await readImport(run, path, readContractFile, NO_HEADING);
      if (file.entries.length === 0) throw nothingUsable();
      const how = { actor, dryRun: dryRun === true };
      const counts = await importContracts(withIssuer(tools), file, from, how);
      if (json) print.json({ dry_run: how.dryRun, ...importJson(file, counts) });
      else printImport(print, file, counts);
      noteDryRun(print, dryRun);
    });
}

const refusedLines = (file: ContractFile, counts: ContractCounts) =>
  [...file.refused, ...counts.refused].sort((a, b) => a.line - b.line);

const importJson = (file: ContractFile, counts: ContractCounts) => ({
  added: counts.added,
  known: counts.known,
  ended: counts.ended,
  duplicates: file.duplicates,
  ...refusedJson(refusedLines(file, counts)),
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
  printRefused(print, refused);
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
      const run = await startRun(context);
      const { tools } = run;
      if (after !== undefined && normalContractNumber(after) === undefined) throw badCursor();
      const accountId = account === undefined ? undefined : (await getAccount(tools.db, account)).id;
      const rows = await listContracts(tools.db, { accountId, status, after, limit: limit + 1 });
      const page = cutPage(rows, limit, ({ number }) => number);
      answerPage(run, options, page, contractJson, [
        { title: 'NUMBER', cell: ({ number }) => number },
        { title: 'COMPANY', cell: ({ inn, kpp }) => (inn === null ? '–' : unitText({ inn, kpp })) },
        { title: 'ACCOUNT', cell: ({ accountId: holder }) => holder ?? '–' },
        { title: 'STATUS', cell: (one) => one.status },
      ]);
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
