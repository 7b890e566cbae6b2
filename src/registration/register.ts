/** The wizard's acts: keep what was told, and send the message that what comes next is waiting for. */
import type { PasswordHasher } from '../accounts/passwords';
import type { PasswordPolicy } from '../accounts/policy/password-policy';
import { recordEvent } from '../audit/store';
import { addSeconds } from '../clock';
import type { LegacyCheck } from '../legacy-accounts/legacy-account';
import { openAnswers, sealAnswers } from './answers';
import { countMail, saveAndMail, type ProofMailTools } from './email/proof-mail';
import { codeLives, codeWait, sendCode, type PhoneCodeTools } from './phone/phone-code';
import { findPath } from './paths';
import {
  dueStep,
  needsCode,
  REGISTRATION_TTL,
  type Answers,
  type Path,
  type Paths,
  type Registration,
} from './registration';
import type { Queryable } from '../storage/tables';
import { updateRegistration, type RegistrationChange } from './store';

export interface RegistrationTools extends ProofMailTools, PhoneCodeTools {
  passwords: PasswordHasher;
  passwordPolicy: PasswordPolicy;
  /** Every path by its name. */
  paths: Paths;
  /** Absent: old passwords of the older portal are not asked for. */
  legacyCheck?: LegacyCheck;
}

/** Another tab saved first: the page is drawn anew from what stands. */
export type Outcome = 'saved' | 'overtaken';

export interface Step {
  registration: Registration;
  answers: Answers;
  change?: RegistrationChange;
  /** The client's network address. */
  address: string;
}

export const pathOf = (tools: Pick<RegistrationTools, 'paths'>, { path }: Registration): Path =>
  findPath(path, tools.paths);

/**
 * Saves what was told. Where the phone must be proved next a code goes out, and where the address must be, a mail; one
 * message at most, and each uses up the solved captcha. @throws Refusal too_many_attempts
 */
export async function advance(tools: RegistrationTools, step: Step): Promise<Outcome> {
  const { registration, answers } = step;
  const before = openAnswers(tools.secrets, registration);
  const change = {
    ...step.change,
    answers: sealAnswers(tools.secrets, registration.id, answers),
    draft: null,
  };
  const path = pathOf(tools, registration);
  const due = dueStep(path, { ...registration, ...change }, answers.phone, answers.told);
  if (due.kind === 'phone' && answers.phone !== undefined && needsCode(registration, answers.phone)) {
    // The code that is on its way to this number stays good.
    if (before?.phone === answers.phone && codeLives(registration, tools.clock.now()))
      return save(tools, registration, change);
    const anew = { provedPhone: null, submittedAt: null, humanAt: null };
    // It is chosen on the same page.
    const password = due.password ? { passwordHash: null } : {};
    const all = { ...change, ...anew, ...password };
    return sendCode(tools, { ...step, path, phone: answers.phone, change: all });
  }
  const submitted = registration.submittedAt !== null;
  if (due.kind === 'finish' && (!submitted || before?.email !== answers.email))
    return submit(tools, { ...step, change });
  return save(tools, registration, change);
}

async function save(
  { db }: RegistrationTools,
  registration: Registration,
  change: RegistrationChange,
): Promise<Outcome> {
  return (await updateRegistration(db, registration, change)) ? 'saved' : 'overtaken';
}

/** Everything is told: the mail goes out that proves the address, to another address another one. */
async function submit(
  tools: RegistrationTools,
  { registration, answers, change = {}, address }: Step,
): Promise<Outcome> {
  const proved = answers.phone !== undefined && registration.provedPhone === answers.phone;
  const unprovedFrom = proved ? undefined : address;
  const counted = { email: answers.email ?? '', unprovedFrom };
  const at = tools.clock.now();
  const first = registration.submittedAt === null;
  const all: RegistrationChange = {
    ...change,
    humanAt: null,
    // The mailed link must find it.
    ...(first ? { submittedAt: at, expiresAt: addSeconds(at, REGISTRATION_TTL) } : {}),
  };
  const write = async (trx: Queryable): Promise<Outcome> => {
    if (!(await saveAndMail(trx, tools, registration, answers, all))) return 'overtaken';
    const subject = `registration:${registration.id}`;
    if (first) await recordEvent(trx, { event: 'registration_submitted', actor: 'anonymous', subject }, at);
    return 'saved';
  };
  return countMail(tools, registration, counted, () => tools.db.transaction().execute(write));
}

/** Sends another code. `too_soon` before the pause is over. @throws Refusal too_many_attempts */
export async function resendCode(
  tools: RegistrationTools,
  registration: Registration,
  address: string,
): Promise<Outcome | 'too_soon'> {
  const phone = openAnswers(tools.secrets, registration)?.phone;
  if (phone === undefined || !needsCode(registration, phone)) return 'overtaken';
  if (codeWait(registration, tools.clock.now()) > 0) return 'too_soon';
  return sendCode(tools, { registration, path: pathOf(tools, registration), phone, address, change: {} });
}
