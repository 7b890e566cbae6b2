/**
 * The second page's question about the older portal: which login is told, and whether its old password is right. The
 * old password is never kept, its result is. Guessing is bounded by login, by registration and by address.
 */
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import { Refusal } from '../../errors';
import { addressBlock } from '../../http/client-address';
import { reserve, type Reservation } from '../../http/limits';
import {
  loginKey,
  normalLogin,
  type LegacyCheck,
  type ToldLogin,
} from '../../legacy-accounts/legacy-account';
import type { Secrets } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import type { Database } from '../../storage/tables';
import { openAnswers, sealAnswers } from '../answers';
import type { Registration } from '../registration';
import { updateRegistration } from '../store';

export interface LegacyTools {
  db: Database;
  secrets: Secrets;
  ephemeral: EphemeralStore;
  clock: Clock;
  /** Absent: old passwords cannot be checked, and are not asked for. */
  legacyCheck?: LegacyCheck;
}

/** The login as it was typed; undefined without the tick. */
export function readToldLogin(form: Readonly<Record<string, string | undefined>>): string | undefined {
  return form.legacy === 'yes' ? (form.legacy_login ?? '').slice(0, 300) : undefined;
}

/** What is wrong with a told login; undefined when nothing is, or none was told. */
export function toldLoginProblem(told: ToldLogin | undefined): string | undefined {
  if (told === undefined || normalLogin(told.login) !== undefined) return undefined;
  return told.login.trim() === '' ? 'legacy_login_required' : 'legacy_login_invalid';
}

/** Keeps a changed login with the answers; undefined when another tab saved first. */
export async function keepToldLogin(
  { db, secrets }: LegacyTools,
  registration: Registration,
  login: string | undefined,
): Promise<Registration | undefined> {
  const answers = openAnswers(secrets, registration);
  if (!answers || answers.legacy?.login === login) return registration;
  const legacy = login === undefined ? undefined : { login, proved: false };
  const sealed = sealAnswers(secrets, registration.id, { ...answers, legacy });
  return updateRegistration(db, registration, { answers: sealed });
}

const HOUR = 3600;
const GUESSES = { login: 10, registration: 5, address: 30 };

interface Guess {
  login: string;
  registration: string;
  address: string;
}

function reserveGuess(
  { ephemeral }: LegacyTools,
  { login, registration, address }: Guess,
): Promise<Reservation> {
  const limit = (kind: keyof typeof GUESSES, name: string) => ({
    key: `legacy:${kind}:${name}`,
    max: GUESSES[kind],
    window: HOUR,
  });
  return reserve(ephemeral, [
    limit('login', loginKey(login)),
    limit('registration', registration),
    limit('address', addressBlock(address)),
  ]);
}

async function record(
  { db, clock }: LegacyTools,
  event: 'legacy_check_failed' | 'legacy_check_limited',
  { login, registration, address }: Guess,
): Promise<void> {
  const subject = `registration:${registration}`;
  const details = { login: login.trim() };
  await recordEvent(db, { event, actor: 'anonymous', subject, address, details }, clock.now());
}

/** Once an hour for an address: a flood of refused tries must not become a flood of rows. */
async function recordLimited(tools: LegacyTools, guess: Guess): Promise<void> {
  if (await tools.ephemeral.insert(`limited:legacy:${addressBlock(guess.address)}`, true, HOUR))
    await record(tools, 'legacy_check_limited', guess);
}

export interface OldPassword {
  password: string;
  /** The client's network address. */
  address: string;
}

/**
 * Checks the old password where one was typed. Where nobody can tell, the claim goes on unproved: a reviewer decides.
 * @returns the told login with the result, or the problem to show.
 */
export async function proveToldLogin(
  tools: LegacyTools,
  registrationId: string,
  told: ToldLogin | undefined,
  { password, address }: OldPassword,
): Promise<{ told: ToldLogin | undefined } | { problem: string }> {
  if (!told || told.proved || !tools.legacyCheck || password === '') return { told };
  const guess = { login: told.login, registration: registrationId, address };
  const reserved = await reserveGuess(tools, guess).catch((error: unknown) => {
    if (error instanceof Refusal && error.code === 'too_many_attempts') return undefined;
    throw error;
  });
  if (!reserved) {
    await recordLimited(tools, guess);
    return { problem: 'legacy_too_many' };
  }
  const { legacyCheck } = tools;
  const answer = await reserved.during(() => legacyCheck.check(told.login, password));
  if (answer === 'wrong') {
    await record(tools, 'legacy_check_failed', guess);
    return { problem: 'legacy_password_wrong' };
  }
  await reserved.release();
  return { told: { ...told, proved: answer === 'right' } };
}
