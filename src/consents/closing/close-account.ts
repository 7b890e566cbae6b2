/**
 * Closing an account because its owner asks. The same row that a withdrawn consent leaves (withdraw.ts) says by when the
 * data must be gone; asked for, it may be undone for a week. Other sign-ins and all tokens end at once.
 */
import { greetingName, type AccountProfile } from '../../accounts/account';
import { endOtherSessions, endTokens } from '../../accounts/sessions/store';
import { findProfile, lockAccount } from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import { dayInMoscow, addSeconds } from '../../clock';
import { enqueue } from '../../notifications/outbox';
import type { Queryable } from '../../storage/tables';
import { DESTROY_WITHIN_DAYS } from '../consent';
import { isRequired } from '../document';
import {
  findOpenClosing,
  insertClosing,
  listNewestConsents,
  lockConsents,
  type AccountClosing,
} from '../store';
import type { WithdrawalTools } from '../withdraw';
import { insertAskedClosing, undoAskedClosing } from './store';

/** Days in which a person may change their mind. */
export const UNDO_DAYS = 7;
const DAY = 86_400;

export interface ClosingRequest {
  accountId: string;
  /** The session that stays, so that its owner can undo it at once. */
  sessionUid: string;
  address: string;
  requestId: string;
}

/** Gives the open closing; one that was begun before stands. */
export async function askClosing(tools: WithdrawalTools, request: ClosingRequest): Promise<AccountClosing> {
  const { accountId, sessionUid, address, requestId } = request;
  const at = tools.clock.now();
  const subject = `account:${accountId}`;
  return tools.db.transaction().execute(async (trx) => {
    // In the order in which a withdrawal takes them.
    await lockConsents(trx, accountId);
    await lockAccount(trx, accountId);
    const open = await findOpenClosing(trx, accountId);
    if (open) return open;
    const destroyAfter = addSeconds(at, UNDO_DAYS * DAY);
    const destroyBy = addSeconds(at, DESTROY_WITHIN_DAYS * DAY);
    const closing = await insertAskedClosing(trx, {
      ...{ accountId, askedBy: subject, askedAt: at, destroyBy, destroyAfter },
    });
    await endOtherSessions(trx, accountId, sessionUid, at);
    await endTokens(trx, accountId);
    const details = { reason: 'asked', destroy_by: destroyBy.toISOString() };
    const entry = { event: 'account_closing_began', actor: subject, subject, address, requestId } as const;
    await recordEvent(trx, { ...entry, details }, at);
    const person = await findProfile(trx, accountId);
    if (person) await tell(trx, tools, person, { template: 'account_closing_asked', day: destroyAfter });
    return closing;
  });
}

/** False when there is nothing to undo, or only what a withdrawn consent began. */
export async function undoClosingAsked(
  tools: WithdrawalTools,
  request: Omit<ClosingRequest, 'sessionUid'>,
): Promise<boolean> {
  const { accountId, address, requestId } = request;
  const at = tools.clock.now();
  const subject = `account:${accountId}`;
  return tools.db.transaction().execute(async (trx) => {
    await lockConsents(trx, accountId);
    await lockAccount(trx, accountId);
    const open = await findOpenClosing(trx, accountId);
    if (!open || !(await undoAskedClosing(trx, accountId, at))) return false;
    const entry = { event: 'account_closing_undone', actor: subject, subject, address, requestId } as const;
    await recordEvent(trx, entry, at);
    if (await keepWithdrawn(trx, open, at)) return true;
    const person = await findProfile(trx, accountId);
    if (person) await tell(trx, tools, person, { template: 'account_closing_undone', day: at });
    return true;
  });
}

/** A consent that was taken back meanwhile goes on closing the account, by the same day; true where there is one. */
async function keepWithdrawn(trx: Queryable, closing: AccountClosing, at: Date): Promise<boolean> {
  const { accountId, destroyBy } = closing;
  const newest = await listNewestConsents(trx, accountId);
  if (!newest.some(({ document, action }) => isRequired(document) && action === 'withdrawn')) return false;
  const subject = `account:${accountId}`;
  await insertClosing(trx, {
    accountId,
    reason: 'consent_withdrawn',
    askedBy: subject,
    askedAt: at,
    destroyBy,
  });
  const details = { reason: 'consent_withdrawn', destroy_by: destroyBy.toISOString() };
  await recordEvent(trx, { event: 'account_closing_began', actor: subject, subject, details }, at);
  return true;
}

async function tell(
  trx: Queryable,
  { secrets, clock, issuer }: WithdrawalTools,
  person: AccountProfile,
  { template, day }: { template: 'account_closing_asked' | 'account_closing_undone'; day: Date },
): Promise<void> {
  if (person.email === null || !person.emailProved) return;
  const locale = person.locale === 'en' ? 'en' : 'ru';
  const values = {
    name: greetingName(person),
    link: `${issuer}/account/close`,
    day: dayInMoscow(day, locale),
  };
  const mail = { channel: 'email', to: person.email, locale, template, values } as const;
  await enqueue(trx, secrets, mail, clock, person.id);
}
