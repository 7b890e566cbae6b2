/** The mail that proves the address: a link for any browser, and a code for the browser that registers. */
import { parseEmail } from '../../accounts/email-address';
import { findAccountByIdentifier } from '../../accounts/store';
import { addSeconds, type Clock } from '../../clock';
import { addressBlock } from '../../http/client-address';
import { counting, type Limit } from '../../http/limits';
import { enqueue } from '../../notifications/outbox';
import type { Secrets } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import type { Database, Queryable } from '../../storage/tables';
import { issueCode } from '../../tokens/codes';
import { issueLink } from '../../tokens/links';
import { openAnswers } from '../answers';
import {
  CODE_PAUSE,
  EMAIL_CODE_TTL,
  EMAIL_TTL,
  messageLocale,
  type Answers,
  type Registration,
} from '../registration';
import { updateRegistration, type RegistrationChange } from '../store';

export interface ProofMailTools {
  db: Database;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Mails of one registration in a day beside its first one, whatever addresses they go to. */
const MAILS_A_DAY = 10;
/** Of all registrations: to one address, whoever has it. */
const TO_ONE = { soon: 3, day: 10 };
const SOON = 600;
/** Of all registrations that prove no phone: from one network address. */
const FROM_ONE_AN_HOUR = 30;

const markText = (email: string): string => `prove_email:${parseEmail(email)?.canonical ?? email}`;

/** Whether a link or a code was mailed to this address. Tokens hold a mark of it, since they are kept readable. */
export function isMailedTo(secrets: Secrets, email: string, mark: unknown): boolean {
  return typeof mark === 'string' && secrets.verify('lookup', markText(email), mark);
}

export interface CountedMail {
  email: string;
  /** Network address of who asks for it without having answered a text message. */
  unprovedFrom?: string;
}

/** Counts one mail, before anybody looks whether the address is known, and sends it. @throws Refusal too_many_attempts */
export async function countMail<Result>(
  { ephemeral, secrets }: ProofMailTools,
  { id, emailSentAt }: Registration,
  { email, unprovedFrom }: CountedMail,
  send: () => Promise<Result>,
): Promise<Result> {
  const to = secrets.mac('lookup', markText(email));
  const limits: Limit[] = [
    { key: `registration:mail_to:${to}`, max: TO_ONE.soon, window: SOON },
    { key: `registration:mail_to_day:${to}`, max: TO_ONE.day, window: DAY },
  ];
  if (emailSentAt !== null)
    limits.push({ key: `registration:mail_day:${id}`, max: MAILS_A_DAY, window: DAY });
  if (unprovedFrom !== undefined) {
    const from = addressBlock(unprovedFrom);
    limits.push({ key: `registration:mail_from:${from}`, max: FROM_ONE_AN_HOUR, window: HOUR });
  }
  return counting(ephemeral, limits, send);
}

/**
 * Saves the change and writes the mail; false when another tab was faster, and then nothing is sent. The page says
 * the same whoever has the address; its owner is told by mail what to do, and no code leads on from there. Links of
 * earlier mails stay good, of the codes only the newest.
 */
export async function saveAndMail(
  trx: Queryable,
  tools: ProofMailTools,
  registration: Registration,
  answers: Answers,
  change: RegistrationChange,
): Promise<boolean> {
  const { secrets, clock } = tools;
  const { email = '' } = answers;
  const owner = await findAccountByIdentifier(trx, parseEmail(email)?.canonical ?? '');
  const facts = { registration: registration.id, address: secrets.mac('lookup', markText(email)) };
  const link = { purpose: 'prove_email' as const, payload: facts, ttlSeconds: EMAIL_TTL };
  const token = await issueLink(trx, link, clock);
  const { id: emailCodeId, code } = await issueCode(
    trx,
    secrets,
    {
      purpose: 'prove_email_code',
      payload: { ...facts, untold: owner !== undefined },
      ttlSeconds: EMAIL_CODE_TTL,
    },
    clock,
  );
  const saved = await updateRegistration(trx, registration, {
    ...change,
    emailCodeId,
    emailSentAt: clock.now(),
  });
  if (!saved) return false;
  await enqueueProof(trx, tools, registration, answers, owner ? undefined : { token, code });
  return true;
}

async function enqueueProof(
  trx: Queryable,
  { secrets, clock, issuer }: ProofMailTools,
  registration: Registration,
  answers: Answers,
  proof: { token: string; code: string } | undefined,
): Promise<void> {
  const common = { channel: 'email' as const, to: answers.email ?? '', locale: messageLocale(registration) };
  const days = EMAIL_TTL / (24 * 3600);
  const name = [answers.givenName, answers.middleName].filter(Boolean).join(' ');
  await enqueue(
    trx,
    secrets,
    proof
      ? {
          ...common,
          template: 'prove_email',
          values: { name, link: `${issuer}/prove-email?token=${proof.token}`, days, code: proof.code },
        }
      : { ...common, template: 'already_registered', values: { name: '', link: `${issuer}/`, days } },
    clock,
  );
}

/** Seconds until another mail may be asked for. */
export function mailWait({ emailSentAt }: Registration, now: Date): number {
  if (emailSentAt === null) return 0;
  return Math.max(0, Math.ceil((addSeconds(emailSentAt, CODE_PAUSE).getTime() - now.getTime()) / 1000));
}

/** Sends the mail again. `too_soon` before the pause is over. @throws Refusal too_many_attempts */
export async function resendMail(
  tools: ProofMailTools,
  registration: Registration,
): Promise<'saved' | 'overtaken' | 'too_soon'> {
  const answers = openAnswers(tools.secrets, registration);
  if (answers?.email === undefined || registration.submittedAt === null) return 'overtaken';
  if (mailWait(registration, tools.clock.now()) > 0) return 'too_soon';
  const saved = await countMail(tools, registration, { email: answers.email }, () =>
    tools.db.transaction().execute((trx) => saveAndMail(trx, tools, registration, answers, {})),
  );
  return saved ? 'saved' : 'overtaken';
}
