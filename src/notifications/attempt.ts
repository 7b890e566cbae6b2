/** One try of one message: draw it, hand it over, note how it went. */
import { storableText } from '../audit/audit';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { Secrets } from '../secrets';
import type { Database } from '../storage/tables';
import {
  chance,
  DeliveryFailure,
  MAX_ATTEMPTS,
  retryDelay,
  type FailureKind,
  type Transport,
} from './notifications';
import { openMessage } from './outbox';
import type { MailRenderer } from './render';
import { updateFailed, updateSent, type Claim } from './store';

export interface AttemptOptions {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  renderer: MailRenderer;
  transport: Transport;
  /** Its host stands behind the "@" of every Message-ID. */
  issuer: string;
  /** Empties what was said and to whom once it is sent. Off in development, where people read the outbox. */
  eraseAfterSending: boolean;
}

export interface Outcome {
  id: string;
  template: string;
  attempt: number;
  result: 'sent' | 'postponed' | 'dead';
  /** Why it was not sent; names no address. */
  reason?: string;
  /** True when nothing can be sent now. */
  unreachable: boolean;
}

/** Nothing is tried for this long after the mail server could not be reached at all. */
export const PAUSE_SECONDS = 10;

interface Verdict {
  kind: FailureKind;
  reason: string;
}

/** A fault of ours (a template, a key) counts as transient: the next release may mend it. */
function verdictOn(error: unknown): Verdict {
  const kind = error instanceof DeliveryFailure ? error.kind : 'transient';
  const message = error instanceof Error ? error.message : String(error);
  // Mail servers repeat the address in their refusals; the outbox and the logs do not.
  return {
    kind,
    reason: storableText(message.slice(0, 1000).replace(/[^\s<>"']+@[^\s<>"']+/g, '(address)')),
  };
}

async function send(options: AttemptOptions, claim: Claim): Promise<void> {
  // Its earlier tries ended without a word: whatever it is, it takes its worker with it.
  if (claim.attempts > MAX_ATTEMPTS)
    throw new DeliveryFailure('permanent', 'every try ended without an answer');
  const { to, template, locale, values } = openMessage(options.secrets, claim);
  const mail = options.renderer.renderEmail(template, locale, values);
  const messageId = `<${claim.id}@${new URL(options.issuer).hostname}>`;
  await options.transport.send({ ...mail, to, messageId });
}

async function bury({ db, clock }: AttemptOptions, claim: Claim, reason: string): Promise<void> {
  const at = clock.now();
  const setback = { status: 'dead', attempts: claim.attempts, nextAttemptAt: at, lastError: reason } as const;
  await db.transaction().execute(async (trx) => {
    if (!(await updateFailed(trx, claim, setback))) return;
    const subject = `message:${claim.id}`;
    await recordEvent(trx, { event: 'message_dead', actor: 'system', subject, details: { reason } }, at);
  });
}

async function postpone(
  { db, clock }: AttemptOptions,
  claim: Claim,
  { kind, reason }: Verdict,
): Promise<void> {
  const unreachable = kind === 'unreachable';
  const delay = unreachable ? PAUSE_SECONDS * (1 + chance()) : retryDelay(claim.attempts);
  await updateFailed(db, claim, {
    status: 'waiting',
    attempts: unreachable ? claim.attempts - 1 : claim.attempts,
    nextAttemptAt: addSeconds(clock.now(), delay),
    lastError: reason,
  });
}

async function settle(options: AttemptOptions, claim: Claim, verdict?: Verdict): Promise<Outcome['result']> {
  if (!verdict) {
    await updateSent(options.db, claim.id, options.clock.now(), options.eraseAfterSending);
    return 'sent';
  }
  const spent = verdict.kind === 'transient' && claim.attempts >= MAX_ATTEMPTS;
  if (spent || verdict.kind === 'permanent') {
    await bury(options, claim, verdict.reason);
    return 'dead';
  }
  await postpone(options, claim, verdict);
  return 'postponed';
}

/**
 * Tries a claimed message once, outside any transaction, and notes the result. Never rejects because of the
 * message or the mail server, only when the result cannot be noted: then the lease ends and the message is tried
 * again under the same Message-ID.
 */
export async function attemptMessage(options: AttemptOptions, claim: Claim): Promise<Outcome> {
  const verdict = await send(options, claim).then(() => undefined, verdictOn);
  const result = await settle(options, claim, verdict);
  const { id, template, attempts } = claim;
  return {
    id,
    template,
    attempt: attempts,
    result,
    reason: verdict?.reason,
    unreachable: verdict?.kind === 'unreachable',
  };
}
