/** A code from the office makes a person a member of a company: nobody else has to approve it. */
import { findProfile } from '../accounts/store';
import { entrance, tell, tellAppointed, type MailTools } from '../companies/memberships/mails';
import type { MembershipView } from '../companies/memberships/membership';
import { joinCompany, type JoinResult } from '../companies/memberships/own/join-company';
import type { Database, Queryable } from '../storage/tables';
import { lockCode, spendUse } from './code-store';
import { codeHashes, isLive, normalCode, type ActivationCode } from './codes';

export interface ActivationTools extends MailTools {
  db: Database;
}

export interface CompanyActivation {
  accountId: string;
  /** As typed. */
  code: string;
}

/** `wrong`: no such code, or it opens nothing any more, or it goes with a contract. The code is spent by `done` only. */
export type CompanyActivationResult = JoinResult | { outcome: 'wrong' };

/** @param actor as the audit names people */
export async function activateCompany(
  tools: ActivationTools,
  { accountId, code }: CompanyActivation,
  actor: string,
): Promise<CompanyActivationResult> {
  const typed = normalCode(code);
  if (typed === undefined) return { outcome: 'wrong' };
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx): Promise<CompanyActivationResult> => {
    const found = await lockCode(trx, codeHashes(tools.secrets, typed));
    if (!found || found.contractNumber !== null || !isLive(found, at)) return { outcome: 'wrong' };
    const joined = await joinByActivation(trx, tools, accountId, found, actor);
    if (joined.outcome === 'done') await spendUse(trx, found.id, accountId, at);
    return joined;
  });
}

/** Makes the person a member of the code's company, and tells them. @param trx the transaction that spends the code */
export async function joinByActivation(
  trx: Queryable,
  tools: MailTools,
  accountId: string,
  { id, companyId, role, canAct }: ActivationCode,
  actor: string,
): Promise<CompanyActivationResult> {
  if (companyId === null) return { outcome: 'wrong' };
  const proof = { by: 'code', code: id };
  const joining = { accountId, companyId, role, canAct, decidedBy: `code:${id}`, actor, proof };
  const joined = await joinCompany(trx, tools, joining);
  if (joined.outcome === 'done') await tellJoined(trx, tools, joined.membership);
  return joined;
}

async function tellJoined(trx: Queryable, tools: MailTools, membership: MembershipView): Promise<void> {
  const person = await findProfile(trx, membership.accountId);
  const values = { company: membership.companyName };
  if (person)
    await tell(trx, tools, { ...person, accountId: person.id }, entrance(tools, membership), {
      template: 'company_activated',
      values,
    });
  if (membership.role === 'contact') await tellAppointed(trx, tools, membership);
}
