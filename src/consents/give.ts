/** Saying yes: records of what was agreed to, each with its audit row. */
import { recordEvent } from '../audit/store';
import type { Queryable } from '../storage/tables';
import type { AgreedVersion, ConsentFacts } from './consent';
import { isRequired } from './document';
import { insertConsents, listNewestConsents, lockConsents, undoClosing } from './store';

export interface GivenConsents {
  accountId: string;
  consents: readonly AgreedVersion[];
  facts: ConsentFacts;
  /** When it was said; a registration is completed later than that. */
  at: Date;
}

/**
 * Writes down that a person has agreed. Where a withdrawal had begun to close the account and nothing required is
 * withdrawn any more, it stays open.
 * @param trx a transaction
 */
export async function giveConsents(trx: Queryable, given: GivenConsents): Promise<void> {
  const { accountId, consents, facts, at } = given;
  await lockConsents(trx, accountId);
  await insertConsents(
    trx,
    consents.map((consent) => ({ accountId, ...consent, ...facts, action: 'given', at })),
  );
  const subject = `account:${accountId}`;
  const who = { actor: subject, subject, address: facts.address };
  for (const { document, version, textHash } of consents) {
    const details = { document, version, text_hash: textHash, form: facts.form };
    await recordEvent(trx, { event: 'consent_given', ...who, details }, at);
  }
  const newest = await listNewestConsents(trx, accountId);
  if (newest.some(({ document, action }) => isRequired(document) && action === 'withdrawn')) return;
  const undone = await undoClosing(trx, accountId, at);
  if (undone) await recordEvent(trx, { event: 'account_closing_undone', ...who }, at);
}
