/** A code from the company's own mail makes a person a member who may read; the right to act is another's to give. */
import { recordEvent } from '../../../audit/store';
import type { Database } from '../../../storage/tables';
import { tellPerson, type MailTools } from '../mails';
import { ADDED, approvalPolicy } from '../policy';
import { findNewestMembership, lockAccount } from '../queue';
import { decideApplication, ensureCompany, findMembership, insertMembership, views } from '../store';
import type { CodedCompany } from './company-codes';

export type JoinResult = 'done' | 'standing' | 'suspended';

/** Whether a code from a company's mail is enough for this person. */
export async function mayJoinByCode(db: Database, accountId: string): Promise<boolean> {
  const newest = await findNewestMembership(db, accountId);
  return approvalPolicy(newest?.path ?? ADDED).companyCode;
}

/** After the right code: makes them a member, or approves the application that waits. */
export async function joinCompany(
  tools: MailTools & { db: Database },
  accountId: string,
  { unit, name, nameSource, ogrn }: CodedCompany,
): Promise<JoinResult> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx): Promise<JoinResult> => {
    await lockAccount(trx, accountId);
    const company = await ensureCompany(trx, unit, { name, nameSource, ogrn }, at);
    const standing = await views(trx)
      .where('memberships.accountId', '=', accountId)
      .where('memberships.companyId', '=', company.id)
      .where('memberships.status', 'in', ['requested', 'approved', 'suspended'])
      .executeTakeFirst();
    if (standing?.status === 'suspended') return 'suspended';
    if (standing?.status === 'approved') return 'standing';
    const rights = { role: 'member', canAct: false, canActUntil: null, decidedBy: 'system' } as const;
    const approved = { ...rights, status: 'approved', companyId: company.id } as const;
    const made = standing
      ? await decideApplication(trx, standing, { ...approved, reason: null }, at)
      : await insertMembership(trx, { accountId, ...approved }, at);
    const view = made && (await findMembership(trx, made.id));
    // Somebody has decided in this very moment.
    if (!view) return 'standing';
    const subject = `account:${accountId}`;
    const details = { number: view.number, ...unit, role: 'member', can_act: false, by: 'company_mail' };
    const event = standing ? 'membership_approved' : 'membership_added';
    await recordEvent(trx, { event, actor: subject, subject, details }, at);
    await tellPerson(trx, tools, view, { template: 'company_added', values: { company: view.companyName } });
    return 'done';
  });
}
