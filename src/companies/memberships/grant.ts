/** What an approval brings: the company that is meant, its right name, rights, accepted papers, confirmed logins. */
import { settlePower } from '../../attorney/settle-power';
import { recordEvent } from '../../audit/store';
import { confirmLegacyLinks } from '../../legacy-accounts/link';
import type { Queryable } from '../../storage/tables';
import type { CompanyUnit } from '../identifiers';
import { findDirectoryRow } from '../store';
import { rightsWords, tellAppointed, tellPerson, type MailTools } from './mails';
import type { Company, MembershipRole, MembershipView } from './membership';
import type { Decider } from './policy';
import { decideApplication, ensureCompany, findCompanyByUnit, findMembership, renameCompany } from './store';

export interface Grant {
  role: MembershipRole;
  canAct: boolean;
  /** End of the right to act; absent or null: that of the accepted power of attorney, or none. */
  canActUntil?: Date | null;
  /** The company's right name, where the person had typed it. Operators only. */
  companyName?: string;
  /** The company that is meant, where the person gave the numbers of another. Operators only. */
  joinCompany?: CompanyUnit;
  /** Accepts the attached power of attorney, which gives the right to act; null: until the end that it names, if any. */
  acceptPower?: { validUntil: Date | null };
  /** Confirms the logins of the older portal that the person claims. Operators only. */
  confirmLegacy?: boolean;
}

/**
 * `company_unknown`: neither a directory row nor a company has these numbers. `standing`: the person is in that company
 * already. `power_absent`, `power_over`: no power of attorney waits, or its time is over. `legacy_taken`: another
 * account has the login of the older portal.
 */
export type GrantFault = 'company_unknown' | 'standing' | 'power_absent' | 'power_over' | 'legacy_taken';

/** Undoes the transaction of an approval that cannot be carried out as it was given. */
export class GrantRefused extends Error {
  constructor(readonly fault: GrantFault) {
    super(fault);
  }
}

/** True for a grant that says more than a contact person may say. */
export const isForOperators = ({ companyName, joinCompany, confirmLegacy }: Grant): boolean =>
  companyName !== undefined || joinCompany !== undefined || confirmLegacy === true;

interface Granting {
  /** The application, held by the transaction. */
  view: MembershipView;
  grant: Grant;
  decider: Decider;
  at: Date;
}

/** Makes the applicant a member, in the caller's transaction. @throws GrantRefused */
export async function grantMembership(trx: Queryable, tools: MailTools, granting: Granting): Promise<void> {
  const { view, grant, decider, at } = granting;
  const { role, companyName, joinCompany } = grant;
  const company = joinCompany && (await companyToJoin(trx, joinCompany, at));
  const rights = await settleRights(trx, view.id, grant, decider.actor, at);
  if (grant.confirmLegacy) await confirmLegacy(trx, granting);
  const companyId = company?.id ?? view.companyId;
  if (companyName !== undefined) await renameCompany(trx, companyId, companyName, at);
  const decision = {
    status: 'approved',
    role,
    ...rights,
    companyId,
    reason: null,
    decidedBy: decider.actor,
  } as const;
  const decided = await decideApplication(trx, view, decision, at);
  const approved = decided && (await findMembership(trx, decided.id));
  if (!approved) throw new Error('an application that was held has changed');
  await recordApproval(trx, granting, approved);
  const values = { company: approved.companyName, ...rightsWords(approved) };
  await tellPerson(trx, tools, approved, { template: 'application_approved', values });
  if (role === 'contact') await tellAppointed(trx, tools, approved);
}

/** @throws GrantRefused company_unknown */
async function companyToJoin(trx: Queryable, unit: CompanyUnit, at: Date): Promise<Company> {
  const known = await findCompanyByUnit(trx, unit);
  if (known) return known;
  const row = await findDirectoryRow(trx, unit);
  if (!row) throw new GrantRefused('company_unknown');
  const { inn, kpp, name, ogrn } = row;
  return ensureCompany(trx, { inn, kpp }, { name, nameSource: 'directory', ogrn }, at);
}

export type WantedRights = Pick<Grant, 'canAct' | 'canActUntil' | 'acceptPower'>;

/** The rights that are given; accepts the attached power of attorney on the way. @throws GrantRefused power_absent, power_over */
export async function settleRights(
  trx: Queryable,
  membershipId: string,
  { canAct, canActUntil = null, acceptPower }: WantedRights,
  actor: string,
  at: Date,
): Promise<{ canAct: boolean; canActUntil: Date | null }> {
  if (!acceptPower) return { canAct, canActUntil: canAct ? canActUntil : null };
  const settlement = { membershipId, accepted: true, validUntil: acceptPower.validUntil };
  const power = await settlePower(trx, settlement, actor, at);
  if (!power) throw new GrantRefused('power_absent');
  if (power.validUntil !== null && power.validUntil <= at) throw new GrantRefused('power_over');
  return { canAct: true, canActUntil: canActUntil ?? power.validUntil };
}

/** @throws GrantRefused legacy_taken */
async function confirmLegacy(trx: Queryable, { view, decider, at }: Granting): Promise<void> {
  const { taken } = await confirmLegacyLinks(trx, view.accountId, decider.actor, at);
  if (taken.length > 0) throw new GrantRefused('legacy_taken');
}

async function recordApproval(
  trx: Queryable,
  { view, grant, decider, at }: Granting,
  approved: MembershipView,
): Promise<void> {
  const { number, inn, kpp, role, canAct, canActUntil } = approved;
  const details = {
    ...{ number, inn, kpp, role, can_act: canAct, by: decider.kind },
    ...(canActUntil && { can_act_until: canActUntil.toISOString() }),
    ...(grant.companyName !== undefined && { company_name: grant.companyName }),
    ...(approved.companyId !== view.companyId && { asked_for: [view.inn, view.kpp ?? ''] }),
  };
  const event = 'membership_approved';
  const subject = `account:${view.accountId}`;
  await recordEvent(trx, { event, actor: decider.actor, subject, details }, at);
}
