/**
 * Our own single-use secrets: links sent by mail (256 random bits) and short codes typed by hand (six digits).
 * It owns the table `single_use_tokens` and the rules of spending: exactly one winner among any number of
 * callers on any number of nodes, and never more than five tries for a code. It does not send anything, does
 * not know what a purpose is good for, and has nothing to do with OpenID Connect codes and tokens.
 *
 * A link is kept as its SHA-256, which suffices for 256 random bits. A code has a million values, so it is kept
 * as an HMAC that a copy of the database does not let anybody search through.
 */

/** What a token may be spent on. A token of one purpose is unknown to every other. */
export type TokenPurpose =
  | 'set_password'
  | 'prove_email'
  | 'prove_email_code'
  | 'prove_phone'
  | 'recover'
  | 'recovered'
  | 'change_email'
  | 'change_email_code'
  | 'change_phone'
  | 'join_company'
  | 'leave_company';

export interface TokenRequest {
  purpose: TokenPurpose;
  /** Whose it is; the token ends with the account. */
  accountId?: string;
  /** Facts the spender needs, such as the address being proved. Kept readable: no secrets. */
  payload?: Record<string, unknown>;
  ttlSeconds: number;
}

/** What a token stood for. */
export interface TokenFacts {
  id: string;
  accountId: string | null;
  payload: Record<string, unknown>;
  expiresAt: Date;
}

/**
 * `spent` was good once and has been used; `unknown` never was, has expired or was voided. Pages tell the two
 * apart: "already done" is another message than "ask for a new link".
 */
export type LinkState = ({ state: 'live' } & TokenFacts) | { state: 'spent' } | { state: 'unknown' };

/** `right` is given to one caller only. `exhausted`: all tries are used up and no further one is looked at. */
export type CodeState =
  | ({ state: 'right' } & TokenFacts)
  | { state: 'wrong'; attemptsLeft: number }
  | { state: 'exhausted' }
  | { state: 'spent' }
  | { state: 'unknown' };

/** Tries for one code (with a million values: a chance of 1 in 200,000). */
export const CODE_ATTEMPTS = 5;
