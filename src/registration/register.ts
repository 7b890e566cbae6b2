/** The wizard's acts up to the mail: tell the data, get a code, prove the phone, choose a password. */
import { passwordProblem, type PasswordHasher } from '../accounts/passwords';
import { findAccountByIdentifier } from '../accounts/store';
import { parseEmail } from '../accounts/email-address';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { Problems } from '../errors';
import { addressBlock } from '../http/client-address';
import { reserve } from '../http/limits';
import { enqueue } from '../notifications/outbox';
import { smsLimits, type SmsCaps } from '../notifications/sms/limits';
import type { Secrets } from '../secrets';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Database, Queryable } from '../storage/tables';
import { issueCode, tryCode } from '../tokens/codes';
import { issueLink } from '../tokens/links';
import { openAnswers, sealAnswers } from './answers';
import {
  CODE_PAUSE,
  CODE_TTL,
  EMAIL_TTL,
  REGISTRATION_TTL,
  type Answers,
  type Registration,
} from './registration';
import { updateRegistration, type RegistrationChange } from './store';

export interface RegistrationTools {
  db: Database;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
  passwords: PasswordHasher;
  issuer: string;
  smsCaps: SmsCaps;
}

const localeOf = ({ locale }: Registration): 'ru' | 'en' => (locale === 'en' ? 'en' : 'ru');

/** Another tab saved first: the page is drawn anew from what stands. */
export type Outcome = 'saved' | 'overtaken';

/** Saves the first page; a changed phone must be proved anew, and gets a code. @throws Refusal too_many_attempts */
export async function saveAnswers(
  tools: RegistrationTools,
  registration: Registration,
  answers: Answers,
  address: string,
): Promise<Outcome> {
  const sealed = sealAnswers(tools.secrets, registration.id, answers);
  if (registration.provedPhone === answers.phone) return save(tools.db, registration, { answers: sealed });
  return sendCode(tools, registration, answers.phone, address, {
    answers: sealed,
    provedPhone: null,
    submittedAt: null,
  });
}

/** Sends another code. `too_soon` before the pause is over. @throws Refusal too_many_attempts */
export async function resendCode(
  tools: RegistrationTools,
  registration: Registration,
  address: string,
): Promise<Outcome | 'too_soon'> {
  const phone = openAnswers(tools.secrets, registration)?.phone;
  if (phone === undefined || registration.provedPhone === phone) return 'overtaken';
  if (codeWait(registration, tools.clock.now()) > 0) return 'too_soon';
  return sendCode(tools, registration, phone, address, {});
}

/** Seconds until another code may be asked for. */
export function codeWait({ codeSentAt }: Registration, now: Date): number {
  if (codeSentAt === null) return 0;
  return Math.max(0, Math.ceil((addSeconds(codeSentAt, CODE_PAUSE).getTime() - now.getTime()) / 1000));
}

async function sendCode(
  tools: RegistrationTools,
  registration: Registration,
  phone: string,
  address: string,
  change: RegistrationChange,
): Promise<Outcome> {
  const { db, secrets, clock } = tools;
  await reserve(tools.ephemeral, smsLimits(tools.smsCaps, phone, addressBlock(address)));
  const now = clock.now();
  return db.transaction().execute(async (trx) => {
    const request = {
      purpose: 'prove_phone' as const,
      payload: { registration: registration.id, phone },
      ttlSeconds: CODE_TTL,
    };
    const { id, code } = await issueCode(trx, secrets, request, clock);
    const saved = await save(trx, registration, { ...change, codeId: id, codeSentAt: now });
    // Two tabs that sent at once: one code goes out, the other is never told.
    if (saved === 'saved') {
      const expiresAt = addSeconds(now, CODE_TTL);
      await enqueue(
        trx,
        secrets,
        {
          channel: 'sms',
          to: phone,
          template: 'phone_code',
          locale: localeOf(registration),
          values: { code },
          expiresAt,
        },
        clock,
      );
    }
    return saved;
  });
}

async function save(db: Queryable, registration: Registration, change: RegistrationChange): Promise<Outcome> {
  return (await updateRegistration(db, registration, change)) ? 'saved' : 'overtaken';
}

export interface SubmittedPassword {
  code: string;
  password: string;
  repeated: string;
}

/**
 * The second page: proves the phone by its code, checks the password, and sends the mail that proves the address.
 * A right code is kept even where the password is not good yet.
 */
export async function submitPassword(
  tools: RegistrationTools,
  registration: Registration,
  typed: SubmittedPassword,
): Promise<{ problems: Problems } | Outcome> {
  const answers = openAnswers(tools.secrets, registration);
  if (!answers) return 'overtaken';
  const problems = passwordProblems(answers, typed);
  const proved =
    registration.provedPhone === answers.phone
      ? registration
      : await provePhone(tools, registration, answers.phone, typed.code);
  if (typeof proved === 'string') return { problems: { code: proved, ...problems } };
  if (Object.keys(problems).length > 0) return { problems };
  const passwordHash = await tools.passwords.hash(typed.password);
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const saved = await save(trx, proved, {
      passwordHash,
      submittedAt: at,
      // The mailed link must find it.
      expiresAt: addSeconds(at, REGISTRATION_TTL),
    });
    if (saved === 'saved') {
      await sendProofMail(trx, tools, registration, answers);
      const subject = `registration:${registration.id}`;
      await recordEvent(trx, { event: 'registration_submitted', actor: 'anonymous', subject }, at);
    }
    return saved;
  });
}

function passwordProblems(answers: Answers, typed: SubmittedPassword): Problems {
  const words = [
    answers.familyName,
    answers.givenName,
    answers.middleName ?? '',
    answers.email,
    answers.phone,
    answers.company.name,
  ];
  const problem =
    typed.password === '' ? 'password_required' : passwordProblem(typed.password, words.filter(Boolean));
  if (problem) return { password: problem };
  return typed.password === typed.repeated ? {} : { password_repeated: 'passwords_differ' };
}

/** The registration with its phone proved, or what is wrong with the code. */
async function provePhone(
  tools: RegistrationTools,
  registration: Registration,
  phone: string,
  code: string,
): Promise<Registration | string> {
  if (code.trim() === '') return 'code_required';
  const attempt = { purpose: 'prove_phone' as const, id: registration.codeId ?? '', code };
  const result = await tryCode(tools.db, tools.secrets, attempt, tools.clock);
  if (result.state === 'wrong') return 'code_wrong';
  if (result.state === 'exhausted') return 'code_exhausted';
  // A code for another number, or of another registration, proves nothing here.
  if (
    result.state !== 'right' ||
    result.payload.phone !== phone ||
    result.payload.registration !== registration.id
  )
    return 'code_over';
  return (await updateRegistration(tools.db, registration, { provedPhone: phone })) ?? 'code_over';
}

/**
 * The page says the same whoever has the address; its owner is told by mail what to do. Sent again, the earlier mail
 * stays good.
 */
async function sendProofMail(
  trx: Queryable,
  tools: RegistrationTools,
  registration: Registration,
  answers: Answers,
): Promise<void> {
  const { secrets, clock, issuer } = tools;
  const name = [answers.givenName, answers.middleName].filter(Boolean).join(' ');
  const canonical = parseEmail(answers.email)?.canonical ?? '';
  const owner = await findAccountByIdentifier(trx, canonical);
  const request = {
    purpose: 'prove_email' as const,
    payload: { registration: registration.id },
    ttlSeconds: EMAIL_TTL,
  };
  const token = await issueLink(trx, request, clock);
  const common = { channel: 'email' as const, to: answers.email, locale: localeOf(registration) };
  const days = EMAIL_TTL / (24 * 3600);
  await enqueue(
    trx,
    secrets,
    owner
      ? { ...common, template: 'already_registered', values: { name: '', link: `${issuer}/`, days } }
      : {
          ...common,
          template: 'prove_email',
          values: { name, link: `${issuer}/prove-email?token=${token}`, days },
        },
    clock,
  );
}

/** Sends the mail again, at most every minute. */
export async function resendMail(tools: RegistrationTools, registration: Registration): Promise<void> {
  const answers = openAnswers(tools.secrets, registration);
  if (!answers || registration.submittedAt === null) return;
  const limit = { key: `registration:mail:${registration.id}`, max: 1, window: CODE_PAUSE };
  const day = { key: `registration:mail_day:${registration.id}`, max: 10, window: 24 * 3600 };
  await reserve(tools.ephemeral, [limit, day]);
  await tools.db.transaction().execute((trx) => sendProofMail(trx, tools, registration, answers));
}
