/** One try of one message: draw it, hand it over, note how it went. */
import { storableText } from '../audit/audit';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { Secrets } from '../secrets';
import type { Database } from '../storage/tables';
import { chance, DeliveryFailure, MAX_ATTEMPTS, retryDelay, type Courier } from './notifications';
import { openOutgoing } from './outbox';
import { updateFailed, updateSent, type Claim } from './store';

export interface AttemptOptions {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  courier: Courier;
  /** Empties what was said and to whom once it is sent. Off in development, where people read the outbox. */
  eraseAfterSending: boolean;
}

export interface Outcome {
  id: string;
  template: string;
  attempt: number;
  /** `expired`: came to an end before it could be sent. */
  result: 'sent' | 'postponed' | 'dead' | 'expired';
  /** Why it was not sent; names no address. */
  reason?: string;
  /** What the other side calls the message it took. */
  receipt?: string;
  /** Seconds for which nothing can be sent; absent when others may be tried. */
  pause?: number;
}

/** Nothing is tried for this long after the other side could not be reached at all, unless it says how long. */
export const PAUSE_SECONDS = 10;

type Verdict = Pick<DeliveryFailure, 'kind' | 'retryAfter'> & { reason: string };

/** A fault of ours (a template, a key) counts as transient: the next release may mend it. */
function verdictOn(error: unknown): Verdict {
  const { kind, retryAfter } =
    error instanceof DeliveryFailure ? error : new DeliveryFailure('transient', String(error));
  const message = error instanceof Error ? error.message : String(error);
  // Mail servers repeat the address in their refusals; the outbox and the logs do not.
  const reason = storableText(message.slice(0, 1000).replace(/[^\s<>"']+@[^\s<>"']+/g, '(address)'));
  return { kind, retryAfter, reason };
}

async function send({ secrets, courier, clock }: AttemptOptions, claim: Claim): Promise<string | undefined> {
  // Its earlier tries ended without a word: whatever it is, it takes its worker with it.
  if (claim.attempts > MAX_ATTEMPTS)
    throw new DeliveryFailure('permanent', 'every try ended without an answer');
  if (claim.interrupted && !courier.repeats)
    throw new DeliveryFailure('unknown', 'unknown: an earlier try ended without an answer');
  const message = openOutgoing(secrets, claim);
  if (message.channel === 'sms' && message.expiresAt <= clock.now())
    throw new DeliveryFailure('expired', 'expired before it could be sent');
  return courier.carry(message, claim.id);
}

/** The end of a message that was not sent. One that nobody needs any more, or that may have arrived, is emptied. */
async function bury({ db, clock }: AttemptOptions, claim: Claim, { kind, reason }: Verdict): Promise<void> {
  const at = clock.now();
  const setback = {
    status: 'dead',
    attempts: claim.attempts,
    nextAttemptAt: at,
    lastError: reason,
    erase: kind === 'unknown' || kind === 'expired',
  } as const;
  await db.transaction().execute(async (trx) => {
    if (!(await updateFailed(trx, claim, setback)) || kind === 'expired') return;
    const subject = `message:${claim.id}`;
    await recordEvent(trx, { event: 'message_dead', actor: 'system', subject, details: { reason } }, at);
  });
}

/** Gives how long nothing can be sent, if so. */
async function postpone(
  { db, clock, courier }: AttemptOptions,
  claim: Claim,
  { kind, reason, retryAfter = 0 }: Verdict,
): Promise<number | undefined> {
  const pause = kind === 'unreachable' ? retryAfter || PAUSE_SECONDS : undefined;
  const delay =
    pause === undefined
      ? Math.max(retryAfter, retryDelay(courier.delays, claim.attempts))
      : pause * (1 + chance() / 4);
  await updateFailed(db, claim, {
    status: 'waiting',
    attempts: pause === undefined ? claim.attempts : claim.attempts - 1,
    nextAttemptAt: addSeconds(clock.now(), delay),
    lastError: reason,
  });
  return pause;
}

async function settle(
  options: AttemptOptions,
  claim: Claim,
  verdict: Verdict,
): Promise<Pick<Outcome, 'result' | 'pause'>> {
  const { kind } = verdict;
  const spent = kind === 'transient' && claim.attempts >= MAX_ATTEMPTS;
  if (!spent && (kind === 'transient' || kind === 'unreachable'))
    return { result: 'postponed', pause: await postpone(options, claim, verdict) };
  await bury(options, claim, verdict);
  return { result: kind === 'expired' ? 'expired' : 'dead' };
}

/**
 * Tries a claimed message once, outside any transaction, and notes the result. Never rejects because of the
 * message or the other side, only when the result cannot be noted: then the lease ends, and a mail is tried
 * again under the same Message-ID while a text message is given up.
 */
export async function attemptMessage(options: AttemptOptions, claim: Claim): Promise<Outcome> {
  const { id, template, attempts: attempt } = claim;
  const sent = await send(options, claim).then(
    (receipt) => ({ receipt, verdict: undefined }),
    (error: unknown) => ({ receipt: undefined, verdict: verdictOn(error) }),
  );
  if (sent.verdict) {
    const settled = await settle(options, claim, sent.verdict);
    return { id, template, attempt, ...settled, reason: sent.verdict.reason };
  }
  await updateSent(options.db, id, options.clock.now(), options.eraseAfterSending);
  return { id, template, attempt, result: 'sent', receipt: sent.receipt };
}
