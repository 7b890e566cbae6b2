/**
 * Setting a password: the last step of every recovery, and the first of an account that an operator made. What
 * opens it is a mailed link, which also proves the address, or a right code. Nobody but the person knows the password.
 */
import { fullName, greetingName, type AccountProfile } from '../accounts/account';
import { completeSetPassword, SET_PASSWORD, type AccountTools } from '../accounts/create-account';
import { formatPhone, parsePhone, takesSms } from '../accounts/phone-number';
import type { PasswordHasher } from '../accounts/passwords';
import type { PasswordPolicy } from '../accounts/policy/password-policy';
import {
  endSessions,
  findProfile,
  listProvedAddresses,
  lockAccount,
  updatePassword,
} from '../accounts/store';
import { recordEvent } from '../audit/store';
import { addSeconds } from '../clock';
import type { Problems } from '../errors';
import { enqueue } from '../notifications/outbox';
import type { Queryable } from '../storage/tables';
import { consumeLink, findLink } from '../tokens/links';
import { voidAccountTokens } from '../tokens/store';
import type { TokenFacts } from '../tokens/tokens';
import { DAY, remainingChecks } from './recovery';

export interface SetPasswordTools extends AccountTools {
  passwords: PasswordHasher;
}

/** What gives the right to set a password: the token of a mailed link, or of a recovery whose code was right. */
export interface PasswordRight {
  purpose: typeof SET_PASSWORD | 'recovered';
  token: string;
}

/** What it opens: the form, or the reason why not. `name` is the one to sign in with, `shown` the same for reading. */
export type OpenedPassword =
  { state: 'live'; name: string; shown: string; words: string[] } | { state: 'spent' } | { state: 'unknown' };

/** Looks without spending anything (mail scanners open links). */
export async function openSetPassword(
  tools: SetPasswordTools,
  right: PasswordRight,
): Promise<OpenedPassword> {
  const link = await findLink(tools.db, right.purpose, right.token, tools.clock);
  if (link.state !== 'live') return link;
  const person = await findProfile(tools.db, link.accountId ?? '');
  const { email, canonical } = link.payload;
  const name = email ?? canonical;
  if (!person || typeof name !== 'string') return { state: 'unknown' };
  const words = [...fullName(person).split(' '), name, person.email ?? '', person.phone ?? ''];
  const shown = name.startsWith('+') ? formatPhone(name) : name;
  return { state: 'live', name, shown, words: words.filter(Boolean) };
}

/** What is wrong with the two typed passwords; empty when nothing. */
export async function newPasswordProblems(
  { passwordPolicy }: { passwordPolicy: PasswordPolicy },
  { password, repeated }: { password: string; repeated: string },
  words: string[],
): Promise<Problems> {
  const problem = await passwordPolicy.problem(password, words);
  if (problem) return { password: problem };
  return password === repeated ? {} : { password_repeated: 'passwords_differ' };
}

export type SetPasswordOutcome =
  | { outcome: 'done'; accountId: string }
  | { outcome: 'password_same' | 'email_taken' | 'email_changed' | 'spent' | 'unknown' };

/**
 * Spends the right and sets the password; of any number of parallel tries one wins. With `password_same` nothing is
 * spent: whoever recovers because a stranger knows the password must not keep it.
 */
export async function setPassword(
  tools: SetPasswordTools,
  right: PasswordRight,
  password: string,
): Promise<SetPasswordOutcome> {
  const found = await findLink(tools.db, right.purpose, right.token, tools.clock);
  if (found.state !== 'live') return { outcome: found.state };
  const { accountId } = found;
  if (accountId === null) return { outcome: 'unknown' };
  if (await isPresent(tools, accountId, password)) return { outcome: 'password_same' };
  // Hashing takes long and holds no connection meanwhile.
  const passwordHash = await tools.passwords.hash(password);
  return tools.db
    .transaction()
    .execute(async (trx): Promise<SetPasswordOutcome> => {
      // Before anything of it is spent: two rights of one account would each wait for the other.
      await lockAccount(trx, accountId);
      const link = await consumeLink(trx, right.purpose, right.token, tools.clock);
      if (link.state !== 'live') return { outcome: link.state };
      const person = await findProfile(trx, accountId);
      if (!person || remainingChecks(person).length > 0) throw new NotDone('unknown');
      const result =
        right.purpose === 'recovered'
          ? await completeRecovery(trx, tools, person, link, passwordHash)
          : await completeByLink(trx, tools, person, link, passwordHash);
      if (result !== 'done') throw new NotDone(result);
      // Whatever else was on its way to this account was asked for before its owner came back.
      await voidAccountTokens(trx, person.id);
      if (person.passwordHash !== null) await tellOwner(trx, tools, person);
      return { outcome: 'done', accountId: person.id };
    })
    .catch((error: unknown) => {
      if (error instanceof NotDone) return { outcome: error.outcome };
      throw error;
    });
}

async function isPresent(
  { db, passwords }: SetPasswordTools,
  accountId: string,
  password: string,
): Promise<boolean> {
  const hash = (await findProfile(db, accountId))?.passwordHash;
  return typeof hash === 'string' && passwords.verify(hash, password);
}

async function completeByLink(
  trx: Queryable,
  tools: SetPasswordTools,
  person: AccountProfile,
  { payload }: TokenFacts,
  passwordHash: string,
): Promise<'done' | 'email_taken' | 'email_changed' | 'unknown'> {
  if (typeof payload.email !== 'string') return 'unknown';
  return completeSetPassword(trx, tools, person.id, { email: payload.email, passwordHash });
}

/** The name must still be this account's own, and the account still open. */
async function completeRecovery(
  trx: Queryable,
  { clock }: SetPasswordTools,
  person: AccountProfile,
  { payload }: TokenFacts,
  passwordHash: string,
): Promise<'done' | 'unknown'> {
  const addresses = await listProvedAddresses(trx, person.id);
  const own = addresses.some(({ canonical }) => canonical === payload.canonical);
  if (!own || person.status !== 'active') return 'unknown';
  const at = clock.now();
  const subject = `account:${person.id}`;
  await updatePassword(trx, person.id, passwordHash, at);
  await endSessions(trx, person.id, at);
  const details = { by: String(payload.kind) };
  await recordEvent(trx, { event: 'password_set', actor: subject, subject, details }, at);
  return 'done';
}

/** The notice goes to every proved address: whoever took one of them over does not read the others. */
async function tellOwner(trx: Queryable, tools: SetPasswordTools, person: AccountProfile): Promise<void> {
  const { secrets, clock, issuer } = tools;
  const locale = person.locale === 'en' ? 'en' : 'ru';
  const mail = { name: greetingName(person), link: `${issuer}/recovery` };
  const expiresAt = addSeconds(clock.now(), DAY);
  const common = { template: 'password_changed', locale } as const;
  for (const { kind, value } of await listProvedAddresses(trx, person.id)) {
    const to = value;
    if (kind === 'email')
      await enqueue(trx, secrets, { channel: 'email', to, ...common, values: mail }, clock, person.id);
    const phone = kind === 'phone' && parsePhone(value);
    if (typeof phone === 'object' && takesSms(phone))
      await enqueue(trx, secrets, { channel: 'sms', to, ...common, values: {}, expiresAt }, clock, person.id);
  }
}

/** Rolls the transaction back: a failed statement has spoiled it, and the right stays whole. */
class NotDone extends Error {
  constructor(readonly outcome: 'email_taken' | 'email_changed' | 'unknown') {
    super(outcome);
  }
}
