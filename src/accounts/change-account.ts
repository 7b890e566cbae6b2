/** What operators change of an account: block, unblock, its names, the start of a recovery. */
import { recordEvent } from '../audit/store';
import { enqueue } from '../notifications/outbox';
import { isUniqueViolation } from '../storage/postgres';
import type { Queryable } from '../storage/tables';
import { voidAccountTokens, voidTokens } from '../tokens/store';
import { greetingName, type Account, type AccountProfile } from './account';
import { SET_PASSWORD, sendSetPasswordLink, type AccountTools } from './create-account';
import { maskEmail, type EmailAddress } from './email-address';
import type { LoginName } from './login-name';
import {
  endSessions,
  findAccountByIdentifier,
  findProfile,
  lockAccount,
  replaceEmail,
  replaceIdentifier,
  updateStatus,
} from './store';

/**
 * Blocks an account and ends its sign-ins and tokens at once, with every link and code that could set a password or
 * change a name. Undefined when it is blocked already.
 * @param reason what the person reads after the right password
 * @param note what only the audit trail keeps
 */
export async function blockAccount(
  tools: AccountTools,
  accountId: string,
  reason: string,
  actor: string,
  note?: string,
): Promise<Account | undefined> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const account = await updateStatus(trx, accountId, { status: 'blocked', reason }, at);
    if (!account) return undefined;
    await endSessions(trx, accountId, at);
    await voidAccountTokens(trx, accountId);
    const details: Record<string, string> = note === undefined ? { reason } : { reason, note };
    const subject = `account:${accountId}`;
    await recordEvent(trx, { event: 'account_blocked', actor, subject, details }, at);
    return account;
  });
}

/** Lets a blocked person in again; earlier sign-ins stay ended. Undefined when the account is active already. */
export async function unblockAccount(
  tools: AccountTools,
  accountId: string,
  actor: string,
): Promise<Account | undefined> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const account = await updateStatus(trx, accountId, { status: 'active', reason: null }, at);
    if (!account) return undefined;
    await recordEvent(trx, { event: 'account_unblocked', actor, subject: `account:${accountId}` }, at);
    return account;
  });
}

/**
 * Gives an account another e-mail. The old one stops signing in at once; the new one begins when its owner has
 * used the link sent there and set a password. Earlier links and sign-ins end.
 */
export async function setEmail(
  tools: AccountTools,
  accountId: string,
  email: EmailAddress,
  actor: string,
): Promise<Account | 'email_taken' | undefined> {
  const at = tools.clock.now();
  const owner = await findAccountByIdentifier(tools.db, email.canonical);
  if (owner) return 'email_taken';
  return tools.db.transaction().execute(async (trx) => {
    // As setting a password begins: each would otherwise hold what the other waits for.
    await lockAccount(trx, accountId);
    const account = await findProfile(trx, accountId);
    if (!account) return undefined;
    await tellOldAddress(trx, tools, account, email);
    await replaceEmail(trx, accountId, email);
    await voidTokens(trx, SET_PASSWORD, accountId);
    await sendSetPasswordLink(trx, tools, account, email);
    await endSessions(trx, accountId, at);
    await recordEvent(trx, { event: 'email_changed', actor, subject: `account:${accountId}` }, at);
    return account;
  });
}

/** Whoever had the account learns of it, where the address was shown to be theirs. */
async function tellOldAddress(
  trx: Queryable,
  { secrets, clock, issuer }: AccountTools,
  account: AccountProfile,
  email: EmailAddress,
): Promise<void> {
  if (account.email === null || !account.emailProved) return;
  const locale = account.locale === 'en' ? 'en' : 'ru';
  const values = { name: greetingName(account), link: `${issuer}/`, masked: maskEmail(email.value) };
  const message = { channel: 'email', to: account.email, template: 'email_changed', locale, values } as const;
  await enqueue(trx, secrets, message, clock, account.id);
}

/** Names beside the e-mail; null takes one away, undefined leaves it. */
export interface NameChange {
  login?: LoginName | null;
  /** E.164. An unproved phone signs nobody in, recovers nothing and reserves nothing. */
  phone?: { value: string; proved: boolean } | null;
}

/**
 * Gives an account another phone or login name. Codes and links that are on their way end: they may have been asked
 * for by the phone that is no longer theirs. Nobody's name equals another person's, of whatever kind.
 * @param also what else belongs into the same transaction
 */
export async function changeNames(
  { db, clock }: AccountTools,
  accountId: string,
  { login, phone }: NameChange,
  actor: string,
  also: (trx: Queryable) => Promise<void> = () => Promise.resolve(),
): Promise<'changed' | 'name_taken'> {
  const at = clock.now();
  const subject = `account:${accountId}`;
  try {
    await db.transaction().execute(async (trx) => {
      await lockAccount(trx, accountId);
      if (login !== undefined) {
        await replaceIdentifier(trx, accountId, 'login', login && { ...login, provedAt: at });
        await recordEvent(trx, { event: 'login_changed', actor, subject }, at);
      }
      if (phone !== undefined) await changePhone(trx, accountId, phone, actor, at);
      await also(trx);
    });
    return 'changed';
  } catch (error) {
    if (isUniqueViolation(error, 'identifiers_proved')) return 'name_taken';
    throw error;
  }
}

async function changePhone(
  trx: Queryable,
  accountId: string,
  phone: NonNullable<NameChange['phone']> | null,
  actor: string,
  at: Date,
): Promise<void> {
  const name = phone && {
    value: phone.value,
    canonical: phone.value,
    provedAt: phone.proved ? at : null,
  };
  await replaceIdentifier(trx, accountId, 'phone', name);
  await voidAccountTokens(trx, accountId);
  const details = { proved: phone?.proved ?? false };
  await recordEvent(trx, { event: 'phone_changed', actor, subject: `account:${accountId}`, details }, at);
}
