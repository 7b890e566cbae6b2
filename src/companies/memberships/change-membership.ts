/** Giving, resting and ending memberships: each in one transaction with its audit row and the mail to the person. */
import { OPERATORS_PATH } from './policy';
import { settlePower } from '../../attorney/settle-power';
import { recordEvent } from '../../audit/store';
import type { Database } from '../../storage/tables';
import type { CompanyUnit } from '../identifiers';
import { tellKeptOut } from '../kept-out';
import { GrantRefused, type GrantFault, type WantedRights } from './grant';
import { tellAppointed, tellPerson, type MailTools } from './mails';
import {
  MEMBERSHIP_CHANGES,
  type Membership,
  type MembershipChange,
  type MembershipRole,
} from './membership';
import { giveRights } from './powers/decide-power';
import { lockMembership } from './queue';
import {
  ensureCompany,
  findMembership,
  insertMembership,
  moveMembership,
  updateRole,
  type CompanyNaming,
} from './store';

export interface MembershipTools extends MailTools {
  db: Database;
}

export interface GivenMembership {
  accountId: string;
  unit: CompanyUnit;
  /** Used where the company is not known yet, or only by a name that a person typed. */
  naming: CompanyNaming;
  role: MembershipRole;
  canAct: boolean;
  /** End of the right to act; absent: none. */
  canActUntil?: Date | null;
}

/**
 * Makes a person a member at once, by an operator's word; a contact person is told. Undefined when they stand in the
 * company already.
 */
export async function addMember(
  tools: MembershipTools,
  given: GivenMembership,
  actor: string,
): Promise<Membership | undefined> {
  const at = tools.clock.now();
  const { accountId, unit, naming, role, canAct } = given;
  const canActUntil = canAct ? (given.canActUntil ?? null) : null;
  return tools.db.transaction().execute(async (trx) => {
    const company = await ensureCompany(trx, unit, naming, at);
    const membership = await insertMembership(
      trx,
      {
        ...{ accountId, companyId: company.id, status: 'approved', role, canAct, canActUntil },
        decidedBy: actor,
        path: OPERATORS_PATH,
      },
      at,
    );
    if (!membership) return undefined;
    const until = canActUntil && { can_act_until: canActUntil.toISOString() };
    const details = { membership: membership.id, ...unit, role, can_act: canAct, ...until };
    const subject = `account:${accountId}`;
    await recordEvent(trx, { event: 'membership_added', actor, subject, details }, at);
    const view = role === 'contact' ? await findMembership(trx, membership.id) : undefined;
    if (view) await tellAppointed(trx, tools, view);
    return membership;
  });
}

/** Suspends, restores or revokes. Undefined when the membership is in no state from which that leads on. */
export async function changeMembership(
  tools: MembershipTools,
  id: string,
  change: { kind: MembershipChange; reason: string },
  actor: string,
): Promise<Membership | undefined> {
  const at = tools.clock.now();
  const { from, to, event } = MEMBERSHIP_CHANGES[change.kind];
  return tools.db.transaction().execute(async (trx) => {
    const moved = await moveMembership(
      trx,
      id,
      from,
      { status: to, reason: change.reason, decidedBy: actor },
      at,
    );
    const view = moved && (await findMembership(trx, id));
    if (!view) return undefined;
    if (change.kind === 'revoke') await settlePower(trx, { membershipId: id, accepted: false }, actor, at);
    const details = { membership: id, reason: change.reason };
    await recordEvent(trx, { event, actor, subject: `account:${view.accountId}`, details }, at);
    await tellKeptOut(trx, view.accountId, at);
    await tellPerson(trx, tools, view, { template: event, values: { company: view.companyName } });
    return moved;
  });
}

/** Makes a member a contact person of the company, or a plain member again. False when they are that already. */
export async function changeRole(
  tools: MembershipTools,
  id: string,
  role: MembershipRole,
  actor: string,
): Promise<boolean> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const view = (await updateRole(trx, id, role)) ? await findMembership(trx, id) : undefined;
    if (!view) return false;
    const { inn, kpp } = view;
    const event = role === 'contact' ? 'contact_appointed' : 'contact_dismissed';
    const subject = `account:${view.accountId}`;
    await recordEvent(trx, { event, actor, subject, details: { membership: id, inn, kpp } }, at);
    if (role === 'contact') await tellAppointed(trx, tools, view);
    return true;
  });
}

/**
 * Changes the rights of an approved member; `not_approved` for anybody else. Relying parties are told at the next
 * refresh; the member is mailed where a power of attorney was accepted.
 * @param actor as the audit trail names people
 */
export async function changeRights(
  tools: MembershipTools,
  id: string,
  wanted: WantedRights,
  actor: string,
): Promise<'done' | 'not_approved' | GrantFault> {
  try {
    return await tools.db.transaction().execute<'done'>(async (trx) => {
      // First the membership, then its papers: in the order in which a paper is attached.
      await lockMembership(trx, id);
      if (!(await giveRights(trx, tools, id, wanted, actor))) throw new NotApproved();
      return 'done';
    });
  } catch (error) {
    if (error instanceof NotApproved) return 'not_approved';
    if (error instanceof GrantRefused) return error.fault;
    throw error;
  }
}

/** Undoes the acceptance of a power of attorney. */
class NotApproved extends Error {}
