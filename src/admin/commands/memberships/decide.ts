/** `approvals approve`, `decline`, `ask`: one application by its number, or many from a file. */
import { Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import type { CompanyUnit } from '../../../companies/identifiers';
import {
  approveMembership,
  askForMore,
  declineMembership,
  type ApprovalResult,
  type SeenApplication,
} from '../../../companies/memberships/decide-membership';
import {
  DECLINE_REASONS,
  type DeclineReason,
  type MembershipView,
} from '../../../companies/memberships/membership';
import type { Decider } from '../../../companies/memberships/policy';
import type { Grant } from '../../../companies/memberships/grant';
import { Failure, type AdminContext } from '../../admin';
import { addLeaf, startRun } from '../../command';
import type { Printer } from '../../print/printer';
import {
  getApplication,
  membershipJson,
  readCompany,
  readLastDay,
  readName,
  readNumber,
  readText,
  rightsText,
  withIssuer,
  type Answer,
} from './application';
import { decideMany } from './bulk';

export function addDecisions(approvals: Command, context: AdminContext): void {
  addApprove(approvals, context);
  addDecline(approvals, context);
  addAsk(approvals, context);
}

interface Choice extends Answer {
  version?: number;
  from?: string;
}

interface ApproveOptions extends Choice {
  role: 'member' | 'contact';
  canAct?: true;
  canActUntil?: Date;
  companyName?: string;
  company?: CompanyUnit;
  acceptPower?: true;
  validUntil?: Date;
  confirmLegacy?: true;
}

const VERSION = 'version of the application that you looked at, as approvals show prints it';
const FROM = 'decide many: lines with number and version, or what approvals list --json printed; - for stdin';

/** Number and version, or a file that has them. */
function addChoice(leaf: Command): Command {
  return leaf
    .argument('[number]', 'number of the application', readNumber)
    .option('--version <n>', VERSION, readNumber)
    .addOption(new Option('--from <file>', FROM).conflicts('version'));
}

function addApprove(approvals: Command, context: AdminContext): void {
  addChoice(
    addLeaf(approvals, 'approve', {
      summary: 'let the person in; a mail tells them',
      examples: [
        'approvals approve 17 --version 1',
        'approvals approve 17 --version 1 --role contact --can-act-until 2027-12-31',
        'approvals approve 17 --version 1 --accept-power --valid-until 2027-12-31 --confirm-legacy',
        'approvals approve --from applications.txt',
      ],
    }),
  )
    .addOption(
      new Option('--role <role>', 'member, or contact person who decides about colleagues')
        .choices(['member', 'contact'])
        .default('member'),
    )
    .option('--can-act', 'may act for the company, not only read')
    .option('--can-act-until <day>', 'the same, up to the end of this day (YYYY-MM-DD, Moscow)', readLastDay)
    .option('--company-name <name>', 'the company’s right name, where the person typed it', readName)
    .addOption(
      new Option('--company <inn[/kpp]>', 'the company that is meant, where the person gave other numbers')
        .argParser(readCompany)
        .conflicts('companyName'),
    )
    .option('--accept-power', 'accept the attached power of attorney: they may act for the company')
    .option('--valid-until <day>', 'its last day, where it does not say (YYYY-MM-DD, Moscow)', readLastDay)
    .option('--confirm-legacy', 'confirm the login of the older portal that the person claims')
    .action((number: number | undefined, options: ApproveOptions) => {
      const grant = readGrant(options);
      return decide(context, number, options, async (tools, seen, decider) => {
        for (const end of [grant.canActUntil, grant.acceptPower?.validUntil])
          if (end && end <= tools.clock.now()) throw new Failure('usage', 'The day that you gave is over.');
        return approveMembership(tools, { ...seen, ...grant }, decider);
      });
    });
}

function readGrant(options: ApproveOptions): Grant {
  const { role, canActUntil, companyName, company: joinCompany, confirmLegacy } = options;
  const { acceptPower, validUntil = null } = options;
  if (validUntil && !acceptPower)
    throw new Failure('usage', 'Use --valid-until together with --accept-power.');
  return {
    ...{ role, canActUntil, companyName, joinCompany, confirmLegacy },
    canAct: options.canAct ?? canActUntil !== undefined,
    acceptPower: acceptPower && { validUntil },
  };
}

function addDecline(approvals: Command, context: AdminContext): void {
  addChoice(
    addLeaf(approvals, 'decline', {
      summary: 'turn the application down; a mail tells the person why',
      examples: [
        'approvals decline 17 --version 1 --reason not_employee --comment "Позвоните в отдел кадров"',
        'approvals decline 17 --version 1 --reason other --comment "Обратитесь в ваш отдел перевозок"',
        'approvals decline --from applications.txt --reason duplicate',
      ],
    }),
  )
    .addOption(
      new Option('--reason <code>', 'why; the person reads it in their language')
        .choices(DECLINE_REASONS)
        .makeOptionMandatory(),
    )
    .option(
      '--comment <text>',
      'what the person should know beside it; with any reason, needed with other',
      readText,
    )
    .action((number: number | undefined, options: Choice & { reason: DeclineReason; comment?: string }) => {
      const { reason: reasonCode, comment = null } = options;
      if (reasonCode === 'other' && comment === null)
        throw new Failure('usage', 'With --reason other say why: add --comment.');
      return decide(context, number, options, (tools, seen, decider) =>
        declineMembership(tools, { ...seen, reasonCode, comment }, decider),
      );
    });
}

function addAsk(approvals: Command, context: AdminContext): void {
  addLeaf(approvals, 'ask', {
    summary: 'ask the person something before deciding; a mail tells them',
    examples: ['approvals ask 17 --version 1 --question "В каком отделе вы работаете?"'],
  })
    .argument('<number>', 'number of the application', readNumber)
    .requiredOption('--version <n>', VERSION, readNumber)
    .requiredOption('--question <text>', 'what you want to know; the person reads it', readText)
    .action((number: number, options: Answer & { version: number; question: string }) =>
      decide(context, number, options, (tools, seen, decider) =>
        askForMore(tools, { ...seen, question: options.question }, decider),
      ),
    );
}

/** One decision of the command line about one application. */
export type Act = (
  tools: Parameters<typeof approveMembership>[0],
  seen: SeenApplication,
  decider: Decider,
) => Promise<ApprovalResult>;

async function decide(
  context: AdminContext,
  number: number | undefined,
  { json, version, from }: Choice,
  act: Act,
): Promise<void> {
  const run = await startRun(context);
  const { tools, actor, print } = run;
  const decider = { kind: 'operator' as const, actor };
  if (from !== undefined) {
    if (number !== undefined) throw new Failure('usage', 'Give a number or --from, not both.');
    await decideMany(run, from, json, (seen) => act(withIssuer(tools), seen, decider));
    return;
  }
  if (number === undefined || version === undefined)
    throw new Failure('usage', 'Name the application and --version, as approvals show prints them.');
  const result = await act(withIssuer(tools), { number, version }, decider);
  const view = await getApplication(tools, number);
  const fault = faultOf(result, view, version);
  if (fault) throw fault;
  if (json) print.json({ result, ...membershipJson(view, tools.clock.now()) });
  else print.line(sentence(result, view, print));
}

function sentence(result: ApprovalResult, view: MembershipView, print: Printer): string {
  const which = `Application ${view.number} of ${fullName(view)} in ${view.companyName}`;
  if (result === 'voted') return `Your yes is noted; ${which} waits for another one.`;
  if (view.status === 'requested')
    return `${which} is now at version ${view.version} and waits for an answer.`;
  const rights = view.status === 'approved' ? `: ${rightsText(view, print)}` : '';
  return `${which} is ${view.status}${rights}.`;
}

function faultOf(result: ApprovalResult, view: MembershipView, version: number): Failure | undefined {
  const { number, status } = view;
  switch (result) {
    case 'done':
    case 'voted':
      return undefined;
    case 'absent':
      return new Failure('notFound', `There is no application ${number}; approvals list --all shows them.`);
    case 'not_allowed':
      return new Failure('failed', `The policy of application ${number} does not let operators decide it.`);
    case 'company_unknown':
      return new Failure(
        'notFound',
        'Neither the directory nor an application knows the company of --company.',
      );
    case 'power_absent':
      return new Failure('conflict', 'No power of attorney waits to be accepted.');
    case 'power_over':
      return new Failure('conflict', 'The power of attorney has ended; ask for another one.');
    case 'legacy_taken':
      return new Failure('conflict', 'Another account has the login of the older portal; see legacy list.');
    case 'standing':
      return new Failure('conflict', 'The person stands in the company of --company already.');
    case 'stale': {
      const now = status === 'requested' ? `at version ${view.version}` : status;
      return new Failure('conflict', `Application ${number} is not as in version ${version}: it is ${now}.`);
    }
  }
}
