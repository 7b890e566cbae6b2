/**
 * What time does to applications that wait: contact persons are reminded, and what nobody decides runs out. Every
 * node runs it; one at a time reminds, so that a contact person gets one mail about all that waits for them.
 */
import { settlePower } from '../../attorney/settle-power';
import { recordEvent } from '../../audit/store';
import type { Database, Queryable } from '../../storage/tables';
import { applicationWords, tell, tellPerson, type MailTools } from './mails';
import { approvalPolicy, nextReminder } from './policy';
import { countDecidable, listContacts, lockDue, lockReminders, updateReminders } from './queue';
import { decideApplication } from './store';

export type TendingTools = MailTools & { db: Database };

const BATCH = 100;
/** Of a backlog the rest waits for the next turn. */
const BATCHES = 20;
const MOST_REMINDED = 2000;

/** Ends what has run out, then reminds of the rest. */
export async function tendApplications(tools: TendingTools): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) if ((await expireDue(tools)) < BATCH) break;
  await remindContacts(tools);
}

/** Ends applications whose time is over, one batch of them; tells each person how to try again. */
async function expireDue(tools: TendingTools): Promise<number> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const due = await lockDue(trx, 'expiresAt', at, BATCH);
    for (const view of due) {
      await decideApplication(trx, view, { status: 'expired', reason: null, decidedBy: 'system' }, at);
      await settlePower(trx, { membershipId: view.id, accepted: false }, 'system', at);
      const { number, inn, kpp, accountId } = view;
      const subject = `account:${accountId}`;
      const details = { number, inn, kpp };
      await recordEvent(trx, { event: 'membership_expired', actor: 'system', subject, details }, at);
      const values = { company: view.companyName, ...applicationWords(view) };
      await tellPerson(trx, tools, view, { template: 'application_expired', values });
    }
    return due.length;
  });
}

/** One mail to each contact person of a company with an application that is due, about all that waits for them. */
async function remindContacts(tools: TendingTools): Promise<void> {
  const at = tools.clock.now();
  await tools.db.transaction().execute(async (trx) => {
    if (!(await lockReminders(trx))) return;
    const due = await lockDue(trx, 'remindAt', at, MOST_REMINDED);
    if (due.length === 0) return;
    const next = due.map(({ id, path, expiresAt }) => ({
      id,
      remindAt: expiresAt && nextReminder(approvalPolicy(path), expiresAt, at),
    }));
    await updateReminders(trx, next);
    const companies = due.filter(({ path }) => approvalPolicy(path).by.includes('contact'));
    await mailReminders(trx, tools, [...new Set(companies.map(({ companyId }) => companyId))]);
  });
}

async function mailReminders(trx: Queryable, tools: MailTools, companyIds: string[]): Promise<void> {
  const contacts = await listContacts(trx, companyIds);
  const counts = await countDecidable(
    trx,
    contacts.map(({ accountId }) => accountId),
  );
  for (const contact of contacts) {
    const waiting = counts.get(contact.accountId) ?? 0;
    // The only one that is due may be their own.
    if (waiting === 0) continue;
    const values = { waiting: String(waiting) };
    await tell(trx, tools, contact, `${tools.issuer}/approvals`, {
      template: 'applications_waiting',
      values,
    });
  }
}
