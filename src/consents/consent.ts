/** What a person has agreed to, and which of the required documents they must still be asked about. Pure rules. */
import { isRequired, type Document, type DocumentName } from './document';
import type { Consent } from './store';

/** A version that was agreed to. */
export interface AgreedVersion {
  document: DocumentName;
  version: string;
  textHash: string;
}

/** How it was said: what the law wants to be provable (152-ФЗ ст. 9 ч. 3). */
export type ConsentFacts = Pick<Consent, 'form' | 'way' | 'address' | 'userAgent'>;

/** Days within which the data of a withdrawn consent must be destroyed (152-ФЗ ст. 21 ч. 5). */
export const DESTROY_WITHIN_DAYS = 30;

export const agreedVersion = ({ name, version, textHash }: Document): AgreedVersion => ({
  document: name,
  version,
  textHash,
});

/**
 * Required documents whose text this person has not agreed to. Nobody is asked who never agreed to one of them: accounts
 * that operators made rest on another ground than a consent given here, and advertising does not change that.
 * @param newest what they said last about each document
 */
export function dueDocuments(
  required: readonly Document[],
  newest: readonly Pick<Consent, 'document' | 'action' | 'textHash'>[],
): Document[] {
  if (!newest.some(({ document }) => isRequired(document))) return [];
  return required.filter(({ name, textHash }) => {
    const last = newest.find(({ document }) => document === name);
    return last?.action !== 'given' || last.textHash !== textHash;
  });
}
