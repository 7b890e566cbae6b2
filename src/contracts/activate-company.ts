/** A code from the office makes a person a member of a company: nobody else has to approve it. */
import { findProfile } from '../accounts/store';
import { recordEvent } from '../audit/store';
import { entrance, tell, tellAppointed, type MailTools } from '../companies/memberships/mails';
import type { MembershipView } from '../companies/memberships/membership';
import { decideApplication, findMembership, insertMembership, views } from '../companies/memberships/store';
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

/**
 * `wrong`: no such code, or it opens nothing any more, or it goes with a contract. `standing`: they are a member
 * already; `suspended`: their membership rests, and a code does not wake it. The code is spent by `done` only.
 */
export type CompanyActivationResult =
  { outcome: 'done'; membership: MembershipView } | { outcome: 'wrong' | 'standing' | 'suspended' };

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
    const joined = await joinCompany(trx, tools, accountId, found, actor);
    if (joined.outcome === 'done') await spendUse(trx, found.id, accountId, at);
    return joined;
  });
}

/**
 * Approves the person's application to the code's company, or makes them a member where they had not applied.
 * @param trx the transaction that spends the code
 */
export async function joinCompany(
  trx: Queryable,
  tools: MailTools,
  accountId: string,
  code: ActivationCode,
  actor: string,
): Promise<CompanyActivationResult> {
  const at = tools.clock.now();
  const { companyId, role, canAct } = code;
  if (companyId === null) return { outcome: 'wrong' };
  const standing = await lockStanding(trx, accountId, companyId);
  if (standing && standing.status !== 'requested')
    return { outcome: standing.status === 'suspended' ? 'suspended' : 'standing' };
  const decidedBy = `code:${code.id}`;
  const rights = { status: 'approved', role, canAct, canActUntil: null, companyId, decidedBy } as const;
  const made = standing
    ? await decideApplication(trx, standing, { ...rights, reason: null }, at)
    : await insertMembership(trx, { accountId, ...rights }, at);
  const membership = made && (await findMembership(trx, made.id));
  // Another tab was faster in this very moment: now there is what it has made.
  if (!membership) return joinCompany(trx, tools, accountId, code, actor);
  const { number, inn, kpp } = membership;
  const event = standing ? 'membership_approved' : 'membership_added';
  const details = { number, inn, kpp, role, can_act: canAct, by: 'code', code: code.id };
  await recordEvent(trx, { event, actor, subject: `account:${accountId}`, details }, at);
  await tellJoined(trx, tools, membership);
  return { outcome: 'done', membership };
}

/** What they are or want to be in the company, held until the transaction ends: nobody decides about it meanwhile. */
async function lockStanding(
  trx: Queryable,
  accountId: string,
  companyId: string,
): Promise<MembershipView | undefined> {
  return views(trx)
    .where('memberships.accountId', '=', accountId)
    .where('memberships.companyId', '=', companyId)
    .where('memberships.status', 'in', ['requested', 'approved', 'suspended'])
    .forUpdate('memberships')
    .executeTakeFirst();
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
