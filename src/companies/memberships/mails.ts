/** Mails about applications and memberships, written into the outbox by the transaction that causes them. */
import { fullName } from '../../accounts/account';
import { dayInMoscow, type Clock } from '../../clock';
import type { EmailTemplateName, EmailTemplates, Locale } from '../../notifications/notifications';
import { enqueueFor } from '../../notifications/outbox';
import type { Secrets } from '../../secrets';
import type { Queryable } from '../../storage/tables';
import type { MembershipView } from './membership';
import type { ApprovalPolicy } from './policy';
import { listContacts } from './queue';

export interface MailTools {
  secrets: Secrets;
  clock: Clock;
  issuer: string;
}

/** A mail by its template, without what every mail to a person has. */
type Words = {
  [Name in EmailTemplateName]: { template: Name; values: Omit<EmailTemplates[Name], 'name' | 'link'> };
}[EmailTemplateName];

interface Reader {
  /** Whose account it is. */
  accountId: string;
  email: string | null;
  givenName: string;
  middleName: string | null;
  locale: string;
}

const localeOf = (locale: string): Locale => (locale === 'en' ? 'en' : 'ru');

/** Sends a mail to somebody who has an address, and does nothing for those who have none. */
export async function tell(
  trx: Queryable,
  { secrets, clock }: MailTools,
  reader: Reader,
  link: string,
  words: Words,
): Promise<void> {
  if (reader.email === null) return;
  const name = [reader.givenName, reader.middleName].filter(Boolean).join(' ');
  const address = { channel: 'email' as const, to: reader.email, locale: localeOf(reader.locale) };
  const mail = { ...address, ...words, values: { ...words.values, name, link } };
  await enqueueFor(trx, secrets, mail as Parameters<typeof enqueueFor>[2], clock, reader.accountId);
}

/** Where the person of an application goes on: through the relying party they came from, if they came from one. */
export function entrance({ issuer }: MailTools, { clientId }: Pick<MembershipView, 'clientId'>): string {
  return clientId === null ? `${issuer}/` : `${issuer}/open/${encodeURIComponent(clientId)}`;
}

/** Which application a mail is about: its number, and the day it was sent. */
export function applicationWords({ number, requestedAt, locale }: MembershipView) {
  return { number: String(number), date: dayInMoscow(requestedAt, localeOf(locale)) };
}

/** What a member may do, for the mail that says so. */
export function rightsWords({ canAct, canActUntil, locale }: MembershipView) {
  const until = canAct && canActUntil ? dayInMoscow(canActUntil, localeOf(locale)) : '';
  return { right: canAct ? (until === '' ? 'acts' : 'acts_until') : 'reads', until } as const;
}

/** Tells the person of a membership what became of it. */
export async function tellPerson(
  trx: Queryable,
  tools: MailTools,
  view: MembershipView,
  words: Words,
): Promise<void> {
  await tell(trx, tools, view, entrance(tools, view), words);
}

/** Tells somebody that they decide about colleagues from now on. */
export async function tellAppointed(trx: Queryable, tools: MailTools, view: MembershipView): Promise<void> {
  const values = { company: view.companyName };
  await tell(trx, tools, view, `${tools.issuer}/approvals`, { template: 'contact_appointed', values });
}

/** Tells each contact person who may decide the application, where its policy lets contact persons decide. */
export async function tellContacts(
  trx: Queryable,
  tools: MailTools,
  view: MembershipView,
  template: 'application_received' | 'application_answered' | 'power_attached',
  policy: ApprovalPolicy,
): Promise<void> {
  if (!policy.by.includes('contact')) return;
  const values = { applicant: fullName(view), company: view.companyName };
  for (const contact of await listContacts(trx, [view.companyId])) {
    if (contact.accountId === view.accountId) continue;
    await tell(trx, tools, contact, `${tools.issuer}/approvals/${view.number}`, { template, values });
  }
}
