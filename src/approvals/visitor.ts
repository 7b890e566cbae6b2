/** Who looks at the pages: somebody who is signed in, or is sent to sign in first. */
import { fullName } from '../accounts/account';
import { findProfile } from '../accounts/store';
import { Refusal } from '../errors';
import type { Context } from '../http/context';
import type { Sessions } from '../http/sessions';
import type { Database } from '../storage/tables';

export interface Reviewer {
  accountId: string;
  name: string;
}

/** Undefined when the browser was sent to sign in, to come back to `path`. */
export async function reviewerOf(
  { sessions, db }: { sessions: Sessions; db: Database },
  ctx: Context,
  path: string,
): Promise<Reviewer | undefined> {
  const session = await sessions.current(ctx);
  const person = session && (await findProfile(db, session.accountId));
  if (person) return { accountId: person.id, name: fullName(person) };
  sessions.signIn(ctx, path);
  return undefined;
}

export const parameter = (ctx: Context, name: string): string =>
  (ctx as Context & { params: Record<string, string> }).params[name] ?? '';

/** @throws Refusal not_found for what is no number of an application */
export function numberOf(ctx: Context): number {
  const text = parameter(ctx, 'number');
  // Larger ones do not fit the column.
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Refusal('not_found');
  return Number(text);
}
