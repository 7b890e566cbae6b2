import type { Command } from 'commander';
import { fullName } from '../../../accounts/account';
import type { CompanyUnit } from '../../../companies/identifiers';
import { addMember, changeRole } from '../../../companies/memberships/change-membership';
import type { MembershipView } from '../../../companies/memberships/membership';
import { listMemberships } from '../../../companies/memberships/store';
import { Failure, type AdminContext, type AdminTools } from '../../admin';
import { addLeaf, addNoun, nounOf, startRun, type AddCommands } from '../../command';
import { getAccount } from '../../find-account';
import {
  getMembership,
  membershipJson,
  namingOf,
  readCompany,
  unitText,
  withIssuer,
  type Answer,
} from './application';

/** `companies contact`: who decides about colleagues in a company. */
export const addContacts: AddCommands = (program, context) => {
  const contact = addNoun(nounOf(program, 'companies'), 'contact', {
    summary: 'contact persons: members who decide the applications of colleagues',
    examples: ['companies contact list 7707083893/773601001'],
  });
  addAdd(contact, context);
  addRemove(contact, context);
  addList(contact, context);
};

const UNIT = 'ИНН/КПП of the company, or the 12 digits of a sole proprietor';
const MANY = 500;

/** How this person stands in the company, if they do. */
async function findStanding(
  { db }: AdminTools,
  accountId: string,
  unit: CompanyUnit,
): Promise<MembershipView | undefined> {
  const all = await listMemberships(db, { accountId, unit, limit: MANY });
  return all.find(({ status }) => ['requested', 'approved', 'suspended'].includes(status));
}

function addAdd(contact: Command, context: AdminContext): void {
  addLeaf(contact, 'add', {
    summary: 'make somebody a contact person of a company, and a member if they are none; a mail tells them',
    examples: ['companies contact add 7707083893/773601001 anna@example.com'],
  })
    .argument('<inn[/kpp]>', UNIT, readCompany)
    .argument('<account>', 'e-mail or id')
    .option('--name <name>', 'the company’s short name, where the directory does not have it')
    .action(async (unit: CompanyUnit, who: string, { json, name }: Answer & { name?: string }) => {
      const { tools, actor, print } = await startRun(context);
      const account = await getAccount(tools.db, who);
      const standing = await findStanding(tools, account.id, unit);
      const id = standing
        ? await appoint(tools, standing, actor)
        : await join(tools, account.id, unit, name, actor);
      const view = await getMembership(tools, id);
      if (json) print.json(membershipJson(view, tools.clock.now()));
      else print.line(`${fullName(view)} is now a contact person of ${view.companyName}.`);
    });
}

async function appoint(tools: AdminTools, standing: MembershipView, actor: string): Promise<string> {
  const { id, number, status } = standing;
  if (status === 'requested')
    throw new Failure(
      'conflict',
      `Their application ${number} waits; approve it with approvals approve ${number} --role contact.`,
    );
  if (status === 'suspended')
    throw new Failure('conflict', `Their membership is suspended; approvals restore ${number} comes first.`);
  if (!(await changeRole(withIssuer(tools), id, 'contact', actor)))
    throw new Failure('conflict', 'They are a contact person of this company already.');
  return id;
}

async function join(
  tools: AdminTools,
  accountId: string,
  unit: CompanyUnit,
  name: string | undefined,
  actor: string,
): Promise<string> {
  const naming = await namingOf(tools, unit, name);
  const given = { accountId, unit, naming, role: 'contact' as const, canAct: false };
  const membership = await addMember(withIssuer(tools), given, actor);
  if (!membership) throw new Failure('conflict', 'They have just become a member; give the command again.');
  return membership.id;
}

function addRemove(contact: Command, context: AdminContext): void {
  addLeaf(contact, 'remove', {
    summary: 'make a contact person a plain member; they decide nothing from then on',
    examples: ['companies contact remove 7707083893/773601001 anna@example.com'],
  })
    .argument('<inn[/kpp]>', UNIT, readCompany)
    .argument('<account>', 'e-mail or id')
    .action(async (unit: CompanyUnit, who: string, { json }: Answer) => {
      const { tools, actor, print } = await startRun(context);
      const account = await getAccount(tools.db, who);
      const standing = await findStanding(tools, account.id, unit);
      const removed = standing && (await changeRole(withIssuer(tools), standing.id, 'member', actor));
      if (!standing || !removed)
        throw new Failure('notFound', `They are no contact person of ${unitText(unit)}.`);
      const view = await getMembership(tools, standing.id);
      if (json) print.json(membershipJson(view, tools.clock.now()));
      else print.line(`${fullName(view)} is now a plain member of ${view.companyName}.`);
    });
}

function addList(contact: Command, context: AdminContext): void {
  addLeaf(contact, 'list', {
    summary: 'the contact persons of a company',
    examples: ['companies contact list 7707083893/773601001 --json'],
  })
    .argument('<inn[/kpp]>', UNIT, readCompany)
    .action(async (unit: CompanyUnit, { json }: Answer) => {
      const { tools, print } = await startRun(context);
      const filter = { unit, role: 'contact', status: 'approved', limit: MANY } as const;
      const contacts = await listMemberships(tools.db, filter);
      if (json) {
        print.json({ items: contacts.map((view) => membershipJson(view, tools.clock.now())) });
        return;
      }
      print.table(contacts, [
        { title: 'NUMBER', cell: ({ number }) => String(number) },
        { title: 'PERSON', cell: (view) => fullName(view) },
        { title: 'E-MAIL', cell: ({ email }) => email ?? '–' },
        print.timeColumn('SINCE', ({ decidedAt }) => decidedAt),
      ]);
    });
}
