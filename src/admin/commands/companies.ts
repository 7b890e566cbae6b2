import type { Command } from 'commander';
import { findCompany } from '../../companies/directory';
import type { ImportCounts } from '../../companies/import/batches';
import { readCompanyFile, type CompanyFile } from '../../companies/import/directory-file';
import { createCompanyDirectories } from '../../companies/directories';
import { readUnit } from '../../companies/identifiers';
import { importCompanies, planImport } from '../../companies/import/import-companies';
import type { CompanyFacts } from '../../companies/company';
import { parseEmail } from '../../accounts/email-address';
import { findCompanyEmail, setCompanyEmail } from '../../companies/memberships/own/company-email';
import { Failure, type AdminContext } from '../admin';
import { addLeaf, addNoun, startRun, type AddCommands } from '../command';
import {
  noteDryRun,
  nothingUsable,
  printRefused,
  readImport,
  refusedJson,
  type ImportOptions,
} from '../import-file';
import type { Printer } from '../print/printer';

/** `companies`: the local directory, and what the directories know. */
export const addCompanies: AddCommands = (program, context) => {
  const companies = addNoun(program, 'companies', {
    summary: 'the directories that companies are looked up in',
    examples: ['companies import companies.csv --dry-run'],
  });
  addImport(companies, context);
  addFind(companies, context);
  addEmail(companies, context);
};

const NO_HEADING =
  'No heading with the columns ИНН and Наименование stands within the first 10 lines of the file; docs/companies.md shows what it should hold.';

function addImport(companies: Command, context: AdminContext): void {
  addLeaf(companies, 'import <file>', {
    summary:
      'fill the local directory from a CSV file; lines that cannot be used are told, the others stored',
    examples: ['companies import companies.csv --dry-run', 'companies import companies.csv --json'],
  })
    .option('--dry-run', 'check everything and say what would happen')
    .action(async (path: string, { json, dryRun }: ImportOptions) => {
      const run = await startRun(context);
      const { tools, actor, print } = run;
      const { file, from } = await readImport(run, path, readCompanyFile, NO_HEADING);
      const empty = file.entries.length === 0;
      const counts =
        dryRun === true || empty
          ? await planImport(tools.db, file)
          : await importCompanies(tools, file, { actor, ...from });
      if (json) print.json({ dry_run: dryRun === true, ...importJson(file, counts) });
      else printImport(print, file, counts);
      if (empty) throw nothingUsable();
      noteDryRun(print, dryRun);
    });
}

function countProblems({ refused }: CompanyFile): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { problem } of refused) counts[problem] = (counts[problem] ?? 0) + 1;
  return counts;
}

const importJson = (file: CompanyFile, { added, updated }: ImportCounts) => ({
  encoding: file.encoding,
  separator: file.separator,
  added,
  updated,
  duplicates: file.duplicates,
  refused_by_problem: countProblems(file),
  ...refusedJson(file.refused),
});

function printImport(print: Printer, file: CompanyFile, { added, updated }: ImportCounts): void {
  print.facts([
    ['encoding', file.encoding],
    ['separator', file.separator === '\t' ? 'tab' : file.separator],
    ['added', String(added)],
    ['updated', String(updated)],
    ['duplicates', String(file.duplicates)],
    ['refused', String(file.refused.length)],
    ...Object.entries(countProblems(file)).map(([problem, n]): [string, string] => ['', `${n} ${problem}`]),
  ]);
  printRefused(print, file.refused, [{ title: 'VALUE', cell: ({ value }) => value, shrinks: true }]);
}

const companyJson = (company: CompanyFacts) => ({
  inn: company.inn,
  kpp: company.kpp,
  ogrn: company.ogrn,
  name: company.name,
  full_name: company.fullName,
  kind: company.kind,
  status: company.status,
  branch: company.branch,
  address: company.address,
  source: company.source,
  checked_at: company.checkedAt,
});

function addFind(companies: Command, context: AdminContext): void {
  addLeaf(companies, 'find <inn> [kpp]', {
    summary: 'ask the directories as a registration does; without КПП for the head office or the person',
    examples: ['companies find 7707083893 773601001', 'companies find 784806113663 --json'],
  }).action(async (inn: string, kpp: string | undefined, { json }: { json?: true }) => {
    const { tools, print } = await startRun(context);
    const { unit, problems } = readUnit({ inn, kpp: kpp ?? '' }, { headIfNoKpp: true });
    if (problems) {
      const rules = {
        inn: 'an ИНН has 10 or 12 digits, the last of them checks the rest',
        kpp: 'a КПП has 9 signs, and only companies have one',
      };
      const broken = (Object.keys(problems) as (keyof typeof rules)[]).map((name) => rules[name]);
      throw new Failure('usage', `These numbers cannot be right: ${broken.join('; ')}.`);
    }
    // No store: an operator wants to see what is said now.
    const directories = createCompanyDirectories(tools);
    const lookup = await findCompany(directories, { inn: unit.inn, kpp: unit.kpp ?? undefined });
    if (lookup.outcome === 'absent') throw new Failure('notFound', 'No directory has this company.');
    if (lookup.outcome === 'unavailable')
      throw new Failure('unavailable', `A directory gave no answer (${lookup.reason}); try again later.`);
    const { company } = lookup;
    if (json) print.json(companyJson(company));
    else
      print.facts([
        ['inn', company.inn],
        ['kpp', company.kpp ?? '–'],
        ['ogrn', company.ogrn ?? '–'],
        ['name', company.name],
        ['full name', company.fullName],
        ['kind', company.kind],
        ['status', company.status],
        ['branch', company.branch],
        ['address', company.address ?? '–'],
        ['source', company.source],
        ['checked', print.time(company.checkedAt)],
      ]);
  });
}

function addEmail(companies: Command, context: AdminContext): void {
  addLeaf(companies, 'email <unit> [address]', {
    summary: 'show or record where a company itself is written to: codes to add and remove it go there',
    examples: ['companies email 7707083893/773601001 office@example.com', 'companies email 784806113663'],
  })
    .option('--clear', 'take the recorded address away')
    .action(
      async (typed: string, address: string | undefined, { json, clear }: { json?: true; clear?: true }) => {
        const { tools, actor, print } = await startRun(context);
        const [inn = '', kpp = ''] = typed.split('/', 2);
        const { unit } = readUnit({ inn, kpp });
        if (!unit) throw new Failure('usage', 'Name the company as ИНН/КПП, a sole proprietor as ИНН.');
        if (clear && address !== undefined)
          throw new Failure('usage', '--clear and an address contradict each other; keep one.');
        if (address !== undefined || clear) {
          const email = clear ? null : parseEmail(address ?? '')?.value;
          if (email === undefined) throw new Failure('usage', 'This is no e-mail address.');
          const known = await setCompanyEmail(tools, { unit, email }, actor);
          if (!known)
            throw new Failure('notFound', 'Neither a person nor the local directory knows this company.');
        }
        const email = (await findCompanyEmail(tools.db, unit)) ?? null;
        if (json) print.json({ ...unit, email });
        else
          print.facts([
            ['company', typed],
            ['email', email ?? '–'],
          ]);
      },
    );
}
