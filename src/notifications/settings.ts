/** Which messages an account does not want, and which were written to it. */
import type { Queryable } from '../storage/tables';
import { CATEGORIES, categoryOf, type Category } from './categories';
import type { Message } from './notifications';
import type { OutboxRow } from './store';

type Channel = Message['channel'];

export interface Muted {
  category: Category;
  channel: Channel;
}

export async function listMuted(db: Queryable, accountId: string): Promise<Muted[]> {
  const rows = await db
    .selectFrom('mutedMessages')
    .select(['category', 'channel'])
    .where('accountId', '=', accountId)
    .execute();
  return rows.flatMap(({ category, channel }) =>
    CATEGORIES.filter((known) => known === category).map((known) => ({ category: known, channel })),
  );
}

/** Replaces what was switched off before, on one channel. */
export async function muteOnly(
  trx: Queryable,
  {
    accountId,
    channel,
    categories,
  }: { accountId: string; channel: Channel; categories: readonly Category[] },
  at: Date,
): Promise<void> {
  await trx
    .deleteFrom('mutedMessages')
    .where('accountId', '=', accountId)
    .where('channel', '=', channel)
    .$if(categories.length > 0, (query) => query.where('category', 'not in', categories))
    .execute();
  if (categories.length === 0) return;
  await trx
    .insertInto('mutedMessages')
    .values(categories.map((category) => ({ accountId, channel, category, since: at })))
    .onConflict((conflict) => conflict.columns(['accountId', 'category', 'channel']).doNothing())
    .execute();
}

/** True for a message that the account has switched off. */
export async function isMuted(
  db: Queryable,
  accountId: string,
  { template, channel }: { template: string; channel: Channel },
): Promise<boolean> {
  const category = categoryOf(template);
  if (category === undefined) return false;
  return (await listMuted(db, accountId)).some(
    (muted) => muted.category === category && muted.channel === channel,
  );
}

export type WrittenMessage = Pick<
  OutboxRow,
  'id' | 'channel' | 'template' | 'status' | 'createdAt' | 'sentAt' | 'maskedTo'
>;

/** What was written to an account, newest first. @param before continue with what is older */
export async function listWritten(
  db: Queryable,
  { accountId, before, limit }: { accountId: string; before?: Date; limit: number },
): Promise<WrittenMessage[]> {
  let query = db
    .selectFrom('outbox')
    .select(['id', 'channel', 'template', 'status', 'createdAt', 'sentAt', 'maskedTo'])
    .where('accountId', '=', accountId)
    .orderBy('createdAt', 'desc')
    .orderBy('id')
    .limit(limit);
  if (before !== undefined) query = query.where('createdAt', '<', before);
  return query.execute();
}
