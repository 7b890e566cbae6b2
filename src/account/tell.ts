/** Notices of what a person has changed: they go where the person can be told, whoever has changed it. */
import { greetingName, type AccountProfile } from '../accounts/account';
import { parsePhone, takesSms } from '../accounts/phone-number';
import { listProvedAddresses } from '../accounts/store';
import { addSeconds } from '../clock';
import type { EmailMessage, EmailTemplates, Locale } from '../notifications/notifications';
import { enqueue } from '../notifications/outbox';
import type { Queryable } from '../storage/tables';
import type { AccountParts } from './parts';

export type TellTools = Pick<AccountParts, 'secrets' | 'clock' | 'issuer'>;

const DAY = 86_400;

export const localeOf = ({ locale }: Pick<AccountProfile, 'locale'>): Locale =>
  locale === 'en' ? 'en' : 'ru';

/** Mails of which the greeting and the link are the same for everybody. */
type Notice = {
  [Name in keyof EmailTemplates]: { template: Name; values: Omit<EmailTemplates[Name], 'name' | 'link'> };
}[keyof EmailTemplates];

/** To one address of the person. @param path page of the issuer that the button opens */
export async function tellAddress(
  trx: Queryable,
  { secrets, clock, issuer }: TellTools,
  person: AccountProfile,
  to: string,
  path: string,
  { template, values }: Notice,
): Promise<void> {
  const all = { name: greetingName(person), link: `${issuer}${path}`, ...values };
  const mail = { channel: 'email', to, locale: localeOf(person), template, values: all } as EmailMessage;
  await enqueue(trx, secrets, mail, clock, person.id);
}

/** To every e-mail the person has proved. */
export async function tellPerson(
  trx: Queryable,
  tools: TellTools,
  person: AccountProfile,
  path: string,
  notice: Notice,
): Promise<void> {
  for (const { kind, value } of await listProvedAddresses(trx, person.id))
    if (kind === 'email') await tellAddress(trx, tools, person, value, path, notice);
}

/** To every proved address, phones too: whoever took one of them over does not read the others. */
export async function tellPassword(
  trx: Queryable,
  tools: TellTools,
  person: AccountProfile,
  others: boolean,
): Promise<void> {
  const template = others ? 'password_changed' : 'password_changed_only';
  await tellPerson(trx, tools, person, '/recovery', { template, values: {} });
  const { secrets, clock } = tools;
  for (const { kind, value: to } of await listProvedAddresses(trx, person.id)) {
    const phone = kind === 'phone' && parsePhone(to);
    if (typeof phone !== 'object' || !takesSms(phone)) continue;
    const expiresAt = addSeconds(clock.now(), DAY);
    const locale = localeOf(person);
    const sms = { channel: 'sms', to, template: 'password_changed', locale, values: {}, expiresAt } as const;
    await enqueue(trx, secrets, sms, clock, person.id);
  }
}
