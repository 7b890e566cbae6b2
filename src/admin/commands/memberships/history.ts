/** What happened to an application and the membership that came of it, by the audit trail: who did what, and when. */
import type { AuditEvent } from '../../../audit/audit';
import { listEvents } from '../../../audit/store';
import type { MembershipView } from '../../../companies/memberships/membership';
import type { AdminTools } from '../../admin';
import { actorText } from './application';

/** The event in the words of the command line. */
const STEPS: Partial<Record<AuditEvent, string>> = {
  membership_added: 'given',
  membership_approved: 'approved',
  membership_declined: 'declined',
  membership_expired: 'expired',
  membership_rights_changed: 'rights changed',
  contact_appointed: 'made contact person',
  contact_dismissed: 'made plain member',
  membership_suspended: 'suspended',
  membership_restored: 'restored',
  membership_revoked: 'revoked',
  membership_left: 'left',
};

export interface HistoryStep {
  at: Date;
  step: string;
  by: string;
}

/** Of one person many more are not likely. */
const MOST = 500;

/** Oldest first. */
export async function listHistory(
  tools: AdminTools,
  { id, number, accountId }: MembershipView,
): Promise<HistoryStep[]> {
  const events = await listEvents(tools.db, { subject: `account:${accountId}`, limit: MOST });
  const own = events.filter(({ details }) => details.number === number || details.membership === id);
  const steps = own.toReversed().flatMap(({ event, at, actor }) => {
    const step = STEPS[event as AuditEvent];
    return step === undefined ? [] : [{ at, step, actor }];
  });
  return Promise.all(
    steps.map(async ({ at, step, actor }) => ({ at, step, by: await actorText(tools, actor) })),
  );
}
