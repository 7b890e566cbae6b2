/**
 * Getting back in without the password: a name, a one-time code sent to what the account has proved, a new password.
 * This folder owns the pages of /recovery and /set-password and the rules of both. It knows no session and signs
 * nobody in: whoever has set a password goes and uses it.
 *
 * Nothing here tells whether a name has an account (unless the setting says so): the same pages, the same rows, the
 * same work. Which step is due is computed from what the server has kept, never from what was posted.
 */
import type { Account, AccountProfile } from '../accounts/account';
import { maskEmail, parseEmail } from '../accounts/email-address';
import { maskPhone, parsePhone, readCountry, takesSms, type PhoneCountry } from '../accounts/phone-number';

export type RecoveryKind = 'email' | 'phone';
export type Channel = 'sms' | 'email';

/** The name that somebody says is theirs. */
export interface RecoveryName {
  kind: RecoveryKind;
  canonical: string;
  /** Where the code goes when nothing else is chosen. */
  channel: Channel;
}

/** What is kept of one recovery, under the fingerprint of the browser's token. */
export interface Recovery {
  name: RecoveryName;
  channel: Channel;
  /** The one code that counts; an earlier one is never looked at again. */
  codeId: string;
  /** Milliseconds since the epoch. */
  sentAt: number;
  /** How the page calls the place the code went to. */
  target: string;
}

/** Seconds a code is good for (ASVS 5.0, 6.5.5). */
export const CODE_TTL = 600;
/** Seconds the link of a mail is good for: mail may take its time. */
export const LINK_TTL = 3600;
/** Seconds after a right code within which the password is to be set. */
export const PASSWORD_TTL = 900;
/** Seconds before another message may be asked for. */
export const RESEND_PAUSE = 60;
/** Seconds one recovery is remembered. */
export const RECOVERY_TTL = 3600;
/** Wrong codes for one account in a day, over all recoveries that anybody begins for it. */
export const CODES_A_DAY = 30;
export const DAY = 24 * 3600;

/** Something a person has to show beside the code before the password can be set, such as a second factor. */
export type RecoveryCheck = never;

/**
 * What else is due after a right code; a password must not be set before all of it is shown (ASVS 5.0, 6.4.3).
 * Accounts have no second factor yet.
 */
export function remainingChecks(_account: Pick<Account, 'id'>): readonly RecoveryCheck[] {
  return [];
}

/** Reads a typed name, or says what is wrong with it by its form alone. */
export function readRecoveryName(
  kind: RecoveryKind,
  typed: string,
  country: PhoneCountry = readCountry(undefined),
): RecoveryName | string {
  if (kind === 'email') {
    if (!typed.trim()) return 'email_required';
    const email = parseEmail(typed);
    return email ? { kind, canonical: email.canonical, channel: 'email' } : 'email_invalid';
  }
  if (!typed.trim()) return 'phone_required';
  const phone = parsePhone(typed, country);
  // What cannot take a code may still be the name of an account whose mailbox can.
  if (typeof phone !== 'object') return 'phone_invalid';
  return { kind, canonical: phone.value, channel: takesSms(phone) ? 'sms' : 'email' };
}

/** The typed name as its owner knows it again, and nothing that was not typed. */
export function maskName({ kind, canonical }: RecoveryName): string {
  return kind === 'email' ? maskEmail(canonical) : maskPhone(canonical);
}

/** Where the message to this person goes; undefined when there is no proved address for it. */
export function messageTarget(
  person: AccountProfile,
  name: RecoveryName,
  channel: Channel,
): string | undefined {
  if (channel === 'sms') return name.canonical;
  return person.emailProved && person.email !== null ? person.email : undefined;
}
