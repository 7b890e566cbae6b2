import { InvalidArgumentError, Option, type Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { addSeconds } from '../../../clock';
import { readUnit } from '../../../companies/identifiers';
import type { MembershipStatus, MembershipView } from '../../../companies/memberships/membership';
import {
  findMembershipByNumber,
  listMemberships,
  type MembershipFilter,
} from '../../../companies/memberships/store';
import { listPowersDue } from '../../../companies/memberships/powers/due-powers';
import { hasAnswered } from '../../../companies/memberships/talk/said';
import type { AdminContext } from '../../admin';
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
import { membershipJson, unitText, type Answer } from './application';
import { addChanges } from './change';
import { addDecisions } from './decide';
import { notePowersDue } from './powers';
import { addShow } from './show';

/** `approvals`: who asked to be let into a company, and what is decided about it. */
export const addApprovals: AddCommands = (program, context) => {
  const approvals = addNoun(program, 'approvals', {
    summary: 'applications of people who registered: look at them, approve, decline, ask',
    examples: ['approvals list', 'approvals show 17', 'approvals approve 17 --version 1 --can-act'],
  });
  addList(approvals, context);
  addShow(approvals, context);
  addDecisions(approvals, context);
  addChanges(approvals, context);
};

const STATUSES = ['requested', 'approved', 'declined', 'suspended', 'revoked', 'expired'] as const;

interface ListOptions extends Answer, PageOptions {
  all?: true;
  status?: MembershipStatus;
  company?: Pick<MembershipFilter, 'inn' | 'unit'>;
  olderThan?: number;
  asked?: true;
  powers?: true;
}

/** ИНН for every unit of a company, ИНН/КПП for one. */
function readCompanyFilter(text: string): Pick<MembershipFilter, 'inn' | 'unit'> {
  const [inn = '', kpp = '', more] = text.split('/');
  const { unit } = readUnit({ inn, kpp }, { headIfNoKpp: true });
  if (!unit || more !== undefined) throw new InvalidArgumentError('Give ИНН or ИНН/КПП.');
  return unit.kpp === null ? { inn: unit.inn } : { unit };
}

function readDays(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('Give a whole number of days.');
  return Number(text);
}

const DAY = 86_400;

function addList(approvals: Command, context: AdminContext): void {
  const leaf = addLeaf(approvals, 'list', {
    summary: 'applications, oldest first; without a choice those that wait',
    examples: [
      'approvals list',
      'approvals list --older-than 3 --company 7707083893',
      'approvals list --status declined --json',
      'approvals list --powers',
    ],
  })
    .addOption(new Option('--waiting', 'those that wait: the default').conflicts(['all', 'status']))
    .addOption(new Option('--all', 'whatever became of them').conflicts('status'))
    .addOption(new Option('--status <status>', 'only those in this state').choices(STATUSES))
    .option('--company <inn[/kpp]>', 'only for this company, or this unit of it', readCompanyFilter)
    .option('--older-than <days>', 'only those asked for longer ago', readDays)
    .option('--asked', 'only those that wait for an answer of the person')
    .addOption(
      new Option('--powers', 'members whose power of attorney came after the approval and waits').conflicts([
        ...['all', 'status', 'company', 'olderThan', 'asked'],
      ]),
    );
  addPaging(leaf).action(async (options: ListOptions) => {
    const { tools, print } = await startRun(context);
    const { all, status = all ? undefined : 'requested', company, olderThan, asked, limit } = options;
    const now = tools.clock.now();
    const before = olderThan === undefined ? undefined : addSeconds(now, -olderThan * DAY);
    const from = /^\d{1,9}$/.test(options.after ?? '') ? Number(options.after) : 0;
    const after = await findMembershipByNumber(tools.db, from);
    if (options.after !== undefined && !after) throw badCursor();
    const filter = { ...company, status, before, asked, after, limit: limit + 1 };
    const rows = options.powers
      ? await listPowersDue(tools.db, { after: after?.number, limit: limit + 1 })
      : await listMemberships(tools.db, filter);
    const { items, next } = cutPage(rows, limit, ({ number }) => String(number));
    if (options.json) {
      print.json({ items: items.map((view) => membershipJson(view, now)), next });
      return;
    }
    print.table(items, [
      { title: 'NUMBER', cell: ({ number }) => String(number) },
      { title: 'VERSION', cell: ({ version }) => String(version) },
      { title: 'PERSON', cell: (view) => fullName(view) },
      { title: 'COMPANY', cell: ({ companyName }) => companyName, shrinks: true },
      { title: 'ИНН/КПП', cell: unitText },
      {
        title: status === 'requested' ? 'WAITS FOR' : 'STATUS',
        cell: (view) => (options.powers ? 'a decision about the power' : stateText(view)),
      },
      print.ageColumn(({ requestedAt }) => requestedAt),
    ]);
    noteNext(print, next);
    if (!options.powers && status === 'requested') await notePowersDue(tools, print);
  });
}

function stateText({ status, question, answer }: MembershipView): string {
  if (status !== 'requested') return status;
  if (question !== null) return 'the person’s answer';
  return hasAnswered(answer) ? 'a decision (answered)' : 'a decision';
}
