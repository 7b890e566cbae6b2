/** A code from the company's own mail makes a person a member who may read; the right to act is another's to give. */
import type { Database } from '../../../storage/tables';
import { tellPerson, type MailTools } from '../mails';
import { ADDED, approvalPolicy } from '../policy';
import { findNewestMembership, lockAccount } from '../queue';
import { ensureCompany } from '../store';
import type { CodedCompany } from './company-codes';
import { joinCompany, type JoinResult } from './join-company';

/** Whether a code from a company's mail is enough for this person. */
export async function mayJoinByCode(db: Database, accountId: string): Promise<boolean> {
  const newest = await findNewestMembership(db, accountId);
  return approvalPolicy(newest?.path ?? ADDED).companyCode;
}

/** After the right code. */
export async function joinByMail(
  tools: MailTools & { db: Database },
  accountId: string,
  { unit, name, nameSource, ogrn }: CodedCompany,
): Promise<JoinResult['outcome']> {
  return tools.db.transaction().execute(async (trx) => {
    await lockAccount(trx, accountId);
    const company = await ensureCompany(trx, unit, { name, nameSource, ogrn }, tools.clock.now());
    const joined = await joinCompany(trx, tools, {
      ...{ accountId, companyId: company.id, role: 'member', canAct: false },
      ...{ decidedBy: 'system', actor: `account:${accountId}`, proof: { by: 'company_mail' } },
    });
    if (joined.outcome !== 'done') return joined.outcome;
    const { membership } = joined;
    const values = { company: membership.companyName };
    await tellPerson(trx, tools, membership, { template: 'company_added', values });
    return 'done';
  });
}
