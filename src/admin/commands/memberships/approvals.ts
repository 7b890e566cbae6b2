import { InvalidArgumentError, Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { findProfile } from '../../../accounts/store';
import { storableText } from '../../../audit/audit';
import {
  approveMembership,
  declineMembership,
  type DecisionResult,
  type SeenApplication,
} from '../../../companies/memberships/decide-membership';
import { companyClaim, type MembershipView } from '../../../companies/memberships/membership';
import { findMembershipByNumber, listMemberships } from '../../../companies/memberships/store';
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
  type Run,
} from '../../command';

interface Answer {
  json?: true;
}

/** `approvals`: who asked to be let into a company, and what is decided about it. */
export const addApprovals: AddCommands = (program, context) => {
  const approvals = addNoun(program, 'approvals', {
    summary: 'applications of people who registered: look at them, approve or decline',
    examples: ['approvals list', 'approvals show 17', 'approvals approve 17 --version 1 --can-act'],
  });
  addList(approvals, context);
  addShow(approvals, context);
  addApprove(approvals, context);
  addDecline(approvals, context);
};

const applicationJson = (view: MembershipView) => ({
  number: view.number,
  version: view.version,
  account_id: view.accountId,
  name: fullName(view),
  email: view.email,
  company: companyClaim(view),
  company_name_source: view.nameSource,
  reason: view.reason,
  requested_at: view.requestedAt,
  decided_at: view.decidedAt,
  decided_by: view.decidedBy,
});

const unitText = ({ inn, kpp }: MembershipView): string => (kpp === null ? inn : `${inn}/${kpp}`);

function readNumber(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('Give a whole number from 1; approvals list shows them.');
  return number;
}

async function getApplication({ db }: AdminTools, number: number): Promise<MembershipView> {
  const view = await findMembershipByNumber(db, number);
  if (!view)
    throw new Failure('notFound', 'There is no application of this number; approvals list shows them.');
  return view;
}

function addList(approvals: Command, context: AdminContext): void {
  const leaf = addLeaf(approvals, 'list', {
    summary: 'applications that wait, oldest first',
    examples: ['approvals list', 'approvals list --limit 200 --json'],
  });
  addPaging(leaf).action(async (options: Answer & PageOptions) => {
    const { tools, print } = await startRun(context);
    const from = /^\d{1,9}$/.test(options.after ?? '') ? Number(options.after) : 0;
    const after = await findMembershipByNumber(tools.db, from);
    if (options.after !== undefined && !after) throw badCursor();
    const rows = await listMemberships(tools.db, { status: 'requested', after, limit: options.limit + 1 });
    const { items, next } = cutPage(rows, options.limit, ({ number }) => String(number));
    if (options.json) {
      print.json({ items: items.map(applicationJson), next });
      return;
    }
    print.table(items, [
      { title: 'NUMBER', cell: ({ number }) => String(number) },
      { title: 'PERSON', cell: (view) => fullName(view) },
      { title: 'COMPANY', cell: ({ companyName }) => companyName },
      { title: 'ИНН/КПП', cell: unitText },
      print.ageColumn(({ requestedAt }) => requestedAt),
    ]);
    noteNext(print, next);
  });
}

const NAME_SOURCES: Record<MembershipView['nameSource'], string> = {
  directory: 'found in a directory',
  operator: 'given by an operator',
  person: 'typed by a person: check it, and correct it with --company-name',
};

function addShow(approvals: Command, context: AdminContext): void {
  addLeaf(approvals, 'show', {
    summary: 'one application with what a reviewer needs, and the version to name in the decision',
    examples: ['approvals show 17'],
  })
    .argument('<number>', 'number of the application', readNumber)
    .action(async (number: number, { json }: Answer) => {
      const { tools, print } = await startRun(context);
      const view = await getApplication(tools, number);
      const person = await findProfile(tools.db, view.accountId);
      const unit = { inn: view.inn, kpp: view.kpp };
      const members = await listMemberships(tools.db, { unit, status: 'approved', limit: 20 });
      const colleagues = members.map((member) => `${fullName(member)} (${member.role})`);
      if (json) {
        const { phone = null, phoneProved = false } = person ?? {};
        print.json({ ...applicationJson(view), phone, phone_verified: phoneProved, colleagues });
        return;
      }
      print.facts([
        ['Number', String(view.number)],
        ['Version', String(view.version)],
        ['Status', view.status],
        ['Asked', print.time(view.requestedAt)],
        ['Person', fullName(view)],
        ['E-mail', view.email ?? 'none'],
        ['Phone', person?.phone ? `${person.phone}${person.phoneProved ? '' : ' (not proved)'}` : 'none'],
        ['Company', view.companyName],
        ['ИНН/КПП', unitText(view)],
        ['Name', NAME_SOURCES[view.nameSource]],
        ['Members', colleagues.length === 0 ? 'nobody yet' : colleagues.join(', ')],
        ...(view.decidedAt === null
          ? []
          : ([['Decided', `${print.time(view.decidedAt)} by ${view.decidedBy ?? '?'}`]] as [
              string,
              string,
            ][])),
        ...(view.reason === null ? [] : ([['Reason', view.reason]] as [string, string][])),
      ]);
    });
}

const VERSION = 'version of the application that you looked at, as approvals show prints it';

function addApprove(approvals: Command, context: AdminContext): void {
  addLeaf(approvals, 'approve', {
    summary: 'let the person in; a mail tells them',
    examples: [
      'approvals approve 17 --version 1',
      'approvals approve 17 --version 1 --role contact --can-act',
    ],
  })
    .argument('<number>', 'number of the application', readNumber)
    .requiredOption('--version <n>', VERSION, readNumber)
    .addOption(
      new Option('--role <role>', 'member, or contact person of the company')
        .choices(['member', 'contact'])
        .default('member'),
    )
    .option('--can-act', 'may act for the company, not only read')
    .option('--company-name <name>', 'the company’s right name, where the person typed it', readText)
    .action(
      async (
        number: number,
        options: Answer & {
          version: number;
          role: 'member' | 'contact';
          canAct?: true;
          companyName?: string;
        },
      ) => {
        const { version, role, canAct = false, companyName } = options;
        await decide(context, options, { number, version }, (tools, actor) =>
          approveMembership(tools, { number, version, role, canAct, companyName }, actor),
        );
      },
    );
}

function addDecline(approvals: Command, context: AdminContext): void {
  addLeaf(approvals, 'decline', {
    summary: 'turn the application down; a mail tells the person why',
    examples: ['approvals decline 17 --version 1 --reason "Компания не подтвердила, что вы её сотрудник"'],
  })
    .argument('<number>', 'number of the application', readNumber)
    .requiredOption('--version <n>', VERSION, readNumber)
    .requiredOption('--reason <text>', 'why; the person reads it', readText)
    .action(async (number: number, options: Answer & { version: number; reason: string }) => {
      const { version, reason } = options;
      await decide(context, options, { number, version }, (tools, actor) =>
        declineMembership(tools, { number, version, reason }, actor),
      );
    });
}

function readText(text: string): string {
  const kept = storableText(text.trim());
  if (kept === '') throw new InvalidArgumentError('This must say something.');
  return kept;
}

type Act = (tools: Parameters<typeof approveMembership>[0], actor: Run['actor']) => Promise<DecisionResult>;

async function decide(
  context: AdminContext,
  { json }: Answer,
  { number, version }: SeenApplication,
  act: Act,
): Promise<void> {
  const { tools, actor, print } = await startRun(context);
  const result = await act({ ...tools, issuer: tools.config.issuer }, actor);
  const view = await getApplication(tools, number);
  if (result !== 'done') {
    const now = view.status === 'requested' ? `at version ${view.version}` : view.status;
    throw new Failure('conflict', `Application ${number} is not as in version ${version}: it is ${now}.`);
  }
  if (json) print.json(applicationJson(view));
  else print.line(`Application ${number} of ${fullName(view)} in ${view.companyName} is ${view.status}.`);
}
