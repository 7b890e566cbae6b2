/** What the person of an application adds to it while it waits. */
import { recordEvent } from '../../audit/store';
import type { Database, Queryable } from '../../storage/tables';
import { tellContacts, type MailTools } from './mails';
import { approvalPolicy, waitingTimes } from './policy';
import { changeWaiting, lockMembership } from './queue';
import { keepSaid, readSaid } from './talk/said';

export interface GivenAnswer {
  membershipId: string;
  accountId: string;
  answer: string;
}

/**
 * Answers a reviewer's question. Question and answer stay beside each other, nothing is asked any more, and the time to
 * decide begins anew. `absent` when nothing is asked in an application of this person.
 * @param actor as the audit trail names people
 */
export async function answerQuestion(
  tools: MailTools & { db: Database },
  { membershipId, accountId, answer }: GivenAnswer,
  actor: string,
): Promise<'done' | 'absent'> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const view = await lockMembership(trx, membershipId);
    if (view?.accountId !== accountId || view.status !== 'requested' || view.question === null)
      return 'absent';
    const policy = approvalPolicy(view.path);
    const said = [...readSaid(view.answer), { question: view.question, words: answer }];
    const change = { question: null, answer: keepSaid(said), ...waitingTimes(policy, at) };
    await changeWaiting(trx, view.id, change);
    const subject = `account:${accountId}`;
    const details = { number: view.number, question: view.question, answer };
    await recordEvent(trx, { event: 'membership_answered', actor, subject, details }, at);
    await tellContacts(trx, tools, view, 'application_answered', policy);
    return 'done';
  });
}

/** Notes that something belonging to an application has changed, so that whoever looked at it looks anew. */
export async function noteApplicationChanged(trx: Queryable, membershipId: string, _at: Date): Promise<void> {
  await changeWaiting(trx, membershipId, {});
}
