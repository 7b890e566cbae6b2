/** Short codes typed by hand, each bound to the identifier that its request keeps on the server's side. */
import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import type { Secrets } from '../secrets';
import type { Queryable } from '../storage/tables';
import { tokenFacts } from './links';
import { findTokenById, insertToken, spendToken, takeAttempt } from './store';
import { CODE_ATTEMPTS, type CodeState, type TokenPurpose, type TokenRequest } from './tokens';

export interface IssuedCode {
  /** Kept in the session or registration that asked; a code is only ever compared with its own request. */
  id: string;
  /** Six digits, for the message. */
  code: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const codeText = (id: string, code: string): string => `${id}:${code}`;

/** Makes a six-digit code with five tries. */
export async function issueCode(
  db: Queryable,
  secrets: Secrets,
  request: TokenRequest,
  clock: Clock,
): Promise<IssuedCode> {
  const id = randomUUID();
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  const hash = secrets.mac('lookup', codeText(id, code));
  await insertToken(db, { ...request, id, hash, attemptsLeft: CODE_ATTEMPTS }, clock.now());
  return { id, code };
}

/**
 * Tries a typed code; spaces and dashes in it do not matter. A try is taken before the code is looked at, so
 * parallel callers share the five. Call it outside a transaction, or in one that commits whatever the answer:
 * undoing it would give the try back.
 */
export async function tryCode(
  db: Queryable,
  secrets: Secrets,
  attempt: { purpose: TokenPurpose; id: string; code: string },
  clock: Clock,
): Promise<CodeState> {
  const { purpose, id } = attempt;
  if (!UUID.test(id)) return { state: 'unknown' };
  const row = await takeAttempt(db, purpose, id, clock.now());
  if (!row) return lostState(db, purpose, id, clock);
  const typed = attempt.code.slice(0, 64).replace(/[\s-]/g, '');
  if (!secrets.verify('lookup', codeText(id, typed), row.hash)) {
    return row.attemptsLeft > 0 ? { state: 'wrong', attemptsLeft: row.attemptsLeft } : { state: 'exhausted' };
  }
  const spent = await spendToken(db, purpose, { id }, clock.now());
  return spent ? { state: 'right', ...tokenFacts(spent) } : { state: 'spent' };
}

async function lostState(db: Queryable, purpose: TokenPurpose, id: string, clock: Clock): Promise<CodeState> {
  const row = await findTokenById(db, purpose, id);
  if (row?.consumedAt) return { state: 'spent' };
  if (!row || row.expiresAt <= clock.now()) return { state: 'unknown' };
  return { state: 'exhausted' };
}
