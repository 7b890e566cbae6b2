/**
 * What a person agrees to: terms and the consent to process personal data are two documents and two boxes
 * (152-ФЗ ст. 9 as amended from 2025-09-01). A record says which text it was by its hash.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnsweredConsent } from '../registration';

export type DocumentName = AnsweredConsent['document'];

const DOCUMENTS: readonly DocumentName[] = ['terms', 'personal_data'];

export interface Document {
  name: DocumentName;
  version: string;
  /** SHA-256 of the Russian text, which is the one that decides. */
  textHash: string;
  text: { ru: string; en: string };
}

/** Reads views/documents. The first 12 signs of the hash are the version: another text is another version. */
export function loadDocuments(viewsDir: string): Document[] {
  return DOCUMENTS.map((name) => {
    const read = (locale: string): string =>
      readFileSync(join(viewsDir, 'documents', `${name}.${locale}.txt`), 'utf8');
    const text = { ru: read('ru'), en: read('en') };
    const textHash = createHash('sha256').update(text.ru).digest('hex');
    return { name, version: textHash.slice(0, 12), textHash, text };
  });
}
