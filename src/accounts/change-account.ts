/** What operators change of an account: block, unblock, another e-mail, the end of all sign-ins. */
import { recordEvent } from '../audit/store';
import { voidTokens } from '../tokens/store';
import type { Account } from './account';
import { SET_PASSWORD, sendSetPasswordLink, type AccountTools } from './create-account';
import type { EmailAddress } from './email-address';
import { endSessions, findAccountByIdentifier, findProfile, replaceEmail, updateStatus } from './store';

/** Blocks an account and ends its sign-ins and tokens at once. Undefined when it is blocked already. */
export async function blockAccount(
  tools: AccountTools,
  accountId: string,
  reason: string,
  actor: string,
): Promise<Account | undefined> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const account = await updateStatus(trx, accountId, { status: 'blocked', reason }, at);
    if (!account) return undefined;
    await endSessions(trx, accountId, at);
    await recordEvent(
      trx,
      { event: 'account_blocked', actor, subject: `account:${accountId}`, details: { reason } },
      at,
    );
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
    const account = await findProfile(trx, accountId);
    if (!account) return undefined;
    await replaceEmail(trx, accountId, email);
    await voidTokens(trx, SET_PASSWORD, accountId);
    await sendSetPasswordLink(trx, tools, account, email);
    await endSessions(trx, accountId, at);
    await recordEvent(trx, { event: 'email_changed', actor, subject: `account:${accountId}` }, at);
    return account;
  });
}
