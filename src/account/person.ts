/** The person whose pages these are. */
import type { AccountProfile } from '../accounts/account';
import { findProfile } from '../accounts/store';
import { Refusal } from '../errors';
import type { Context } from '../http/context';
import type { AccountParts, Visitor } from './parts';

/** @throws Refusal not_found when the account has gone meanwhile */
export async function getPerson(
  { db }: Pick<AccountParts, 'db'>,
  { accountId }: Pick<Visitor, 'accountId'>,
): Promise<AccountProfile> {
  const person = await findProfile(db, accountId);
  if (!person) throw new Refusal('not_found');
  return person;
}

/** Who did it, to whom, and from where, as the audit trail wants it of what people do on these pages. */
export function byThemselves(ctx: Context, { accountId }: Pick<Visitor, 'accountId'>) {
  const subject = `account:${accountId}`;
  const { address, requestId } = ctx.state;
  return { actor: subject, subject, address, requestId };
}
