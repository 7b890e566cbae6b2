/** «Удалить»: a person takes a company off their own list. Nobody has to agree, but the company's mail may have to. */
import { settlePower } from '../../../attorney/settle-power';
import { recordEvent } from '../../../audit/store';
import type { Database } from '../../../storage/tables';
import { tellKeptOut } from '../../kept-out';
import { tellPerson, type MailTools } from '../mails';
import type { MembershipView } from '../membership';
import { lockApplication } from '../queue';
import { moveMembership } from '../store';
import { findCompanyEmail } from './company-email';

const STANDING = ['requested', 'approved', 'suspended'] as const;

export const isStanding = ({ status }: Pick<MembershipView, 'status'>): boolean =>
  STANDING.some((known) => known === status);

/** An application may be taken back at any time; a membership only with a code where the company has a mail address. */
export function leavingNeedsCode(
  { status }: Pick<MembershipView, 'status'>,
  email: string | undefined,
): boolean {
  return status !== 'requested' && email !== undefined;
}

export interface Leaving {
  accountId: string;
  number: number;
  /** The code from the company's mail was right. */
  confirmed: boolean;
}

/** `absent`: it is none of theirs, or over already. */
export async function leaveCompany(
  tools: MailTools & { db: Database },
  { accountId, number, confirmed }: Leaving,
): Promise<'done' | 'absent' | 'code_required'> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const view = await lockApplication(trx, number);
    if (view?.accountId !== accountId || !isStanding(view)) return 'absent';
    if (!confirmed && leavingNeedsCode(view, await findCompanyEmail(trx, view))) return 'code_required';
    const subject = `account:${accountId}`;
    const change = { status: 'revoked', reason: null, decidedBy: subject } as const;
    if (!(await moveMembership(trx, view.id, STANDING, change, at))) return 'absent';
    await settlePower(trx, { membershipId: view.id, accepted: false }, subject, at);
    const { inn, kpp, status: before } = view;
    const details = { number, inn, kpp, before, by: confirmed ? 'company_mail' : 'person' };
    await recordEvent(trx, { event: 'membership_left', actor: subject, subject, details }, at);
    await tellKeptOut(trx, accountId, at);
    await tellPerson(trx, tools, view, { template: 'company_left', values: { company: view.companyName } });
    return 'done';
  });
}
