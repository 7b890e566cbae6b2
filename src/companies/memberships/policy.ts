/**
 * Who decides applications, how many of them, and how long one may wait; each registration path has its policy. Of
 * several deciders all must have seen the same version of the application, and what the last of them gives holds.
 */
import { addSeconds } from '../../clock';

export const DECIDER_KINDS = ['operator', 'contact'] as const;
export type DeciderKind = (typeof DECIDER_KINDS)[number];

export interface Decider {
  kind: DeciderKind;
  /** As the audit trail names people. */
  actor: string;
  /** Of a contact person; the command line knows its operators by name only. */
  accountId?: string;
}

export interface ApprovalPolicy {
  /** Operators by the command line, contact persons of the company on their page. */
  by: readonly DeciderKind[];
  /** Different people who must say yes; a single no declines. */
  approvals: number;
  expiresAfterDays: number;
  /**
   * The membership is the person's way in: while no company lets them in, relying parties that want approved people do
   * not either. False where the account holds by itself and a company is something added.
   */
  admission: boolean;
  /** A code from the company's own mail makes a member, too; without the right to act. */
  companyCode: boolean;
  /** Days after which the contact persons are reminded, in ascending order. */
  remindAfterDays: readonly number[];
}

const PORT_ONE: ApprovalPolicy = {
  by: ['operator', 'contact'],
  approvals: 1,
  admission: true,
  expiresAfterDays: 30,
  remindAfterDays: [3, 10],
  companyCode: true,
};

/** What an operator gives is as good as a registration that was approved. */
export const OPERATORS_PATH = 'port-one';

/** Not a registration: companies that somebody with an account adds on their own pages. */
export const ADDED = 'account';

const POLICIES: Readonly<Record<string, ApprovalPolicy>> = {
  'port-one': PORT_ONE,
  [ADDED]: { ...PORT_ONE, admission: false },
};

/** The policy of a registration path; a path without one of its own has that of port.one. */
export function approvalPolicy(path: string): ApprovalPolicy {
  return Object.hasOwn(POLICIES, path) ? (POLICIES[path] ?? PORT_ONE) : PORT_ONE;
}

/** Paths whose applications contact persons have no say in. */
export function operatorPaths(): string[] {
  return Object.keys(POLICIES).filter((path) => !POLICIES[path]?.by.includes('contact'));
}

const DAY = 86_400;

/** When an application that begins to wait at `from` runs out, and when its contact persons are reminded. */
export function waitingTimes(policy: ApprovalPolicy, from: Date): { expiresAt: Date; remindAt: Date | null } {
  const expiresAt = addSeconds(from, policy.expiresAfterDays * DAY);
  return { expiresAt, remindAt: nextReminder(policy, expiresAt, from) };
}

/** The first reminder after `now` of an application that runs out at `expiresAt`; null when there is no further one. */
export function nextReminder(policy: ApprovalPolicy, expiresAt: Date, now: Date): Date | null {
  const from = addSeconds(expiresAt, -policy.expiresAfterDays * DAY);
  const times = policy.remindAfterDays.map((days) => addSeconds(from, days * DAY));
  return times.find((time) => time > now && time < expiresAt) ?? null;
}
