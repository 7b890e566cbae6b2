import type { Clock } from '../clock';
import { recordEvent } from '../audit/store';
import { enqueue } from '../notifications/outbox';
import type { Secrets } from '../secrets';
import { isUniqueViolation } from '../storage/postgres';
import type { Database, Queryable } from '../storage/tables';
import { issueLink } from '../tokens/links';
import { greetingName, type Account, type PersonName } from './account';
import type { EmailAddress } from './email-address';
import {
  endSessions,
  findAccountByIdentifier,
  insertAccount,
  proveEmail,
  replaceEmail,
  updatePassword,
} from './store';

/** What the use cases of an account work with. */
export interface AccountTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  /** Origin of every link in a mail. */
  issuer: string;
}

/** How long a link that sets a password is good for, in seconds. */
export const SET_PASSWORD_TTL = 3 * 24 * 3600;

export const SET_PASSWORD = 'set_password';

/**
 * Creates an account without a password and mails a link that sets one; using it also proves the address.
 * Nobody but the person ever knows the password (ASVS 5.0, 6.4.6).
 */
export async function createAccount(
  tools: AccountTools,
  person: PersonName & { email: EmailAddress; locale: 'ru' | 'en' },
  actor: string,
): Promise<Account | 'email_taken'> {
  const at = tools.clock.now();
  if (await findAccountByIdentifier(tools.db, person.email.canonical)) return 'email_taken';
  return tools.db.transaction().execute(async (trx) => {
    const account = await insertAccount(trx, person, at);
    await replaceEmail(trx, account.id, person.email);
    await sendSetPasswordLink(trx, tools, account, person.email);
    await recordEvent(trx, { event: 'account_created', actor, subject: `account:${account.id}` }, at);
    return account;
  });
}

/** Mails a link on which the person sets a password, and by which the address counts as proved. Gives the mail's name. */
export async function sendSetPasswordLink(
  trx: Queryable,
  tools: AccountTools,
  account: Account,
  email: EmailAddress,
): Promise<'set_password' | 'recovery_by_operator'> {
  const token = await issueLink(
    trx,
    {
      purpose: SET_PASSWORD,
      accountId: account.id,
      payload: { email: email.canonical },
      ttlSeconds: SET_PASSWORD_TTL,
    },
    tools.clock,
  );
  const locale = account.locale === 'en' ? 'en' : 'ru';
  const template = account.passwordHash === null ? 'set_password' : 'recovery_by_operator';
  const values = {
    name: greetingName(account),
    link: `${tools.issuer}/set-password?token=${token}`,
    days: SET_PASSWORD_TTL / (24 * 3600),
  };
  await enqueue(
    trx,
    tools.secrets,
    { channel: 'email', to: email.value, template, locale, values },
    tools.clock,
    account.id,
  );
  return template;
}

/**
 * Sets the password that came with a spent link: proves the address, ends every earlier sign-in. `email_taken`
 * when somebody else has proved the address since the link was sent.
 */
export async function completeSetPassword(
  trx: Queryable,
  tools: AccountTools,
  accountId: string,
  proof: { email: string; passwordHash: string },
): Promise<'done' | 'email_taken' | 'email_changed'> {
  const at = tools.clock.now();
  const subject = `account:${accountId}`;
  try {
    if (!(await proveEmail(trx, accountId, proof.email, at))) return 'email_changed';
  } catch (error) {
    if (isUniqueViolation(error, 'identifiers_proved')) return 'email_taken';
    throw error;
  }
  await updatePassword(trx, accountId, proof.passwordHash, at);
  await endSessions(trx, accountId, at);
  await recordEvent(trx, { event: 'email_proved', actor: subject, subject }, at);
  await recordEvent(trx, { event: 'password_set', actor: subject, subject }, at);
  return 'done';
}
