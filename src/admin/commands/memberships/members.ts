import { Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { readUnit, type CompanyUnit } from '../../../companies/identifiers';
import { addMember } from '../../../companies/memberships/change-membership';
import { mayAct } from '../../../companies/memberships/membership';
import { listMemberships } from '../../../companies/memberships/store';
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
import {
  getMembership,
  membershipJson,
  namingOf,
  readLastDay,
  unitText,
  withIssuer,
  type Answer,
} from './application';
import { addChanges } from './change';

interface UnitOptions {
  inn?: string;
  kpp?: string;
}

/** `members`: who stands for which company, and with which rights. */
export const addMembers: AddCommands = (program, context) => {
  const members = addNoun(program, 'members', {
    summary: 'who belongs to which company; relying parties are told in the claim companies',
    examples: ['members list --inn 7707083893 --kpp 773601001'],
  });
  addAdd(members, context);
  addList(members, context);
  addChanges(members, context);
};

const UNIT_FAULT =
  'The numbers are not those of a company: give --inn with 10 digits and --kpp, or 12 digits without --kpp.';

function readUnitOptions({ inn, kpp }: UnitOptions): CompanyUnit {
  const { unit } = readUnit({ inn: inn ?? '', kpp: kpp ?? '' });
  if (!unit) throw new Failure('usage', UNIT_FAULT);
  return unit;
}

function addAdd(members: Command, context: AdminContext): void {
  addLeaf(members, 'add <account>', {
    summary: 'make a person a member of a company at once',
    examples: ['members add anna@example.com --inn 7707083893 --kpp 773601001 --role contact --can-act'],
  })
    .requiredOption('--inn <inn>', 'ИНН of the company')
    .option('--kpp <kpp>', 'КПП; left out for a sole proprietor')
    .option('--name <name>', 'its short name, where the directory does not have it')
    .addOption(
      new Option('--role <role>', 'member, or contact who may approve colleagues')
        .choices(['member', 'contact'])
        .default('member'),
    )
    .option('--can-act', 'may act for the company, not only read')
    .option('--can-act-until <day>', 'the same, up to the end of this day (YYYY-MM-DD, Moscow)', readLastDay)
    .action(
      async (
        who: string,
        options: Answer &
          UnitOptions & { name?: string; role: 'member' | 'contact'; canAct?: true; canActUntil?: Date },
      ) => {
        const { tools, actor, print } = await startRun(context);
        const unit = readUnitOptions(options);
        const account = await getAccount(tools.db, who);
        const given = {
          accountId: account.id,
          unit,
          naming: await namingOf(tools, unit, options.name),
          role: options.role,
          canAct: options.canAct ?? options.canActUntil !== undefined,
          canActUntil: options.canActUntil,
        };
        const membership = await addMember(withIssuer(tools), given, actor);
        if (!membership) {
          throw new Failure(
            'conflict',
            `The account stands in ${unitText(unit)} already; members list --account ${account.id} shows it.`,
          );
        }
        const view = await getMembership(tools, membership.id);
        if (options.json) print.json(membershipJson(view, tools.clock.now()));
        else print.line(`${fullName(view)} is now a ${view.role} of ${view.companyName} (${view.id}).`);
      },
    );
}

const STATUSES = ['requested', 'approved', 'declined', 'suspended', 'revoked', 'expired'] as const;

function addList(members: Command, context: AdminContext): void {
  const leaf = addLeaf(members, 'list', {
    summary: 'memberships, oldest first',
    examples: [
      'members list --account anna@example.com',
      'members list --inn 7707083893 --kpp 773601001 --json',
    ],
  })
    .option('--account <id-or-email>', 'only those of one person')
    .option('--inn <inn>', 'only those in one company')
    .option('--kpp <kpp>', 'its КПП')
    .addOption(new Option('--status <status>', 'only those in this state').choices(STATUSES));
  addPaging(leaf).action(
    async (
      options: Answer & PageOptions & UnitOptions & { account?: string; status?: (typeof STATUSES)[number] },
    ) => {
      const { tools, print } = await startRun(context);
      const { db, clock } = tools;
      const now = clock.now();
      const after =
        options.after === undefined
          ? undefined
          : await getMembership(tools, options.after).catch(() => undefined);
      if (options.after !== undefined && !after) throw badCursor();
      const rows = await listMemberships(db, {
        accountId: options.account === undefined ? undefined : (await getAccount(db, options.account)).id,
        unit: options.inn === undefined ? undefined : readUnitOptions(options),
        status: options.status,
        after,
        limit: options.limit + 1,
      });
      const { items, next } = cutPage(rows, options.limit, ({ id }) => id);
      if (options.json) {
        print.json({ items: items.map((view) => membershipJson(view, now)), next });
        return;
      }
      print.table(items, [
        { title: 'NUMBER', cell: ({ number }) => String(number) },
        { title: 'ID', cell: ({ id }) => id },
        { title: 'PERSON', cell: (view) => fullName(view) },
        { title: 'COMPANY', cell: (view) => unitText(view) },
        { title: 'ROLE', cell: (view) => (mayAct(view, now) ? `${view.role}, acts` : view.role) },
        { title: 'STATUS', cell: ({ status }) => status, alarming: ({ status }) => status === 'suspended' },
      ]);
      noteNext(print, next);
    },
  );
}
