/** Links sent by mail. Reading one changes nothing, so a mail scanner that opens it spends nothing. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { fingerprint, randomToken } from '../secrets';
import type { Queryable } from '../storage/tables';
import { findTokenByHash, insertToken, spendToken, type TokenRow } from './store';
import type { LinkState, TokenFacts, TokenPurpose, TokenRequest } from './tokens';

export function tokenFacts({ id, accountId, payload, expiresAt }: TokenRow): TokenFacts {
  return { id, accountId, payload, expiresAt };
}

/**
 * Makes a link's token: 256 random bits as base64url. It is given once and only its fingerprint is kept.
 * @param token one that its holder has already, of no less randomness
 */
export async function issueLink(
  db: Queryable,
  request: TokenRequest,
  clock: Clock,
  token = randomToken(),
): Promise<string> {
  const row = { ...request, id: randomUUID(), hash: fingerprint(token), attemptsLeft: 1 };
  await insertToken(db, row, clock.now());
  return token;
}

/** What the page behind a link shows. No side effect: for GET and HEAD. */
export async function findLink(
  db: Queryable,
  purpose: TokenPurpose,
  token: string,
  clock: Clock,
): Promise<LinkState> {
  const row = await findTokenByHash(db, purpose, fingerprint(token));
  if (row?.consumedAt) return { state: 'spent' };
  return row && row.expiresAt > clock.now() ? { state: 'live', ...tokenFacts(row) } : { state: 'unknown' };
}

/**
 * Spends a link; `live` goes to exactly one of any number of callers. Inside a transaction the link is spent
 * with it: when that is undone, the link lives on.
 */
export async function consumeLink(
  db: Queryable,
  purpose: TokenPurpose,
  token: string,
  clock: Clock,
): Promise<LinkState> {
  const row = await spendToken(db, purpose, { hash: fingerprint(token) }, clock.now());
  if (row) return { state: 'live', ...tokenFacts(row) };
  const lost = await findTokenByHash(db, purpose, fingerprint(token));
  return { state: lost?.consumedAt ? 'spent' : 'unknown' };
}
