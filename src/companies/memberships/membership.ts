/**
 * Who belongs to a company, and with which rights. A membership is asked for or given, rests, comes back, ends; it is
 * never deleted, so that it can be told later who stood for the company when.
 */
import type { Row } from '../../storage/tables';

export type Company = Row<'companies'>;
export type Membership = Row<'memberships'>;
export type MembershipStatus = Membership['status'];
export type MembershipRole = Membership['role'];

/** A membership with the company it is in and the person it is of. */
export interface MembershipView extends Membership {
  inn: string;
  kpp: string | null;
  ogrn: string | null;
  companyName: string;
  /** Who gave the company its name; one that a person typed is to be looked at. */
  nameSource: Company['nameSource'];
  familyName: string;
  givenName: string;
  middleName: string | null;
  email: string | null;
  locale: string;
}

/** What may be done to a membership that stands, from which states, and where it leads. */
export const MEMBERSHIP_CHANGES = {
  suspend: { from: ['approved'], to: 'suspended', event: 'membership_suspended' },
  restore: { from: ['suspended'], to: 'approved', event: 'membership_restored' },
  revoke: { from: ['requested', 'approved', 'suspended'], to: 'revoked', event: 'membership_revoked' },
} as const satisfies Record<
  string,
  { from: readonly MembershipStatus[]; to: MembershipStatus; event: string }
>;

export type MembershipChange = keyof typeof MEMBERSHIP_CHANGES;

/** Why an application is declined; texts are under `decline_reasons` in views/texts. `other` needs a comment. */
export const DECLINE_REASONS = [
  'not_employee',
  'wrong_company',
  'data_unclear',
  'power_missing',
  'duplicate',
  'other',
] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** How a relying party learns of a membership: the claim `companies` holds one of these for each. */
export interface CompanyClaim {
  inn: string;
  kpp: string | null;
  ogrn: string | null;
  name: string;
  status: MembershipStatus;
  role: MembershipRole;
  /** True only while approved and with a right to act that has not ended. */
  can_act: boolean;
}

/** States a relying party is told of; what is over is nobody's business. */
export const TOLD_STATUSES: readonly MembershipStatus[] = ['requested', 'approved', 'suspended'];

export function companyClaim(
  view: Pick<
    MembershipView,
    'inn' | 'kpp' | 'ogrn' | 'companyName' | 'status' | 'role' | 'canAct' | 'canActUntil'
  >,
  now: Date,
): CompanyClaim {
  const { inn, kpp, ogrn, companyName: name, status, role } = view;
  return { inn, kpp, ogrn, name, status, role, can_act: mayAct(view, now) };
}

/** True for a member with the right to act for the company that has not ended. */
export function mayAct(
  { status, canAct, canActUntil }: Pick<Membership, 'status' | 'canAct' | 'canActUntil'>,
  now: Date,
): boolean {
  return status === 'approved' && canAct && (canActUntil === null || canActUntil > now);
}
