import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { addSeconds } from '../clock';
import { Refusal } from '../errors';
import type { LogoutFacts, Queryable, Row } from '../storage/tables';
import type { Channel, Message } from './notifications';

export type OutboxRow = Row<'outbox'>;
export type MessageStatus = OutboxRow['status'];

/** A message taken for one try. Until `leasedUntil` no other worker takes it. */
export type Claim = OutboxRow & {
  leasedUntil: Date;
  /** Its last try ended without a word: whether it was sent then, nobody knows. */
  interrupted: boolean;
};

export interface NewMessage {
  id: string;
  channel: Message['channel'];
  template: string;
  locale: string;
  sealed: string;
  accountId: string | null;
  maskedTo: string;
}

export async function insertMessage(db: Queryable, message: NewMessage, now: Date): Promise<void> {
  await db
    .insertInto('outbox')
    .values({ ...message, status: 'waiting', nextAttemptAt: now, createdAt: now })
    .execute();
}

/** Puts notices to relying parties into the outbox, due now. Hand it the transaction that ends the sessions. */
export async function insertLogoutNotices(
  trx: Queryable,
  notices: readonly LogoutFacts[],
  now: Date,
): Promise<void> {
  if (notices.length === 0) return;
  const common = { channel: 'logout', template: 'logout', locale: '', sealed: null } as const;
  const due = { status: 'waiting', nextAttemptAt: now, createdAt: now } as const;
  await trx
    .insertInto('outbox')
    .values(
      notices.map((facts) => ({
        ...{ ...common, ...due, id: randomUUID() },
        ...{ facts: JSON.stringify(facts), maskedTo: facts.clientId },
      })),
    )
    .execute();
}

/**
 * Takes up to `limit` due messages for `leaseSeconds`, one statement long. Rows that another worker is just
 * taking are passed over. The try is counted here, so that a message that kills its worker is given up too.
 */
export async function claimMessages(
  db: Queryable,
  channel: Channel,
  limit: number,
  now: Date,
  leaseSeconds: number,
): Promise<Claim[]> {
  const leasedUntil = addSeconds(now, leaseSeconds);
  const rows = await db
    .with('due', (cte) =>
      cte
        .selectFrom('outbox')
        .select(['id', 'leasedUntil'])
        .where('status', '=', 'waiting')
        .where('channel', '=', channel)
        .where('nextAttemptAt', '<=', now)
        .where((eb) => eb.or([eb('leasedUntil', 'is', null), eb('leasedUntil', '<=', now)]))
        .orderBy('nextAttemptAt')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('outbox')
    .from('due')
    .set((eb) => ({ leasedUntil, attempts: eb('outbox.attempts', '+', 1) }))
    .whereRef('outbox.id', '=', 'due.id')
    .returningAll('outbox')
    .returning('due.leasedUntil as earlierLease')
    .execute();
  return rows.map(({ earlierLease, ...row }) => ({
    ...row,
    leasedUntil,
    interrupted: earlierLease !== null,
  }));
}

export interface OutboxMeasure {
  channel: Channel;
  waiting: number;
  /** Seconds since the oldest message was written that is due, or being sent; 0 when none is. */
  ageSeconds: number;
}

/** How much waits in each channel that has anything. */
export async function measureOutbox(db: Queryable, now: Date): Promise<OutboxMeasure[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['channel', (eb) => eb.fn.countAll<string>().as('waiting')])
    .select((eb) => eb.fn.min('createdAt').filterWhere('nextAttemptAt', '<=', now).as('oldest'))
    .where('status', '=', 'waiting')
    .groupBy('channel')
    .execute();
  return rows.map(({ channel, waiting, oldest }) => ({
    channel,
    waiting: Number(waiting),
    ageSeconds: oldest === null ? 0 : Math.max(0, (now.getTime() - oldest.getTime()) / 1000),
  }));
}

/** Notes a message as sent, whoever holds it now: sent is sent. `erase` empties what it said and to whom. */
export async function updateSent(db: Queryable, id: string, now: Date, erase: boolean): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      status: 'sent',
      sentAt: now,
      leasedUntil: null,
      lastError: null,
      ...(erase ? { sealed: null } : {}),
    })
    .where('id', '=', id)
    .execute();
}

export interface Setback {
  status: 'waiting' | 'dead';
  attempts: number;
  nextAttemptAt: Date;
  lastError: string;
  /** Empties what it said and to whom, so that nobody can have it sent again. */
  erase?: boolean;
}

/** Notes a failed try, unless the lease has passed to another worker meanwhile. True when it was noted. */
export async function updateFailed(db: Queryable, claim: Claim, setback: Setback): Promise<boolean> {
  const { erase = false, ...values } = setback;
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ ...values, leasedUntil: null, ...(erase ? { sealed: null } : {}) })
    .where('id', '=', claim.id)
    .where('status', '=', 'waiting')
    .where('leasedUntil', '=', claim.leasedUntil)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Makes an unsent message due now, with all its tries. False when there is none, or its words are gone. */
export async function updateRetried(db: Queryable, id: string, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ status: 'waiting', attempts: 0, nextAttemptAt: now })
    .where('id', '=', id)
    .where('status', '!=', 'sent')
    .where((eb) => eb.or([eb('sealed', 'is not', null), eb('facts', 'is not', null)]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Seconds that a sent message is kept for those who look a delivery up. */
const KEEP_SENT = 90 * 24 * 3600;
/** Seconds that a message is kept that was given up: somebody may yet want it sent. */
const KEEP_DEAD = 180 * 24 * 3600;

/** Deletes up to `limit` messages of each kind that were sent, or given up, long ago; the number deleted. */
export async function sweepMessages(db: Queryable, now: Date, limit: number): Promise<number> {
  const sweepStatus = async (status: MessageStatus, column: 'sentAt' | 'createdAt', seconds: number) => {
    const result = await db
      .deleteFrom('outbox')
      .where('id', 'in', (from) =>
        from
          .selectFrom('outbox')
          .select('id')
          .where('status', '=', status)
          .where(column, '<=', addSeconds(now, -seconds))
          .orderBy(column)
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  };
  return (
    (await sweepStatus('sent', 'sentAt', KEEP_SENT)) + (await sweepStatus('dead', 'createdAt', KEEP_DEAD))
  );
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function findMessage(db: Queryable, id: string): Promise<OutboxRow | undefined> {
  if (!UUID.test(id)) return undefined;
  return db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirst();
}

export interface MessageFilter {
  status?: MessageStatus;
  channel?: Channel;
  /** No notices to relying parties. */
  toPeople?: boolean;
  /** Only messages older than the one with this id: the last id of the page before. */
  before?: string;
  /** Messages on a page, at most 1000. */
  limit?: number;
}

/** Newest first. What a message says stays sealed. @throws Refusal('bad_request') when `before` is not an id. */
export function listMessages(db: Queryable, filter: MessageFilter = {}): Promise<OutboxRow[]> {
  const { status, channel, toPeople, before } = filter;
  if (before !== undefined && !UUID.test(before)) throw new Refusal('bad_request');
  let query = db.selectFrom('outbox').selectAll();
  if (status !== undefined) query = query.where('status', '=', status);
  if (channel !== undefined) query = query.where('channel', '=', channel);
  if (toPeople) query = query.where('channel', '!=', 'logout');
  if (before !== undefined) {
    query = query.where(
      sql<boolean>`(created_at, id) < (select created_at, id from outbox where id = ${before})`,
    );
  }
  return query
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .limit(Math.min(Math.max(filter.limit ?? 50, 1), 1000))
    .execute();
}
