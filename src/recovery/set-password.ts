/**
 * Setting a password by a mailed link: the last step of every recovery and the first of an account that an
 * operator made. The link proves the address; nobody but the person knows the password.
 */
import { fullName } from '../accounts/account';
import { SET_PASSWORD, completeSetPassword, type AccountTools } from '../accounts/create-account';
import { passwordProblem, type PasswordHasher } from '../accounts/passwords';
import { findProfile } from '../accounts/store';
import type { Problems } from '../errors';
import { consumeLink, findLink } from '../tokens/links';

export interface SetPasswordTools extends AccountTools {
  passwords: PasswordHasher;
}

/** What a link opens: the form, or the reason why not. */
export type SetPasswordLink =
  { state: 'live'; email: string; words: string[] } | { state: 'spent' } | { state: 'unknown' };

/** Looks at a link without spending it (mail scanners open links). */
export async function openSetPasswordLink(tools: SetPasswordTools, token: string): Promise<SetPasswordLink> {
  const link = await findLink(tools.db, SET_PASSWORD, token, tools.clock);
  if (link.state !== 'live') return link;
  const person = await findProfile(tools.db, link.accountId ?? '');
  const email = link.payload.email;
  if (!person || typeof email !== 'string') return { state: 'unknown' };
  return { state: 'live', email, words: [...fullName(person).split(' '), email] };
}

/** What is wrong with the two typed passwords; empty when nothing. */
export function newPasswordProblems(password: string, repeated: string, words: string[]): Problems {
  const problem = passwordProblem(password, words);
  if (problem) return { password: problem };
  return password === repeated ? {} : { password_repeated: 'passwords_differ' };
}

export type SetPasswordOutcome = 'done' | 'email_taken' | 'email_changed' | 'spent' | 'unknown';

/** Spends the link and sets the password; of any number of parallel tries one wins. */
export async function setPassword(
  tools: SetPasswordTools,
  token: string,
  password: string,
): Promise<SetPasswordOutcome> {
  // Hashing takes long and holds no connection meanwhile.
  const passwordHash = await tools.passwords.hash(password);
  const outcome = await tools.db
    .transaction()
    .execute(async (trx) => {
      const link = await consumeLink(trx, SET_PASSWORD, token, tools.clock);
      if (link.state !== 'live') return link.state;
      const { accountId, payload } = link;
      if (accountId === null || typeof payload.email !== 'string') return 'unknown';
      const result = await completeSetPassword(trx, tools, accountId, { email: payload.email, passwordHash });
      if (result !== 'done') throw new NotDone(result);
      return result;
    })
    .catch((error: unknown) => {
      if (error instanceof NotDone) return error.outcome;
      throw error;
    });
  return outcome;
}

/** Rolls the transaction back: a failed statement has spoiled it, and the link stays whole. */
class NotDone extends Error {
  constructor(readonly outcome: 'email_taken' | 'email_changed') {
    super(outcome);
  }
}
