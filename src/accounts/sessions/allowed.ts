/** What people have let third parties know: asked once, remembered until they take it back. */
import { recordEvent } from '../../audit/store';
import type { Queryable } from '../../storage/tables';

export interface Allowed {
  scopes: readonly string[];
  claims: readonly string[];
  /** URI of an API → its scopes. */
  resources: Readonly<Record<string, readonly string[]>>;
}

const NOTHING: Allowed = { scopes: [], claims: [], resources: {} };

const words = (text: string): string[] => text.split(' ').filter(Boolean);
const joined = (...lists: (readonly string[])[]): string => [...new Set(lists.flat())].sort().join(' ');

export async function findAllowed(db: Queryable, accountId: string, clientId: string): Promise<Allowed> {
  const row = await db
    .selectFrom('clientConsents')
    .select(['scope', 'claims', 'resources'])
    .where('accountId', '=', accountId)
    .where('clientId', '=', clientId)
    .executeTakeFirst();
  if (!row) return NOTHING;
  const resources = Object.entries(row.resources).map(([uri, scope]) => [uri, words(scope)] as const);
  return {
    scopes: words(row.scope),
    claims: words(row.claims),
    resources: Object.fromEntries(resources),
  };
}

/** Whether all that is asked for was allowed before. */
export function isCovered(asked: Allowed, allowed: Allowed): boolean {
  const within = (some: readonly string[], all: readonly string[] = []) =>
    some.every((one) => all.includes(one));
  return (
    within(asked.scopes, allowed.scopes) &&
    within(asked.claims, allowed.claims) &&
    Object.entries(asked.resources).every(([uri, scopes]) => within(scopes, allowed.resources[uri]))
  );
}

/** Adds to what was allowed before, with its row in the audit. */
export async function allow(
  trx: Queryable,
  { accountId, clientId }: { accountId: string; clientId: string },
  asked: Allowed,
  at: Date,
): Promise<void> {
  const before = await findAllowed(trx, accountId, clientId);
  const uris = [...new Set([...Object.keys(before.resources), ...Object.keys(asked.resources)])];
  const resources = uris.map((uri) => [uri, joined(before.resources[uri] ?? [], asked.resources[uri] ?? [])]);
  const kept = {
    scope: joined(before.scopes, asked.scopes),
    claims: joined(before.claims, asked.claims),
    resources: JSON.stringify(Object.fromEntries(resources)),
    givenAt: at,
  };
  await trx
    .insertInto('clientConsents')
    .values({ accountId, clientId, ...kept })
    .onConflict((conflict) => conflict.columns(['accountId', 'clientId']).doUpdateSet(kept))
    .execute();
  const subject = `account:${accountId}`;
  const details = { scope: joined(asked.scopes), resources: uris };
  await recordEvent(trx, { event: 'access_allowed', actor: subject, subject, clientId, details }, at);
}

/** The next time the person is asked again. False when nothing was remembered. */
export async function forgetAllowed(trx: Queryable, accountId: string, clientId: string): Promise<boolean> {
  const result = await trx
    .deleteFrom('clientConsents')
    .where('accountId', '=', accountId)
    .where('clientId', '=', clientId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
