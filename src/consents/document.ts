/**
 * What people agree to, and that they did: documents in versions, consents given and withdrawn, and until when the
 * data of an account must be destroyed. This folder owns the tables `documents`, `consents` and `account_closings`. It
 * shows no page, asks nobody, and does not close accounts: it says by which day that must have happened.
 *
 * Terms and the consent to process personal data are two documents, agreed to one by one (152-ФЗ ст. 9 as amended from
 * 2025-09-01); advertising is a third that nobody has to agree to (38-ФЗ ст. 18).
 */
import { createHash } from 'node:crypto';
import type { Row } from '../storage/tables';

export type PublishedDocument = Row<'documents'>;
export type DocumentName = PublishedDocument['name'];

export const DOCUMENT_NAMES: readonly DocumentName[] = ['terms', 'personal_data', 'marketing'];

/** Without these there is no account. */
export const REQUIRED_DOCUMENTS: readonly DocumentName[] = ['terms', 'personal_data'];

export const isRequired = (name: DocumentName): boolean => REQUIRED_DOCUMENTS.includes(name);

export function isDocumentName(name: string): name is DocumentName {
  return DOCUMENT_NAMES.some((known) => known === name);
}

/** One version of a document, as people are asked to agree to it. */
export interface Document {
  name: DocumentName;
  version: string;
  /** SHA-256 of the Russian text, which is the one that decides; in hex. */
  textHash: string;
  required: boolean;
  /** The first line is the title. English is the Russian text where there is no translation. */
  text: { ru: string; en: string };
}

export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Another text is another version: the first signs of its hash, where nobody gives it a better name. */
export const versionOf = (text: string): string => textHash(text).slice(0, 12);

/** What a version may be called. */
export const isVersion = (text: string): boolean => /^[\p{L}\d][\p{L}\d._-]{0,39}$/u.test(text);

export function documentOf(row: PublishedDocument): Document {
  const { name, version, textHash: hash, required, textRu, textEn } = row;
  return { name, version, textHash: hash, required, text: { ru: textRu, en: textEn ?? textRu } };
}

/** A text in one form, so that its hash does not depend on the editor: no byte order mark, Unix line ends. */
export function plainText(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
}
