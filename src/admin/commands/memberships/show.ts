import type { Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { findProfile } from '../../../accounts/store';
import type { MembershipView } from '../../../companies/memberships/membership';
import { listLegacyLinks } from '../../../legacy-accounts/store';
import { listPowers } from '../../../attorney/store';
import { listMemberships } from '../../../companies/memberships/store';
import type { AdminContext, AdminTools } from '../../admin';
import { addLeaf, startRun } from '../../command';
import type { Printer } from '../../print/printer';
import { powerFacts, powerJson, saveDocuments } from './documents';
import { getApplication, membershipJson, readNumber, unitText, type Answer } from './application';

type Facts = [name: string, value: string][];

/** `approvals show`: everything a reviewer needs. */
export function addShow(approvals: Command, context: AdminContext): void {
  addLeaf(approvals, 'show', {
    summary: 'one application with what a reviewer needs, and the version to name in the decision',
    examples: ['approvals show 17', 'approvals show 17 --documents ./17'],
  })
    .argument('<number>', 'number of the application', readNumber)
    .option('--documents <folder>', 'save the attached documents into this folder')
    .action(async (number: number, { json, documents }: Answer & { documents?: string }) => {
      const { tools, print } = await startRun(context);
      const view = await getApplication(tools, number);
      const person = await findProfile(tools.db, view.accountId);
      const colleagues = await listColleagues(tools, view);
      const earlier = await listEarlier(tools, view);
      const powers = await listPowers(tools.db, { membershipId: view.id });
      const legacy = await listLegacyLinks(tools.db, view.accountId);
      const saved =
        documents === undefined ? [] : await saveDocuments(context, tools, view, powers, documents);
      if (json) {
        const { phone = null, phoneProved = false } = person ?? {};
        print.json({
          ...membershipJson(view, tools.clock.now()),
          ...{ phone, phone_verified: phoneProved, colleagues, earlier },
          powers: powers.map((power) => powerJson(power, view, tools.clock.now())),
          legacy_logins: legacy.map(({ portal, login, status }) => ({ portal, login, status })),
          saved,
        });
        return;
      }
      const phone = person?.phone ? `${person.phone}${person.phoneProved ? '' : ' (not proved)'}` : 'none';
      print.facts([
        ...applicationFacts(view, phone, print),
        ['Members', colleagues.length === 0 ? 'nobody yet' : colleagues.join(', ')],
        ...(earlier.length === 0 ? [] : ([['Earlier', earlier.join(', ')]] satisfies Facts)),
        ...legacy.map((link): [string, string] => [
          'Older login',
          `${link.login} (${link.portal}), ${link.status}`,
        ]),
        ...powers.flatMap((power) => powerFacts(power, view, tools.clock.now(), print)),
        ...outcomeFacts(view, print),
      ]);
      for (const path of saved) print.note(`Saved ${path}`);
    });
}

async function listColleagues({ db }: AdminTools, { inn, kpp }: MembershipView): Promise<string[]> {
  const members = await listMemberships(db, { unit: { inn, kpp }, status: 'approved', limit: 20 });
  return members.map((member) => `${fullName(member)} (${member.role})`);
}

/** What else this person asked for: a second try reads differently from a first one. */
async function listEarlier({ db }: AdminTools, { accountId, id }: MembershipView): Promise<string[]> {
  const all = await listMemberships(db, { accountId, limit: 20 });
  return all
    .filter((other) => other.id !== id)
    .map(({ number, status, inn, kpp }) => `${number} ${status} (${unitText({ inn, kpp })})`);
}

const NAME_SOURCES: Record<MembershipView['nameSource'], string> = {
  directory: 'found in a directory',
  operator: 'given by an operator',
  person: 'typed by a person: check it, and correct it with --company-name',
};

const told = (name: string, value: string | null): Facts => (value === null ? [] : [[name, value]]);

function applicationFacts(view: MembershipView, phone: string, print: Printer): Facts {
  return [
    ['Number', String(view.number)],
    ['Version', String(view.version)],
    ['Status', view.status],
    ['Asked', print.time(view.requestedAt)],
    ...told('Runs out', view.expiresAt && print.time(view.expiresAt)),
    ['Person', fullName(view)],
    ['E-mail', view.email ?? 'none'],
    ['Phone', phone],
    ['Company', view.companyName],
    ['ИНН/КПП', unitText(view)],
    ['Name', NAME_SOURCES[view.nameSource]],
    ...told('Came from', view.clientId),
    ...told('Question', view.question),
    ...told('The person says', view.answer),
  ];
}

function outcomeFacts(view: MembershipView, print: Printer): Facts {
  const { status, role, canAct, canActUntil, decidedAt, decidedBy, reasonCode, reason } = view;
  const until = canActUntil ? ` until ${print.time(canActUntil)}` : '';
  return [
    ...told('Rights', status === 'approved' ? `${role}${canAct ? `, acts${until}` : ''}` : null),
    ...told('Decided', decidedAt && `${print.time(decidedAt)} by ${decidedBy ?? '?'}`),
    ...told('Reason', reasonCode),
    ...told(reasonCode === null ? 'Reason' : 'Comment', reason),
  ];
}
