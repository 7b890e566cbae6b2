/** Every query of documents, consents and closings. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Queryable, Row } from '../storage/tables';
import type { Document, DocumentName, PublishedDocument } from './document';

export type Consent = Row<'consents'>;
export type AccountClosing = Row<'accountClosings'>;

/** The newest published version of each name. */
export async function listPublished(db: Queryable): Promise<PublishedDocument[]> {
  return db
    .selectFrom('documents')
    .selectAll()
    .distinctOn('name')
    .where('shipped', '=', false)
    .orderBy('name')
    .orderBy('number', 'desc')
    .execute();
}

/** Every version that is kept, newest first. */
export async function listDocumentVersions(db: Queryable): Promise<PublishedDocument[]> {
  return db.selectFrom('documents').selectAll().orderBy('number', 'desc').execute();
}

export async function findDocument(
  db: Queryable,
  name: DocumentName,
  version: string,
): Promise<PublishedDocument | undefined> {
  return db
    .selectFrom('documents')
    .selectAll()
    .where('name', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
}

export interface NewDocument extends Omit<Document, 'text'> {
  textRu: string;
  textEn: string | null;
  shipped: boolean;
  publishedBy: string;
}

/** Undefined when the version is there already. */
export async function insertDocument(
  db: Queryable,
  document: NewDocument,
  at: Date,
): Promise<PublishedDocument | undefined> {
  return db
    .insertInto('documents')
    .values({ ...document, publishedAt: at })
    .onConflict((conflict) => conflict.columns(['name', 'version']).doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Keeps the texts beside the program; those that are kept already stay. */
export async function keepShipped(db: Queryable, shipped: readonly Document[], at: Date): Promise<void> {
  for (const { text, ...facts } of shipped) {
    const texts = { textRu: text.ru, textEn: text.en };
    await insertDocument(db, { ...facts, ...texts, shipped: true, publishedBy: 'system' }, at);
  }
}

export type NewConsent = Omit<Consent, 'id' | 'number'>;

export async function insertConsents(db: Queryable, consents: readonly NewConsent[]): Promise<void> {
  if (consents.length === 0) return;
  const rows = consents.map((consent) => ({ id: randomUUID(), ...consent }));
  await db.insertInto('consents').values(rows).execute();
}

/** What somebody has said last about each document. */
export async function listNewestConsents(db: Queryable, accountId: string): Promise<Consent[]> {
  return db
    .selectFrom('consents')
    .selectAll()
    .distinctOn('document')
    .where('accountId', '=', accountId)
    .orderBy('document')
    .orderBy('number', 'desc')
    .execute();
}

/** Everything that one person has said, oldest first. */
export async function listConsents(db: Queryable, accountId: string): Promise<Consent[]> {
  return db.selectFrom('consents').selectAll().where('accountId', '=', accountId).orderBy('number').execute();
}

export interface ConsentFilter {
  accountId?: string;
  document?: DocumentName;
  /** Continue after the row of this number. */
  after?: string;
  limit: number;
}

/** What anybody has said, oldest first. */
export async function listConsentPage(db: Queryable, filter: ConsentFilter): Promise<Consent[]> {
  const { accountId, document, after, limit } = filter;
  let query = db.selectFrom('consents').selectAll().orderBy('number').limit(limit);
  if (accountId !== undefined) query = query.where('accountId', '=', accountId);
  if (document !== undefined) query = query.where('document', '=', document);
  if (after !== undefined) query = query.where('number', '>', after);
  return query.execute();
}

/** How many people have said yes last to another text of this document than the one given. */
export async function countOutdated(db: Queryable, name: DocumentName, hash: string): Promise<number> {
  const { count } = await db
    .with('newest', (cte) =>
      cte
        .selectFrom('consents')
        .select(['accountId', 'action', 'textHash'])
        .distinctOn('accountId')
        .where('document', '=', name)
        .orderBy('accountId')
        .orderBy('number', 'desc'),
    )
    .selectFrom('newest')
    .select((select) => select.fn.countAll<string>().as('count'))
    .where('action', '=', 'given')
    .where('textHash', '!=', hash)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** What one person says is written down one after the other. */
export async function lockConsents(trx: Queryable, accountId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`consents:${accountId}`}, 0))`.execute(trx);
}

/** The closing that is neither undone nor over. */
export async function findOpenClosing(db: Queryable, accountId: string): Promise<AccountClosing | undefined> {
  return db
    .selectFrom('accountClosings')
    .selectAll()
    .where('accountId', '=', accountId)
    .where('undoneAt', 'is', null)
    .where('destroyedAt', 'is', null)
    .executeTakeFirst();
}

export async function insertClosing(
  db: Queryable,
  closing: Pick<AccountClosing, 'accountId' | 'reason' | 'askedBy' | 'askedAt' | 'destroyBy'>,
): Promise<AccountClosing> {
  return db
    .insertInto('accountClosings')
    .values({ id: randomUUID(), ...closing, undoneAt: null, destroyedAt: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Brings the day forward where an earlier one is due now. */
export async function hastenClosing(db: Queryable, id: string, destroyBy: Date): Promise<void> {
  await db
    .updateTable('accountClosings')
    .set({ destroyBy })
    .where('id', '=', id)
    .where('destroyBy', '>', destroyBy)
    .execute();
}

/** Undoes the open closing that a withdrawal began; undefined when there is none. */
export async function undoClosing(
  db: Queryable,
  accountId: string,
  at: Date,
): Promise<AccountClosing | undefined> {
  return db
    .updateTable('accountClosings')
    .set({ undoneAt: at })
    .where('accountId', '=', accountId)
    .where('reason', '=', 'consent_withdrawn')
    .where('undoneAt', 'is', null)
    .where('destroyedAt', 'is', null)
    .returningAll()
    .executeTakeFirst();
}
