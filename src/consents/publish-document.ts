/** Publishing a text: from now on everybody is asked to agree to this version. */
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { announce } from '../storage/changes';
import type { Database } from '../storage/tables';
import { isRequired, textHash, versionOf, type DocumentName, type PublishedDocument } from './document';
import { insertDocument } from './store';

export interface NewText {
  name: DocumentName;
  /** As `plainText` gives it. */
  ru: string;
  en: string | null;
  /** Absent: the first signs of the text's hash. */
  version?: string;
}

/** Undefined when this version of the document was published, or stood beside the program, before. */
export async function publishDocument(
  { db, clock }: { db: Database; clock: Clock },
  { name, ru, en, version = versionOf(ru) }: NewText,
  actor: string,
): Promise<PublishedDocument | undefined> {
  const at = clock.now();
  const hash = textHash(ru);
  const texts = { textRu: ru, textEn: en, textHash: hash };
  const facts = { name, version, required: isRequired(name), shipped: false, publishedBy: actor };
  return db.transaction().execute(async (trx) => {
    const published = await insertDocument(trx, { ...facts, ...texts }, at);
    if (!published) return undefined;
    await announce(trx, 'documents');
    const details = { document: name, version, text_hash: hash };
    await recordEvent(trx, { event: 'document_published', actor, details }, at);
    return published;
  });
}
