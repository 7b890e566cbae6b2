/**
 * Asking somebody who is signing in to agree to documents that have changed since, or that they had withdrawn. This
 * folder owns the page of the prompt `documents`, the one of `closing` (closing.ts) and the public pages of the
 * documents; what is on record belongs to consents.
 */
import type { Problems } from '../errors';
import type { Database } from '../storage/tables';
import { changedLines, type ChangedLine } from '../consents/changed-lines';
import { agreedVersion, dueDocuments, type ConsentFacts } from '../consents/consent';
import type { Document } from '../consents/document';
import type { Documents } from '../consents/documents';
import { giveConsents } from '../consents/give';
import { findOpenClosing, listNewestConsents } from '../consents/store';
import type { Clock } from '../clock';

export interface AgreementTools {
  db: Database;
  clock: Clock;
  documents: Documents;
}

export interface AskedDocument {
  document: Document;
  /** Taken back by the person, and perhaps not changed at all. */
  withdrawn: boolean;
  /** Against the text they had agreed to, in the reader's language; undefined where it cannot be told. */
  difference: ChangedLine[] | undefined;
}

export interface Agreement {
  asked: AskedDocument[];
  /** The day by which the account is destroyed unless they agree. */
  destroyBy: Date | undefined;
}

/** What this person must be asked now; nothing asked when they have agreed meanwhile. */
export async function openAgreement(
  { db, documents }: AgreementTools,
  accountId: string,
  locale: 'ru' | 'en',
): Promise<Agreement> {
  const newest = await listNewestConsents(db, accountId);
  const due = dueDocuments(await documents.required(), newest);
  const asked = due.map(async (document): Promise<AskedDocument> => {
    const last = newest.find((consent) => consent.document === document.name);
    const before = last && (await documents.find(document.name, last.version));
    // Where only the Russian text says something new, that is what must be shown.
    const language = before?.text[locale] === document.text[locale] ? 'ru' : locale;
    const difference = before && changedLines(before.text[language], document.text[language]);
    return { document, withdrawn: last?.action === 'withdrawn', difference };
  });
  const closing = await findOpenClosing(db, accountId);
  return { asked: await Promise.all(asked), destroyBy: closing?.destroyBy };
}

/** The boxes that were ticked, each with the version that stood beside it. */
export type Ticked = Readonly<Record<string, string | undefined>>;

/** Field of the form that holds the version shown. */
export const versionField = (name: string): string => `${name}_version`;

/**
 * Writes down what was agreed to. Gives what is wrong: a box left empty, or a version that is not the current one any
 * more; nothing is written then.
 */
export async function agree(
  { db, clock, documents }: AgreementTools,
  accountId: string,
  form: Ticked,
  facts: ConsentFacts,
): Promise<Problems> {
  const due = dueDocuments(await documents.required(), await listNewestConsents(db, accountId));
  const problems: Problems = {};
  for (const { name, version } of due) {
    if (form[versionField(name)] !== version) problems[name] = 'document_newer';
    else if (form[name] !== 'yes')
      problems[name] = name === 'terms' ? 'terms_required' : 'personal_data_required';
  }
  if (Object.keys(problems).length > 0 || due.length === 0) return problems;
  const consents = due.map(agreedVersion);
  const given = { accountId, consents, facts, at: clock.now() };
  await db.transaction().execute((trx) => giveConsents(trx, given));
  return problems;
}
