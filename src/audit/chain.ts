/** Links committed rows into the chain, and checks it. What that proves and what not: audit.ts. */
import type { Secrets } from '../secrets';
import type { Database, Queryable } from '../storage/tables';
import {
  countUnlinked,
  getHead,
  insertLinks,
  listLinked,
  listUnlinked,
  lockChain,
  type AuditRow,
  type ChainHead,
  type Link,
} from './store';

const BATCH = 500;

/** JSON with the keys of every object in one order, so that jsonb's own order does not matter. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value instanceof Date || typeof value !== 'object' || value === null)
    return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** What a link is made over: the hash before it, then all the row says, its place included. */
function linkedText(previousHash: string, row: AuditRow, seq: number): string {
  const { hash: _hash, ...content } = row;
  return `${previousHash}\n${canonicalJson({ ...content, seq })}`;
}

async function linkBatch(db: Queryable, secrets: Secrets): Promise<number> {
  if (!(await lockChain(db))) return 0;
  const rows = await listUnlinked(db, BATCH);
  if (rows.length === 0) return 0;
  let head = await getHead(db);
  const links: Link[] = rows.map((row) => {
    const seq = head.seq + 1;
    head = { seq, hash: secrets.mac('audit', linkedText(head.hash, row, seq)) };
    return { id: row.id, ...head };
  });
  await insertLinks(db, links, head);
  return links.length;
}

/**
 * Links every committed row that is not linked yet, in short transactions of 500 rows, and gives their number.
 * Any number of nodes may call it at once: one links, the others return.
 */
export async function linkEvents(db: Database, secrets: Secrets): Promise<number> {
  let linked = 0;
  for (;;) {
    const batch = await db.transaction().execute((trx) => linkBatch(trx, secrets));
    linked += batch;
    if (batch < BATCH) return linked;
  }
}

/**
 * `missing`: the row at this place is gone. `altered`: its content or hash is not what was linked.
 * `duplicate`: a second row for a place. `head`: the recorded end of the chain does not fit its rows.
 */
export type Breakage = 'missing' | 'altered' | 'duplicate' | 'head';

export interface ChainReport {
  /** Rows found sound, up to the first broken one. */
  checked: number;
  /** Rows that wait to be linked; they are not covered. */
  unlinked: number;
  /** Where the sound part ends. Keep it outside the database and hand it in next time. */
  head: ChainHead;
  broken?: { seq: number; id?: string; reason: Breakage };
}

function breakage(
  row: AuditRow,
  last: ChainHead,
  secrets: Secrets,
  anchors: readonly ChainHead[],
): Breakage | undefined {
  const seq = Number(row.seq);
  if (seq <= last.seq) return 'duplicate';
  if (seq > last.seq + 1) return 'missing';
  if (!secrets.verify('audit', linkedText(last.hash, row, seq), row.hash ?? '')) return 'altered';
  return anchors.some((anchor) => anchor.seq === seq && anchor.hash !== row.hash) ? 'head' : undefined;
}

/** Follows the chain page by page, as far as it is sound. */
async function walk(
  db: Queryable,
  secrets: Secrets,
  anchors: readonly ChainHead[],
): Promise<Omit<ChainReport, 'unlinked'>> {
  let head: ChainHead = { seq: 0, hash: '' };
  let rows = await listLinked(db, undefined, BATCH);
  while (rows.length > 0) {
    for (const row of rows) {
      const reason = breakage(row, head, secrets, anchors);
      const seq = reason === 'missing' ? head.seq + 1 : Number(row.seq);
      if (reason)
        return {
          checked: head.seq,
          head,
          broken: { seq, id: reason === 'missing' ? undefined : row.id, reason },
        };
      head = { seq, hash: row.hash ?? '' };
    }
    const { seq, id } = rows.at(-1) as AuditRow;
    rows = await listLinked(db, { seq: seq ?? '0', id }, BATCH);
  }
  return { checked: head.seq, head };
}

/**
 * Checks the whole chain and names its first broken place. Links made under any key of SECRET_KEY count.
 * Nodes may go on linking meanwhile.
 * @param known a head of an earlier report, kept elsewhere: it must still lie on the chain.
 */
export async function verifyChain(db: Queryable, secrets: Secrets, known?: ChainHead): Promise<ChainReport> {
  const unlinked = await countUnlinked(db);
  // Read before the rows: whatever this head says is committed must be found by the walk.
  const before = await getHead(db);
  const anchors = known ? [before, known] : [before];
  const report = { ...(await walk(db, secrets, anchors)), unlinked };
  if (report.broken) return report;
  const { seq } = report.head;
  if (anchors.some((anchor) => anchor.seq > seq))
    return { ...report, broken: { seq: seq + 1, reason: 'missing' } };
  // Read after the rows: a row is committed together with the head that covers it.
  const after = await getHead(db);
  return after.seq < seq ? { ...report, broken: { seq: after.seq, reason: 'head' } } : report;
}
