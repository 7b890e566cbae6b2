/**
 * Approving and declining applications. A decision names the version of the application that its reviewer saw, so of
 * any number of decisions at once one holds. Change, audit row and mail to the person are one transaction.
 */
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import { enqueue } from '../../notifications/outbox';
import type { EmailMessage } from '../../notifications/notifications';
import type { Secrets } from '../../secrets';
import type { Database, Queryable } from '../../storage/tables';
import type { MembershipRole, MembershipView } from './membership';
import {
  decideApplication,
  findMembership,
  findMembershipByNumber,
  renameCompany,
  type Decision,
} from './store';

export interface DecisionTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
}

/** The application as the reviewer saw it. */
export interface SeenApplication {
  number: number;
  version: number;
}

export interface Approval extends SeenApplication {
  role: MembershipRole;
  canAct: boolean;
  /** The company's right name, where the person had typed it. */
  companyName?: string;
}

export interface Declining extends SeenApplication {
  /** The person reads it. */
  reason: string;
}

/** `stale`: decided already, or changed since the reviewer looked. */
export type DecisionResult = 'done' | 'stale' | 'absent';

/** Lets the person in. @param actor as the audit trail names people */
export function approveMembership(
  tools: DecisionTools,
  { role, canAct, companyName, ...seen }: Approval,
  actor: string,
): Promise<DecisionResult> {
  const decision: Decision = { status: 'approved', role, canAct, reason: null, decidedBy: actor };
  return decide(tools, seen, decision, companyName);
}

/** Turns the application down. @param actor as the audit trail names people */
export function declineMembership(
  tools: DecisionTools,
  { reason, ...seen }: Declining,
  actor: string,
): Promise<DecisionResult> {
  return decide(tools, seen, { status: 'declined', reason, decidedBy: actor });
}

async function decide(
  tools: DecisionTools,
  seen: SeenApplication,
  decision: Decision,
  companyName?: string,
): Promise<DecisionResult> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const decided = await decideApplication(trx, seen, decision, at);
    if (!decided) return (await findMembershipByNumber(trx, seen.number)) ? 'stale' : 'absent';
    if (companyName !== undefined) await renameCompany(trx, decided.companyId, companyName, at);
    const view = await findMembership(trx, decided.id);
    if (!view) throw new Error('the membership that was just decided is missing');
    await recordDecision(trx, view, at);
    await tellPerson(trx, tools, view);
    return 'done';
  });
}

async function recordDecision(trx: Queryable, view: MembershipView, at: Date): Promise<void> {
  const { number, inn, kpp, status, role, canAct, reason } = view;
  const approved = status === 'approved';
  await recordEvent(
    trx,
    {
      event: approved ? 'membership_approved' : 'membership_declined',
      actor: view.decidedBy ?? 'system',
      subject: `account:${view.accountId}`,
      details: { number, inn, kpp, ...(approved ? { role, can_act: canAct } : { reason }) },
    },
    at,
  );
}

async function tellPerson(trx: Queryable, tools: DecisionTools, view: MembershipView): Promise<void> {
  if (view.email === null) return;
  const name = [view.givenName, view.middleName].filter(Boolean).join(' ');
  const values = { name, link: `${tools.issuer}/`, company: view.companyName };
  const common = {
    channel: 'email' as const,
    to: view.email,
    locale: view.locale === 'en' ? 'en' : 'ru',
  } as const;
  const mail: EmailMessage =
    view.status === 'approved'
      ? { ...common, template: 'application_approved', values }
      : { ...common, template: 'application_declined', values: { ...values, reason: view.reason ?? '' } };
  await enqueue(trx, tools.secrets, mail, tools.clock);
}
