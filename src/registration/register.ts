/** The wizard's acts up to the mail: tell the data, get a code, prove the phone, choose a password. */
import { passwordProblem, type PasswordHasher } from '../accounts/passwords';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { Problems } from '../errors';
import { addressBlock } from '../http/client-address';
import { reserve } from '../http/limits';
import type { LegacyCheck } from '../legacy-accounts/legacy-account';
import { enqueue } from '../notifications/outbox';
import { smsLimits, type SmsCaps } from '../notifications/sms/limits';
import type { Secrets } from '../secrets';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Database, Queryable } from '../storage/tables';
import { issueCode, tryCode } from '../tokens/codes';
import { openAnswers, sealAnswers } from './answers';
import { countMail, saveAndMail } from './email/proof-mail';
import { proveToldLogin, toldLoginProblem, type OldPassword } from './legacy/told-login';
import {
  CODE_PAUSE,
  CODE_TTL,
  messageLocale,
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
  /** Absent: old passwords of the older portal are not asked for. */
  legacyCheck?: LegacyCheck;
}

/** Another tab saved first: the page is drawn anew from what stands. */
export type Outcome = 'saved' | 'overtaken';

/**
 * Saves the first page. A changed phone must be proved anew, and gets a code; a changed address gets a mail, where one
 * went out already. Each message uses up the solved captcha. @throws Refusal too_many_attempts
 */
export async function saveAnswers(
  tools: RegistrationTools,
  registration: Registration,
  answers: Answers,
  address: string,
): Promise<Outcome> {
  const before = openAnswers(tools.secrets, registration);
  const all = { ...answers, legacy: before?.legacy };
  const change = { answers: sealAnswers(tools.secrets, registration.id, all), draft: null };
  if (registration.provedPhone === answers.phone) {
    if (registration.submittedAt === null || before?.email === answers.email)
      return save(tools.db, registration, change);
    return mailAnew(tools, registration, answers, change);
  }
  // The code that is on its way to this number stays good.
  if (before?.phone === answers.phone && codeLives(registration, tools.clock.now()))
    return save(tools.db, registration, change);
  return sendCode(tools, registration, answers.phone, address, {
    ...change,
    provedPhone: null,
    submittedAt: null,
    humanAt: null,
  });
}

async function mailAnew(
  tools: RegistrationTools,
  registration: Registration,
  answers: Answers,
  change: RegistrationChange,
): Promise<Outcome> {
  await countMail(tools, registration);
  const all = { ...change, humanAt: null };
  const saved = await tools.db
    .transaction()
    .execute((trx) => saveAndMail(trx, tools, registration, answers, all));
  return saved ? 'saved' : 'overtaken';
}

function codeLives({ codeSentAt }: Registration, now: Date): boolean {
  return codeSentAt !== null && addSeconds(codeSentAt, CODE_TTL) > now;
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
          locale: messageLocale(registration),
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
  /** Of the older portal; empty when none was typed. */
  old: OldPassword;
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
  const legacyProblem = toldLoginProblem(answers.legacy);
  const problems: Problems = {
    ...(legacyProblem ? { legacy_login: legacyProblem } : {}),
    ...passwordProblems(answers, typed),
  };
  const proved =
    registration.provedPhone === answers.phone
      ? registration
      : await provePhone(tools, registration, answers.phone, typed.code);
  if (typeof proved === 'string') return { problems: { code: proved, ...problems } };
  if (Object.keys(problems).length > 0) return { problems };
  const legacy = await proveToldLogin(tools, registration.id, answers.legacy, typed.old);
  if ('problem' in legacy) return { problems: { legacy_password: legacy.problem } };
  const passwordHash = await tools.passwords.hash(typed.password);
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const saved = await saveAndMail(trx, tools, proved, answers, {
      answers: sealAnswers(tools.secrets, registration.id, { ...answers, legacy: legacy.told }),
      passwordHash,
      submittedAt: at,
      // The mailed link must find it.
      expiresAt: addSeconds(at, REGISTRATION_TTL),
    });
    if (!saved) return 'overtaken';
    const subject = `registration:${registration.id}`;
    await recordEvent(trx, { event: 'registration_submitted', actor: 'anonymous', subject }, at);
    return 'saved';
  });
}

/** What others may know of the person: no password is made of it alone. */
export function contextWords(answers: Answers): string[] {
  const { familyName, givenName, middleName, email, phone, company } = answers;
  return [familyName, givenName, middleName ?? '', email, phone, company.name].filter(Boolean);
}

function passwordProblems(answers: Answers, typed: SubmittedPassword): Problems {
  const problem =
    typed.password === '' ? 'password_required' : passwordProblem(typed.password, contextWords(answers));
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
  return (
    (await updateRegistration(tools.db, registration, { provedPhone: phone, locale: registration.locale })) ??
    'code_over'
  );
}
