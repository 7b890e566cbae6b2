import { sql } from 'kysely';
import { Refusal } from '../errors';
import type { Queryable, Row } from '../storage/tables';
import { storableDetails, storableText, type AuditEntry, type AuditEvent } from './audit';

export type AuditRow = Row<'audit'>;

const kept = (text: string | undefined): string | null => (text === undefined ? null : storableText(text));

/** What stands in the columns of an event. */
export const auditRow = (entry: AuditEntry, at: Date) => ({
  at,
  event: entry.event,
  actor: storableText(entry.actor),
  subject: kept(entry.subject),
  clientId: kept(entry.clientId),
  address: kept(entry.address),
  requestId: kept(entry.requestId),
  details: JSON.stringify(storableDetails(entry.details ?? {})),
});

/** Writes one event. Hand it the transaction that does what the event tells. */
export async function recordEvent(db: Queryable, entry: AuditEntry, at: Date): Promise<void> {
  await db.insertInto('audit').values(auditRow(entry, at)).execute();
}

export interface AuditFilter {
  event?: AuditEvent;
  subject?: string;
  /** Only rows older than the row with this id: the last id of the page before. */
  before?: string;
  /** Rows on a page, at most 1000. */
  limit?: number;
}

/** Newest first. @throws Refusal('bad_request') when `before` is not an id. */
export function listEvents(db: Queryable, filter: AuditFilter = {}): Promise<AuditRow[]> {
  const { event, subject, before } = filter;
  if (before !== undefined && !/^\d{1,18}$/.test(before)) throw new Refusal('bad_request');
  let query = db.selectFrom('audit').selectAll();
  if (event !== undefined) query = query.where('event', '=', event);
  if (subject !== undefined) query = query.where('subject', '=', storableText(subject));
  if (before !== undefined) query = query.where('id', '<', before);
  return query
    .orderBy('id', 'desc')
    .limit(Math.min(Math.max(filter.limit ?? 50, 1), 1000))
    .execute();
}

/** The end of the chain: place and hash of its last row. */
export interface ChainHead {
  seq: number;
  hash: string;
}

/** @throws Error when the row is gone: without it nobody can tell where the chain ended. */
export async function getHead(db: Queryable): Promise<ChainHead> {
  const head = await db.selectFrom('auditHead').select(['seq', 'hash']).executeTakeFirst();
  if (!head) throw new Error('audit_head is empty; the audit chain cannot go on');
  return { seq: Number(head.seq), hash: head.hash };
}

/** Any fixed number will do, as long as nothing else in this database locks it. */
const CHAIN_LOCK = 7_246_018_533;

/** True for the one transaction that may link now; the lock ends with it. */
export async function lockChain(db: Queryable): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(${CHAIN_LOCK}) as locked`.execute(db);
  return rows[0]?.locked === true;
}

export function listUnlinked(db: Queryable, limit: number): Promise<AuditRow[]> {
  return db.selectFrom('audit').selectAll().where('seq', 'is', null).orderBy('id').limit(limit).execute();
}

export async function countUnlinked(db: Queryable): Promise<number> {
  const { count } = await db
    .selectFrom('audit')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('seq', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export interface Link extends ChainHead {
  id: string;
}

/** Writes a batch of links and moves the head behind its last one. @throws Error when a row has gone meanwhile. */
export async function insertLinks(db: Queryable, links: readonly Link[], head: ChainHead): Promise<void> {
  const ids = links.map((link) => link.id);
  const places = links.map((link) => link.seq);
  const hashes = links.map((link) => link.hash);
  const { numAffectedRows } = await sql`
    update audit set seq = links.seq, hash = links.hash
    from unnest(${ids}::bigint[], ${places}::bigint[], ${hashes}::text[]) as links (id, seq, hash)
    where audit.id = links.id and audit.seq is null`.execute(db);
  if (numAffectedRows !== BigInt(links.length))
    throw new Error('audit rows vanished while they were being linked');
  await db
    .updateTable('auditHead')
    .set({ seq: String(head.seq), hash: head.hash })
    .execute();
}

export interface ChainCursor {
  seq: string;
  id: string;
}

/** The linked rows behind `after`, in the order of the chain. */
export function listLinked(
  db: Queryable,
  after: ChainCursor | undefined,
  limit: number,
): Promise<AuditRow[]> {
  let query = db.selectFrom('audit').selectAll().where('seq', 'is not', null);
  if (after) query = query.where(sql<boolean>`(seq, id) > (${after.seq}::bigint, ${after.id}::bigint)`);
  return query.orderBy('seq').orderBy('id').limit(limit).execute();
}
