import type { Command } from 'commander';
import { fullName } from '../../../accounts/account';
import { findProfile } from '../../../accounts/store';
import type { MembershipView } from '../../../companies/memberships/membership';
import { listLegacyLinks } from '../../../legacy-accounts/store';
import { listPowers } from '../../../attorney/store';
import { listMemberships } from '../../../companies/memberships/store';
import { readSaid } from '../../../companies/memberships/talk/said';
import type { AdminContext, AdminTools } from '../../admin';
import { addLeaf, startRun } from '../../command';
import type { Printer } from '../../print/printer';
import { powerFacts, powerJson, saveDocuments } from './documents';
import {
  actorText,
  getApplication,
  membershipJson,
  readNumber,
  rightsText,
  unitText,
  type Answer,
} from './application';
import { listHistory, type HistoryStep } from './history';

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
      const history = await listHistory(tools, view);
      const saved =
        documents === undefined ? [] : await saveDocuments(context, tools, view, powers, documents);
      if (json) {
        const { phone = null, phoneProved = false } = person ?? {};
        print.json({
          ...membershipJson(view, tools.clock.now()),
          ...{ phone, phone_verified: phoneProved, colleagues, earlier },
          powers: powers.map((power) => powerJson(power, view, tools.clock.now())),
          history,
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
        ...outcomeFacts(view, await actorText(tools, view.decidedBy), print),
        ...historyFacts(history, print),
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
    ['Applied', print.time(view.requestedAt)],
    ...told('Runs out', view.expiresAt && print.time(view.expiresAt)),
    ['Person', fullName(view)],
    ['E-mail', view.email ?? 'none'],
    ['Phone', phone],
    ['Company', view.companyName],
    ['ИНН/КПП', unitText(view)],
    ['Name', NAME_SOURCES[view.nameSource]],
    ...told('Came from', view.clientId),
    ...readSaid(view.answer).flatMap(({ question, words }): Facts => [
      ...told('Asked', question),
      [question === null ? 'Comment' : 'Answer', words],
    ]),
    ...told('Question', view.question && `${view.question} (no answer yet)`),
  ];
}

function outcomeFacts(view: MembershipView, decidedBy: string, print: Printer): Facts {
  const { status, decidedAt, reasonCode, reason } = view;
  return [
    ...told('Rights', status === 'approved' ? rightsText(view, print) : null),
    ...told('Decided', decidedAt && `${print.time(decidedAt)} by ${decidedBy}`),
    ...told('Reason', reasonCode),
    ...told(reasonCode === null ? 'Reason' : 'Comment', reason),
  ];
}

/** Of a membership that changed after its decision: who decided first does not get lost. */
function historyFacts(history: readonly HistoryStep[], print: Printer): Facts {
  if (history.length < 2) return [];
  return history.map(({ at, step, by }, index): [string, string] => [
    index === 0 ? 'History' : '',
    `${print.time(at)} ${step} by ${by}`,
  ]);
}
