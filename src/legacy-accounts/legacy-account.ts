/**
 * Logins of an older portal: which account claims which, who has confirmed it, and the check of the old password.
 * This folder owns the tables `legacy_logins` (imported) and `legacy_links`. One login belongs to one account. It
 * knows no page and no request; limits on guessing belong to whoever asks.
 */
import type { Row } from '../storage/tables';

export type LegacyLink = Row<'legacyLinks'>;
export type LegacyLogin = Row<'legacyLogins'>;
export type LegacyLinkStatus = LegacyLink['status'];

/** The older portal of this house: the Web-portal of ЗАО "КТСП". The tables are ready for others. */
export const KTSP = 'ktsp';

export const LOGIN_MAX_LENGTH = 100;

/** What a person told of an older account, as a registration keeps it. */
export interface ToldLogin {
  login: string;
  /** The old password was right; it is kept nowhere. */
  proved: boolean;
}

/** One confirmed login, as relying parties see it. */
export interface LegacyAccountClaim {
  portal: string;
  login: string;
}

/** How a login is compared: without the spaces around it, in any case of letters. */
export function loginKey(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

/** A login as it is kept, or undefined when it is none: empty, too long, or with signs nobody can type. */
export function normalLogin(typed: string): string | undefined {
  const login = typed.normalize('NFKC').trim();
  return login === '' || login.length > LOGIN_MAX_LENGTH || /[\p{C}]/u.test(login) ? undefined : login;
}

/** `unavailable`: nobody can tell now, or the login's hash is of a kind that cannot be checked. */
export type LegacyAnswer = 'right' | 'wrong' | 'unavailable';

/** Checks a password of the older portal. An unknown login is as wrong as a wrong password, and takes as long. */
export interface LegacyCheck {
  check(login: string, password: string): Promise<LegacyAnswer>;
}
