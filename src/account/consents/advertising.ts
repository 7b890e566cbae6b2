/** Advertising is a consent like the others, but one that a person gives and takes back as they like. */
import { agreedVersion, type ConsentFacts } from '../../consents/consent';
import { giveConsents } from '../../consents/give';
import { listNewestConsents } from '../../consents/store';
import { withdrawConsent } from '../../consents/withdraw';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import type { AccountParts, Visitor } from '../parts';

/** What the law wants to be provable of something said on these pages. */
export function factsOf(ctx: Context, way: 'box' | 'button'): ConsentFacts {
  const userAgent = ctx.get('user-agent').slice(0, 300);
  return { form: 'account', way, address: ctx.state.address, userAgent };
}

/**
 * Writes down what the person wants; nothing where they have said so before.
 * @param seen the version that stood on the page
 * @throws Refusal bad_request when another version holds by now: nobody agrees to what they were not shown
 */
export async function setAdvertising(
  parts: AccountParts,
  ctx: Context,
  { accountId }: Visitor,
  wanted: boolean,
  seen: { version: string | undefined; way: 'box' | 'button' },
): Promise<void> {
  const newest = await listNewestConsents(parts.db, accountId);
  const given = newest.some(({ document, action }) => document === 'marketing' && action === 'given');
  if (given === wanted) return;
  const facts = factsOf(ctx, seen.way);
  if (!wanted) {
    await withdrawConsent(parts, { accountId, document: 'marketing', facts }, `account:${accountId}`);
    return;
  }
  const document = (await parts.documents.current()).find(({ name }) => name === 'marketing');
  if (document?.version !== seen.version || !document) throw new Refusal('bad_request');
  const consents = [agreedVersion(document)];
  await parts.db
    .transaction()
    .execute((trx) => giveConsents(trx, { accountId, consents, facts, at: parts.clock.now() }));
}
