/** Giving, resting and ending memberships: each in one transaction with its audit row. */
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import type { Database } from '../../storage/tables';
import type { CompanyUnit } from '../identifiers';
import {
  MEMBERSHIP_CHANGES,
  type Membership,
  type MembershipChange,
  type MembershipRole,
} from './membership';
import { ensureCompany, insertMembership, moveMembership, type CompanyNaming } from './store';

export interface MembershipTools {
  db: Database;
  clock: Clock;
}

export interface GivenMembership {
  accountId: string;
  unit: CompanyUnit;
  /** Used where the company is not known yet; a known one keeps its name. */
  naming: CompanyNaming;
  role: MembershipRole;
  canAct: boolean;
}

/** Makes a person a member at once, by an operator's word. Undefined when they stand in the company already. */
export async function addMember(
  { db, clock }: MembershipTools,
  given: GivenMembership,
  actor: string,
): Promise<Membership | undefined> {
  const at = clock.now();
  const { accountId, unit, naming, role, canAct } = given;
  return db.transaction().execute(async (trx) => {
    const company = await ensureCompany(trx, unit, naming, at);
    const membership = await insertMembership(
      trx,
      { accountId, companyId: company.id, status: 'approved', role, canAct, decidedBy: actor },
      at,
    );
    if (!membership) return undefined;
    const details = { membership: membership.id, inn: unit.inn, kpp: unit.kpp, role, can_act: canAct };
    await recordEvent(
      trx,
      { event: 'membership_added', actor, subject: `account:${accountId}`, details },
      at,
    );
    return membership;
  });
}

/** Suspends, restores or revokes. Undefined when the membership is in no state from which that leads on. */
export async function changeMembership(
  { db, clock }: MembershipTools,
  id: string,
  change: { kind: MembershipChange; reason: string },
  actor: string,
): Promise<Membership | undefined> {
  const at = clock.now();
  const { from, to, event } = MEMBERSHIP_CHANGES[change.kind];
  return db.transaction().execute(async (trx) => {
    const moved = await moveMembership(
      trx,
      id,
      from,
      { status: to, reason: change.reason, decidedBy: actor },
      at,
    );
    if (!moved) return undefined;
    const details = { membership: id, reason: change.reason };
    await recordEvent(trx, { event, actor, subject: `account:${moved.accountId}`, details }, at);
    return moved;
  });
}
