/** Name and password. Every way out costs the same work, so time tells no more than the text. */
import type { PasswordHasher } from '../../accounts/passwords';
import { strengthenHash } from '../../accounts/store';
import type { AuditEntry } from '../../audit/audit';
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import { Refusal } from '../../errors';
import { addressBlock } from '../../http/client-address';
import { readKnownBrowser } from '../../http/cookies';
import { reserve } from '../../http/limits';
import { fingerprint } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import type { Statements } from '../../storage/statements';
import type { Database } from '../../storage/tables';
import {
  SIGN_IN_WINDOW,
  signInLimits,
  type SignedInOutcome,
  type SignInLimits,
  type SignInOutcome,
} from '../sign-in';
import { admitAccount, findSignInAccount, type SignInAccount } from '../store';

export interface PasswordSignInTools {
  db: Database;
  statements: Statements;
  ephemeral: EphemeralStore;
  passwords: PasswordHasher;
  clock: Clock;
  limits: SignInLimits;
}

export interface PasswordAttempt {
  /** In its one spelling (names.ts). */
  name: string;
  password: string;
  /** Value of the known-browser cookie. */
  knownBrowser: string | undefined;
  clientId: string;
  address: string;
  requestId: string;
}

/**
 * Tries name and password. @throws Refusal too_many_attempts | overloaded | store_unavailable. The reason of a
 * block is told only to who knows the password.
 */
export async function tryPassword(
  tools: PasswordSignInTools,
  attempt: PasswordAttempt,
): Promise<SignInOutcome> {
  const { statements, ephemeral, passwords } = tools;
  const account = await findSignInAccount(statements, attempt.name);
  const subject = account && `account:${account.id}`;
  const limits = signInLimits(tools.limits, {
    name: account?.id ?? fingerprint(attempt.name),
    knownBrowser: readKnownBrowser(account?.id, attempt.knownBrowser),
    address: attempt.address,
  });
  const reservation = await reserve(ephemeral, limits).catch(async (error: unknown) => {
    await recordLimited(tools, attempt, subject, error);
    throw error;
  });
  const { during, release } = reservation;
  const right = await during(() => passwords.verify(account?.passwordHash, attempt.password));
  const at = tools.clock.now();
  // Hashing waits in a queue, and the password may have been reset or the account blocked meanwhile.
  const current = account && right ? await during(() => admitted(tools, attempt, account)) : undefined;
  if (current?.id !== account?.id || !current || current.passwordHash !== account?.passwordHash) {
    await record(tools, attempt, { event: 'sign_in_failed', actor: 'anonymous', subject });
    return { outcome: 'wrong' };
  }
  const outcome = await during(() => admit(tools, attempt, current, at));
  if (outcome.outcome === 'signed_in') return { ...outcome, release };
  await release();
  return outcome;
}

/** Once a window for an address: a flood of refused tries must not become a flood of rows. */
async function recordLimited(
  tools: PasswordSignInTools,
  attempt: PasswordAttempt,
  subject: string | undefined,
  error: unknown,
): Promise<void> {
  if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') return;
  const key = `limited:sign_in:${addressBlock(attempt.address)}`;
  if (!(await tools.ephemeral.insert(key, true, SIGN_IN_WINDOW))) return;
  await record(tools, attempt, { event: 'sign_in_limited', actor: 'anonymous', subject });
}

/** The account as it is now; the audit tells of the sign-in where nothing was changed that forbids it. */
function admitted(
  { statements, clock }: PasswordSignInTools,
  { name, clientId, address, requestId }: PasswordAttempt,
  account: SignInAccount,
): Promise<SignInAccount | undefined> {
  const subject = `account:${account.id}`;
  const entry = { actor: subject, subject, clientId, address, requestId, details: { amr: ['pwd'] } };
  return admitAccount(statements, name, account, { event: 'sign_in_succeeded', ...entry }, clock.now());
}

type Admission = Omit<SignedInOutcome, 'release'> | Extract<SignInOutcome, { outcome: 'blocked' }>;

async function admit(
  tools: PasswordSignInTools,
  attempt: PasswordAttempt,
  account: SignInAccount,
  at: Date,
): Promise<Admission> {
  const subject = `account:${account.id}`;
  if (account.status === 'blocked') {
    await record(tools, attempt, {
      event: 'sign_in_failed',
      actor: subject,
      subject,
      details: { reason: 'blocked' },
    });
    return { outcome: 'blocked', reason: account.blockReason };
  }
  const { db, passwords } = tools;
  if (account.passwordHash && passwords.needsRehash(account.passwordHash)) {
    const { id, passwordHash } = account;
    // Where this fails, the next sign-in does it.
    await passwords
      .hash(attempt.password)
      .then((hash) => strengthenHash(db, id, passwordHash, hash))
      .catch(() => undefined);
  }
  // All sign-ins may have been ended in this very second; this one comes after that.
  const since = new Date(Math.max(at.getTime(), account.sessionsValidAfter.getTime()));
  return { outcome: 'signed_in', accountId: account.id, at: since };
}

function record(
  tools: PasswordSignInTools,
  attempt: PasswordAttempt,
  entry: Pick<AuditEntry, 'event' | 'actor' | 'subject' | 'details'>,
): Promise<void> {
  const { clientId, address, requestId } = attempt;
  return recordEvent(tools.db, { ...entry, clientId, address, requestId }, tools.clock.now());
}
