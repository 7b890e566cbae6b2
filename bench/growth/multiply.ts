/**
 * Makes many sign-ins of few: the rows that real ones have left are written again and again, each copy with ids of its
 * own, for other people, and so much earlier. What refers to what stays so within a copy.
 */
import type { Client } from 'pg';

export interface Multiplication {
  /** How many copies there will be, the original among them. */
  copies: number;
  days: number;
  accounts: number;
  /** So many of the newest copies are not in the chain of the audit yet. */
  unlinked: number;
}

/** Tables that grow by a sign-in, and what tells its rows from others. */
export const GROWING: Record<string, string> = {
  account_sessions: 'true',
  grants: 'true',
  refresh_tokens: 'true',
  audit: `subject like 'account:%' and event = 'sign_in_succeeded'`,
};

/** `c` is the copy. Where ids have to look alike, so do their copies. */
const another = (value: string) => `left(md5(${value} || c) || md5(c || ${value}::text), length(${value}))`;
const anotherAccount = (id: string, accounts: number) =>
  `md5('account ' || 1 + abs(hashtext(${id}::text || c)) % ${accounts})::uuid`;

interface Column {
  name: string;
  type: string;
}

function copied(table: string, { name, type }: Column, plan: Multiplication): string {
  const { accounts, days, copies, unlinked } = plan;
  if (table === 'audit' && (name === 'actor' || name === 'subject'))
    return `'account:' || ${anotherAccount(`substr(${name}, 9)`, accounts)}`;
  // Places nobody could verify: only their size counts. The newest are left to the product.
  if (table === 'audit' && name === 'seq') return `case when c > ${unlinked} then nextval('places') end`;
  if (table === 'audit' && name === 'hash')
    return `case when c > ${unlinked} then left(md5(request_id || c) || md5(c || request_id), length(hash)) end`;
  if (name === 'account_id') return anotherAccount(name, accounts);
  if (type === 'uuid') return `md5(${name}::text || c)::uuid`;
  if (['id', 'uid', 'session_uid', 'grant_id', 'request_id'].includes(name)) return another(name);
  if (type === 'timestamp with time zone')
    return `${name} - c * interval '${(days * 86_400) / copies} seconds'`;
  return name;
}

/** Copies of one statement. */
const BATCH = 20;

/** Writes the copies of one table. The connection must not check foreign keys. */
export async function multiply(client: Client, table: string, plan: Multiplication): Promise<void> {
  const { rows: columns } = await client.query<Column>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_schema = 'public' and table_name = $1 and is_identity = 'NO' order by ordinal_position`,
    [table],
  );
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map((column) => copied(table, column, plan)).join(', ');
  await client.query(
    `create temporary table originals_${table} as select * from ${table} where ${GROWING[table] ?? 'true'}`,
  );
  // The oldest first, as they would have come.
  for (let last = plan.copies - 1; last > 0; last -= BATCH) {
    await client.query(
      `insert into ${table} (${names}) select ${values}
       from generate_series(${last}, ${Math.max(1, last - BATCH + 1)}, -1) c, originals_${table}`,
    );
  }
}

/** A message to one person in five who signs in, and a link or code to one in ten; rows as the product leaves them. */
export async function addMessages(
  client: Client,
  { days, accounts }: Multiplication,
  signIns: number,
): Promise<void> {
  const somebody = `md5('account ' || 1 + n % ${accounts})::uuid`;
  const at = (total: number) => `now() - n * interval '${(days * 86_400) / total} seconds'`;
  const [messages, links] = [Math.floor(signIns / 5), Math.floor(signIns / 10)];
  await client.query(`
    insert into outbox (id, channel, template, locale, sealed, status, attempts, next_attempt_at, created_at, sent_at,
      account_id, masked_to)
    select md5('message ' || n)::uuid, 'email', 'sign_in_new', 'ru', null, 'sent', 1, at, at, at, ${somebody}, 'r…@example.com'
    from generate_series(${messages}, 1, -1) n, lateral (select ${at(messages)} as at) times`);
  await client.query(`
    insert into single_use_tokens (id, purpose, hash, account_id, payload, attempts_left, expires_at, consumed_at, created_at)
    select md5('link ' || n)::uuid, 'email', left(md5('hash ' || n) || md5('more ' || n), 43), ${somebody}, '{}', 1,
      at + interval '3 days', at, at
    from generate_series(${links}, 1, -1) n, lateral (select ${at(links)} as at) times`);
}

/** Call it before and after copying the audit. */
export async function openPlaces(client: Client): Promise<void> {
  await client.query('create temporary sequence places');
  await client.query(`select setval('places', greatest(1, (select max(seq) from audit)))`);
}

export async function closePlaces(client: Client): Promise<void> {
  await client.query(`update audit_head set seq = (select max(seq) from audit), hash = 'bench'`);
}
