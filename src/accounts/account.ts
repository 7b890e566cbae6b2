/**
 * Accounts: the person, whether they may enter, and the names they sign in with. Passwords are hashed in
 * passwords.ts; companies, approvals and consents are other folders' matter.
 */
import type { Row } from '../storage/tables';

export type Account = Row<'accounts'>;
export type Identifier = Row<'identifiers'>;

/** What the rest of the house needs to know of a person at once: one query. */
export interface AccountProfile extends Account {
  email: string | null;
  emailProved: boolean;
  phone: string | null;
  phoneProved: boolean;
  /** Their own login name. */
  login: string | null;
}

/** What the person said of themselves as a customer when they registered; nobody has proved it. */
export type CustomerFacts = Pick<Account, 'customerKind' | 'customerInn' | 'customerOgrn'>;

export interface PersonName {
  familyName: string;
  givenName: string;
  /** Null for "нет отчества". */
  middleName: string | null;
}

/** «Фамилия Имя Отчество», as Russian documents write it. */
export function fullName(person: PersonName): string {
  return [person.familyName, person.givenName, person.middleName].filter(Boolean).join(' ');
}

/** How a mail greets a person: «Имя Отчество», or the given name alone. */
export function greetingName(person: Pick<PersonName, 'givenName' | 'middleName'>): string {
  return [person.givenName, person.middleName].filter(Boolean).join(' ');
}

/** True while sign-ins that began at `since` still hold. */
export function isInForce(account: Pick<Account, 'status' | 'sessionsValidAfter'>, since: Date): boolean {
  // Protocol times are whole seconds, rounded down; so is the line.
  const line = Math.floor(account.sessionsValidAfter.getTime() / 1000);
  return account.status === 'active' && Math.floor(since.getTime() / 1000) >= line;
}

const NAME = /^[\p{L}\p{M}][\p{L}\p{M}\p{Pd}'’. ]{0,99}$/u;

/** A name as it is kept (single spaces, NFC), or undefined when it is none. */
export function normalName(input: string): string | undefined {
  const name = input.normalize('NFC').replace(/\s+/g, ' ').trim();
  return NAME.test(name) ? name : undefined;
}
