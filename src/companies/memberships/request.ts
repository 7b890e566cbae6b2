/** Asking to be let into a company: with a registration, and once more after an application came to nothing. */
import { recordEvent } from '../../audit/store';
import { addSeconds } from '../../clock';
import type { Database, Queryable } from '../../storage/tables';
import type { CompanyUnit } from '../identifiers';
import type { Membership } from './membership';
import { tellContacts, type MailTools } from './mails';
import { ADDED, approvalPolicy, waitingTimes } from './policy';
import { keepSaid } from './talk/said';
import { countRequests, findNewestMembership, lockAccount } from './queue';
import { ensureCompany, findMembership, insertMembership, type CompanyNaming } from './store';

export interface MembershipRequest {
  accountId: string;
  unit: CompanyUnit;
  /** Used where the company is not known yet, or only by a name that a person typed. */
  naming: CompanyNaming;
  /** Registration path; it names the policy of approval. */
  path: string;
  /** Relying party the person came from. */
  clientId: string | null;
  /** What the person adds; nobody has asked for it. */
  answer?: string | null;
  /** As the audit names people; absent: the person. */
  actor?: string;
}

/**
 * Writes the application down with its audit row and its mails to the company's contact persons, in the caller's
 * transaction. Undefined when the person stands in the company already.
 */
export async function requestMembership(
  trx: Queryable,
  tools: MailTools,
  request: MembershipRequest,
): Promise<Membership | undefined> {
  const at = tools.clock.now();
  const { accountId, unit, naming, path, clientId } = request;
  const answer = request.answer ? keepSaid([{ question: null, words: request.answer }]) : null;
  const policy = approvalPolicy(path);
  const company = await ensureCompany(trx, unit, naming, at);
  const membership = await insertMembership(
    trx,
    {
      ...{ accountId, companyId: company.id, status: 'requested', role: 'member', canAct: false },
      ...{ decidedBy: null, path, clientId, answer, ...waitingTimes(policy, at) },
    },
    at,
  );
  if (!membership) return undefined;
  const subject = `account:${accountId}`;
  const details = { number: membership.number, ...unit };
  const actor = request.actor ?? subject;
  await recordEvent(trx, { event: 'membership_requested', actor, subject, details }, at);
  const view = await findMembership(trx, membership.id);
  if (view) await tellContacts(trx, tools, view, 'application_received', policy);
  return membership;
}

export type SecondRequest = Pick<MembershipRequest, 'accountId' | 'unit' | 'naming' | 'answer'>;

export type SecondRequestResult =
  { outcome: 'done'; membership: Membership } | { outcome: 'standing' | 'too_many' };

const DAY = 86_400;
/** Applications of one account, the first one included: a person who errs, not a program that tries companies. */
const MOST_A_DAY = 3;
const MOST_EVER = 10;

/**
 * A further application of somebody whose earlier one was declined, ran out or was revoked. `standing` while one
 * waits, or in a company where they are a member.
 * @param actor as the audit trail names people
 */
export async function applyAgain(
  tools: MailTools & { db: Database },
  request: SecondRequest,
  actor: string,
): Promise<SecondRequestResult> {
  const now = tools.clock.now();
  return tools.db.transaction().execute(async (trx): Promise<SecondRequestResult> => {
    // Two tabs are counted one after the other.
    await lockAccount(trx, request.accountId);
    const counts = await countRequests(trx, request.accountId, addSeconds(now, -DAY));
    if (counts.waiting > 0) return { outcome: 'standing' };
    if (counts.recent >= MOST_A_DAY || counts.all >= MOST_EVER) return { outcome: 'too_many' };
    const newest = await findNewestMembership(trx, request.accountId);
    const { path, clientId } = newest ?? { path: ADDED, clientId: null };
    const membership = await requestMembership(trx, tools, { ...request, path, clientId, actor });
    return membership ? { outcome: 'done', membership } : { outcome: 'standing' };
  });
}
