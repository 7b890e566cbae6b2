/**
 * The documents that hold now: the newest that was published, else the text beside the program (views/documents). Read
 * from the database at most once in some seconds, and anew when told that a version was published.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addSeconds, type Clock } from '../clock';
import type { Queryable } from '../storage/tables';
import {
  DOCUMENT_NAMES,
  documentOf,
  isRequired,
  isVersion,
  textHash,
  versionOf,
  type Document,
  type DocumentName,
} from './document';
import { findDocument, keepShipped, listPublished } from './store';

/** Seconds until a published version is seen by a node that nobody told. */
export const DOCUMENTS_AGE = 5;

export interface Documents {
  /** One of each name, in the order of `DOCUMENT_NAMES`. */
  current(): Promise<readonly Document[]>;
  /** Those without which there is no account. */
  required(): Promise<readonly Document[]>;
  /** A version that was ever shown to anybody; undefined for anything else, whatever it is. */
  find(name: DocumentName, version: string): Promise<Document | undefined>;
  /** What was read is not relied on any more. */
  forget(): void;
}

export interface DocumentsParts {
  db: Queryable;
  clock: Clock;
  /** The repository's folder views/. */
  viewsDir: string;
}

/** The texts beside the program. @throws Error when one is missing */
export function readShipped(viewsDir: string): Document[] {
  return DOCUMENT_NAMES.map((name) => {
    const read = (locale: string): string =>
      readFileSync(join(viewsDir, 'documents', `${name}.${locale}.txt`), 'utf8');
    const text = { ru: read('ru'), en: read('en') };
    return {
      ...{ name, text, version: versionOf(text.ru) },
      ...{ textHash: textHash(text.ru), required: isRequired(name) },
    };
  });
}

/** The documents that hold, read now. @param shipped what holds of a name that nothing was published under */
export async function readCurrent(db: Queryable, shipped: readonly Document[]): Promise<Document[]> {
  const published = await listPublished(db);
  return shipped.map((document) => {
    const row = published.find(({ name }) => name === document.name);
    return row ? documentOf(row) : document;
  });
}

export function createDocuments({ db, clock, viewsDir }: DocumentsParts): Documents {
  const shipped = readShipped(viewsDir);
  let kept = false;
  let read: { documents: Promise<Document[]>; until: Date } | undefined;

  const load = async (): Promise<Document[]> => {
    // What people agreed to must be there to be shown when the program has moved on to another text.
    if (!kept) await keepShipped(db, shipped, clock.now());
    kept = true;
    return readCurrent(db, shipped);
  };
  const current = async (): Promise<readonly Document[]> => {
    const now = clock.now();
    if (!read || read.until <= now) {
      const fresh = { documents: load(), until: addSeconds(now, DOCUMENTS_AGE) };
      read = fresh;
      fresh.documents.catch(() => {
        // Nobody agrees to what could not be read; the next one asks anew.
        if (read === fresh) read = undefined;
      });
    }
    return read.documents;
  };
  return {
    current,
    required: async () => (await current()).filter(({ required }) => required),
    find: async (name, version) => {
      if (!isVersion(version)) return undefined;
      const known = (await current()).find((one) => one.name === name && one.version === version);
      if (known) return known;
      const row = await findDocument(db, name, version);
      return row && documentOf(row);
    },
    forget: () => {
      read = undefined;
    },
  };
}
