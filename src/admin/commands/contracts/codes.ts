import { InvalidArgumentError, Option, type Command } from 'commander';
import { isUuid } from '../../../accounts/store';
import type { CompanyUnit } from '../../../companies/identifiers';
import { findCompanyByUnit } from '../../../companies/memberships/store';
import { findCode, listCodes, type CodeView } from '../../../contracts/code-store';
import { isLive, printedCode } from '../../../contracts/codes';
import { normalContractNumber } from '../../../contracts/contract';
import { issueActivationCodes, revokeActivationCode } from '../../../contracts/issue-codes';
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
import { namingOf, readCompany, unitText } from '../memberships/application';

/** `codes`: what the office hands out, so that nobody has to approve the person. */
export const addCodes: AddCommands = (program, context) => {
  const codes = addNoun(program, 'codes', {
    summary: 'activation codes for a company or a contract',
    examples: ['codes issue --company 7707083893/773601001 --can-act'],
  });
  addIssue(codes, context);
  addList(codes, context);
  addRevoke(codes, context);
};

export function readContractNumber(text: string): string {
  const number = normalContractNumber(text);
  if (number === undefined) throw new InvalidArgumentError('The number of a contract has 14 digits.');
  return number;
}

function readCount(most: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`);
    return count;
  };
}

const UNITS: Readonly<Record<string, number>> = { h: 3600, d: 86_400 };
const LONGEST = 366 * 86_400;

/** `30d`, `12h` in seconds. */
function readDuration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds < 1 || seconds > LONGEST)
    throw new InvalidArgumentError('Give hours or days, such as 12h or 30d, up to 366d.');
  return seconds;
}

interface IssueOptions extends Answer {
  company?: CompanyUnit;
  name?: string;
  contract?: string;
  uses: number;
  expiresIn: number;
  role: 'member' | 'contact';
  canAct?: true;
  count: number;
}

const REFUSED = {
  ended: 'The contract has ended: it can be in no account any more.',
  held: 'The contract is in an account already; contracts release takes it out.',
};

function addIssue(codes: Command, context: AdminContext): void {
  addLeaf(codes, 'issue', {
    summary: 'make codes and print them, once; nobody can read them again',
    examples: [
      'codes issue --contract 78000000000017',
      'codes issue --company 7707083893/773601001 --role contact --can-act --expires-in 7d',
      'codes issue --company 780099999967 --uses 5 --count 10 --json',
    ],
  })
    .option('--company <inn/kpp>', 'makes its user a member of this company', readCompany)
    .option('--name <name>', 'short name of the company, where the directory does not have it')
    .option('--contract <number>', 'brings this contract into its user’s account', readContractNumber)
    .option('--uses <n>', 'how many people may use each code', readCount(1000), 1)
    .addOption(
      new Option('--expires-in <time>', 'such as 12h or 30d')
        .argParser(readDuration)
        .default(30 * 86_400, '30d'),
    )
    .addOption(new Option('--role <role>', 'in the company').choices(['member', 'contact']).default('member'))
    .option('--can-act', 'may act for the company, not only read')
    .option('--count <n>', 'how many codes', readCount(1000), 1)
    .action(async (options: IssueOptions) => {
      const { tools, actor, print } = await startRun(context);
      const { company: unit, contract, role, count } = options;
      if (!unit && contract === undefined)
        throw new Failure('usage', 'Say what the code is for: --company, --contract, or both.');
      if (contract !== undefined && options.uses > 1)
        throw new Failure('usage', 'A contract is in one account, so its code has one use.');
      const company = unit && { unit, naming: await namingOf(tools, unit, options.name) };
      const issued = await issueActivationCodes(
        tools,
        {
          ...{ company, contract, role, count, canAct: options.canAct ?? false },
          ...{ maxUses: options.uses, ttlSeconds: options.expiresIn },
        },
        actor,
      );
      if (typeof issued === 'string') throw new Failure('conflict', REFUSED[issued]);
      if (options.json)
        print.json({ items: issued.map(({ id, code }) => ({ id, code: printedCode(code) })) });
      else for (const { code } of issued) print.line(printedCode(code));
      print.note('Keep what is printed: it is not shown again.');
    });
}

const codeState = (code: CodeView, now: Date): string => {
  if (code.revokedAt !== null) return 'revoked';
  if (code.uses >= code.maxUses) return 'used';
  return isLive(code, now) ? 'live' : 'expired';
};

const codeJson = (code: CodeView, now: Date) => ({
  id: code.id,
  state: codeState(code, now),
  company: code.inn === null ? null : { inn: code.inn, kpp: code.kpp, name: code.companyName },
  contract: code.contractNumber,
  role: code.role,
  can_act: code.canAct,
  uses: code.uses,
  max_uses: code.maxUses,
  expires_at: code.expiresAt,
  created_at: code.createdAt,
  created_by: code.createdBy,
  revoked_at: code.revokedAt,
  revoked_by: code.revokedBy,
});

interface ListOptions extends Answer, PageOptions {
  company?: CompanyUnit;
  contract?: string;
  live?: true;
}

function addList(codes: Command, context: AdminContext): void {
  addPaging(
    addLeaf(codes, 'list', {
      summary: 'what was issued; the codes themselves are not kept',
      examples: ['codes list --live', 'codes list --contract 78000000000017 --json'],
    }),
  )
    .option('--company <inn/kpp>', 'only those for one company', readCompany)
    .option('--contract <number>', 'only those for one contract', readContractNumber)
    .option('--live', 'only those that still open something')
    .action(async (options: ListOptions) => {
      const { limit, after, company, contract, live } = options;
      const run = await startRun(context);
      const { tools } = run;
      if (after !== undefined && !isUuid(after)) throw badCursor();
      const now = tools.clock.now();
      const known = company && (await findCompanyByUnit(tools.db, company));
      if (company && !known) throw new Failure('notFound', `No company ${unitText(company)} is known.`);
      const rows = await listCodes(tools.db, {
        ...{ companyId: known?.id, contractNumber: contract, liveAt: live && now },
        ...{ after, limit: limit + 1 },
      });
      const page = cutPage(rows, limit, ({ id }) => id);
      answerPage(run, options, page, (code) => codeJson(code, now), [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'COMPANY', cell: ({ inn, kpp }) => (inn === null ? '–' : unitText({ inn, kpp })) },
        { title: 'CONTRACT', cell: ({ contractNumber }) => contractNumber ?? '–' },
        { title: 'USES', cell: ({ uses, maxUses }) => `${uses}/${maxUses}` },
        { title: 'STATE', cell: (code) => codeState(code, now) },
      ]);
    });
}

function addRevoke(codes: Command, context: AdminContext): void {
  addLeaf(codes, 'revoke <id>', {
    summary: 'let a code open nothing any more; what it has opened stays',
    examples: ['codes revoke 6f1f2a52-0a6e-4d4b-9f3e-5a4f3c2b1a00'],
  }).action(async (id: string, { json }: Answer) => {
    const { tools, actor, print } = await startRun(context);
    const code = isUuid(id) ? await findCode(tools.db, id) : undefined;
    if (!code) throw new Failure('notFound', 'There is no code of this id; codes list shows them.');
    const now = tools.clock.now();
    if (!(await revokeActivationCode(tools, code.id, actor)))
      throw new Failure('conflict', `The code is ${codeState(code, now)}: it opens nothing any more.`);
    const revoked = await findCode(tools.db, id);
    if (json && revoked) print.json(codeJson(revoked, now));
    else print.line('The code is revoked.');
  });
}
