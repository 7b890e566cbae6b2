/**
 * Taking a consent back. Advertising just ends. Without the terms or the consent to process personal data there can be
 * no account: its sign-ins and tokens end at once, no relying party is told anything from then on, and its data must be
 * destroyed within 30 days (152-ФЗ ст. 21 ч. 5) unless the person agrees again before.
 */
import { endSessions, findProfile } from '../accounts/store';
import { recordEvent } from '../audit/store';
import { dayInMoscow, addSeconds, type Clock } from '../clock';
import { enqueueFor } from '../notifications/outbox';
import type { Secrets } from '../secrets';
import type { Database, Queryable } from '../storage/tables';
import { DESTROY_WITHIN_DAYS, type ConsentFacts } from './consent';
import { isRequired, type DocumentName } from './document';
import {
  findOpenClosing,
  hastenClosing,
  insertClosing,
  insertConsents,
  listNewestConsents,
  lockConsents,
} from './store';

export interface WithdrawalTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
}

export interface Withdrawal {
  accountId: string;
  document: DocumentName;
  facts: ConsentFacts;
  /** What an operator notes, such as the number of the letter. */
  note?: string;
}

/** `absent`: there is nothing to withdraw. `closing`: the account's data are destroyed by that day. */
export type WithdrawalResult =
  { outcome: 'done' } | { outcome: 'absent' } | { outcome: 'closing'; destroyBy: Date };

const DAY = 86_400;

/** @param actor as the audit names people */
export async function withdrawConsent(
  tools: WithdrawalTools,
  withdrawal: Withdrawal,
  actor: string,
): Promise<WithdrawalResult> {
  const { accountId, document, facts, note } = withdrawal;
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx): Promise<WithdrawalResult> => {
    await lockConsents(trx, accountId);
    const newest = await listNewestConsents(trx, accountId);
    const last = newest.find((consent) => consent.document === document);
    if (last?.action !== 'given') return { outcome: 'absent' };
    const { version, textHash } = last;
    await insertConsents(trx, [
      { accountId, document, version, textHash, ...facts, action: 'withdrawn', at },
    ]);
    const details = { document, version, form: facts.form, ...(note === undefined ? {} : { note }) };
    const subject = `account:${accountId}`;
    const address = facts.address === '' ? undefined : facts.address;
    await recordEvent(trx, { event: 'consent_withdrawn', actor, subject, address, details }, at);
    if (!isRequired(document)) return { outcome: 'done' };
    return { outcome: 'closing', destroyBy: await beginClosing(trx, tools, { accountId, document, actor }) };
  });
}

async function beginClosing(
  trx: Queryable,
  tools: WithdrawalTools,
  { accountId, document, actor }: { accountId: string; document: DocumentName; actor: string },
): Promise<Date> {
  const at = tools.clock.now();
  const destroyBy = addSeconds(at, DESTROY_WITHIN_DAYS * DAY);
  const open = await findOpenClosing(trx, accountId);
  await endSessions(trx, accountId, at);
  if (open) {
    await hastenClosing(trx, open.id, destroyBy);
    return open.destroyBy < destroyBy ? open.destroyBy : destroyBy;
  }
  await insertClosing(trx, {
    ...{ accountId, reason: 'consent_withdrawn', askedBy: actor },
    ...{ askedAt: at, destroyBy },
  });
  const details = { document, destroy_by: destroyBy.toISOString() };
  const subject = `account:${accountId}`;
  await recordEvent(trx, { event: 'account_closing_began', actor, subject, details }, at);
  await tellOfClosing(trx, tools, accountId, destroyBy);
  return destroyBy;
}

async function tellOfClosing(
  trx: Queryable,
  { secrets, clock, issuer }: WithdrawalTools,
  accountId: string,
  destroyBy: Date,
): Promise<void> {
  const person = await findProfile(trx, accountId);
  if (!person || person.email === null || !person.emailProved) return;
  const locale = person.locale === 'en' ? 'en' : 'ru';
  const name = [person.givenName, person.middleName].filter(Boolean).join(' ');
  const values = { name, link: `${issuer}/`, day: dayInMoscow(destroyBy, locale) };
  const mail = { channel: 'email', to: person.email, locale, template: 'account_closing', values } as const;
  await enqueueFor(trx, secrets, mail, clock, accountId);
}
