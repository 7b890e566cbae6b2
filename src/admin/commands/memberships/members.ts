import { InvalidArgumentError, Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { isUuid } from '../../../accounts/store';
import { storableText } from '../../../audit/audit';
import { addMember, changeMembership } from '../../../companies/memberships/change-membership';
import { readUnit, type CompanyUnit } from '../../../companies/identifiers';
import {
  companyClaim,
  type MembershipChange,
  type MembershipView,
} from '../../../companies/memberships/membership';
import { findCompanyByUnit, findMembership, listMemberships } from '../../../companies/memberships/store';
import { findDirectoryRow } from '../../../companies/store';
import { Failure, type AdminContext, type AdminTools } from '../../admin';
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

interface Answer {
  json?: true;
}

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
  addChange(
    members,
    context,
    'suspend',
    'let a membership rest; relying parties are told at the next refresh',
  );
  addChange(members, context, 'restore', 'let a suspended membership hold again');
  addChange(members, context, 'revoke', 'end a membership; relying parties are told at the next refresh');
};

const membershipJson = (view: MembershipView) => ({
  id: view.id,
  account_id: view.accountId,
  name: fullName(view),
  email: view.email,
  company: companyClaim(view),
  reason: view.reason,
  version: view.version,
  requested_at: view.requestedAt,
  decided_at: view.decidedAt,
  decided_by: view.decidedBy,
});

const unitText = ({ inn, kpp }: CompanyUnit): string => (kpp === null ? inn : `${inn}/${kpp}`);

const UNIT_FAULT =
  'The numbers are not those of a company: give --inn with 10 digits and --kpp, or 12 digits without --kpp.';

function readUnitOptions({ inn, kpp }: UnitOptions): CompanyUnit {
  const { unit } = readUnit({ inn: inn ?? '', kpp: kpp ?? '' });
  if (!unit) throw new Failure('usage', UNIT_FAULT);
  return unit;
}

async function naming({ db }: AdminTools, unit: CompanyUnit, given: string | undefined) {
  const known = await findCompanyByUnit(db, unit);
  if (known) return known;
  const listed = await findDirectoryRow(db, unit);
  if (listed) return { name: listed.name, nameSource: 'directory' as const, ogrn: listed.ogrn };
  const name = storableText((given ?? '').trim());
  if (name === '') {
    throw new Failure(
      'notFound',
      `The directory has no company ${unitText(unit)}; give its name with --name.`,
    );
  }
  return { name, nameSource: 'operator' as const, ogrn: null };
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
    .action(
      async (
        who: string,
        options: Answer & UnitOptions & { name?: string; role: 'member' | 'contact'; canAct?: true },
      ) => {
        const { tools, actor, print } = await startRun(context);
        const unit = readUnitOptions(options);
        const account = await getAccount(tools.db, who);
        const given = {
          accountId: account.id,
          unit,
          naming: await naming(tools, unit, options.name),
          role: options.role,
          canAct: options.canAct ?? false,
        };
        const membership = await addMember(tools, given, actor);
        if (!membership) {
          throw new Failure(
            'conflict',
            `The account stands in ${unitText(unit)} already; members list --account ${account.id} shows it.`,
          );
        }
        const view = await getMembership(tools, membership.id);
        if (options.json) print.json(membershipJson(view));
        else print.line(`${fullName(view)} is now a ${view.role} of ${view.companyName} (${view.id}).`);
      },
    );
}

async function getMembership({ db }: AdminTools, id: string): Promise<MembershipView> {
  const view = isUuid(id) ? await findMembership(db, id) : undefined;
  if (!view) throw new Failure('notFound', 'There is no membership of this id; members list shows them.');
  return view;
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
      const { db } = tools;
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
        print.json({ items: items.map(membershipJson), next });
        return;
      }
      print.table(items, [
        { title: 'ID', cell: ({ id }) => id },
        { title: 'PERSON', cell: (view) => fullName(view) },
        { title: 'COMPANY', cell: (view) => unitText(view) },
        { title: 'ROLE', cell: ({ role, canAct }) => (canAct ? `${role}, acts` : role) },
        { title: 'STATUS', cell: ({ status }) => status, alarming: ({ status }) => status === 'suspended' },
      ]);
      noteNext(print, next);
    },
  );
}

function reasonText(text: string): string {
  const reason = storableText(text.trim());
  if (reason === '') throw new InvalidArgumentError('Give a reason: whoever is asked later needs one.');
  return reason;
}

function addChange(members: Command, context: AdminContext, kind: MembershipChange, summary: string): void {
  addLeaf(members, `${kind} <id>`, {
    summary,
    examples: [`members ${kind} 3f0c6f0e-6f4a-4a53-9b41-5d0b6a2f7c11 --reason "power of attorney has ended"`],
  })
    .requiredOption('--reason <text>', 'why; kept with the membership and in the audit trail', reasonText)
    .action(async (id: string, { json, reason }: Answer & { reason: string }) => {
      const { tools, actor, print } = await startRun(context);
      const before = await getMembership(tools, id);
      const moved = await changeMembership(tools, id, { kind, reason }, actor);
      if (!moved)
        throw new Failure('conflict', `The membership is ${before.status}: there is nothing to ${kind}.`);
      const view = await getMembership(tools, id);
      if (json) print.json(membershipJson(view));
      else print.line(`The membership of ${fullName(view)} in ${view.companyName} is now ${view.status}.`);
    });
}
