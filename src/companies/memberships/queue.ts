/** Queries of applications that wait: who may decide them, what was asked, what is due. */
import { sql } from 'kysely';
import type { Queryable } from '../../storage/tables';
import type { Membership, MembershipView } from './membership';
import { operatorPaths } from './policy';
import { views } from './store';

/** The application of this number, held until the transaction ends. */
export async function lockApplication(trx: Queryable, number: number): Promise<MembershipView | undefined> {
  return views(trx).where('memberships.number', '=', number).forUpdate('memberships').executeTakeFirst();
}

/** The same by its id. */
export async function lockMembership(trx: Queryable, id: string): Promise<MembershipView | undefined> {
  return views(trx).where('memberships.id', '=', id).forUpdate('memberships').executeTakeFirst();
}

/**
 * Holds an account, so that what is counted about it stays true until the transaction ends. Rows that only refer to the
 * account are not kept waiting: whoever writes one and is waited for by the holder would lock up with it.
 */
export async function lockAccount(trx: Queryable, accountId: string): Promise<void> {
  await trx.selectFrom('accounts').select('id').where('id', '=', accountId).forNoKeyUpdate().execute();
}

/** How often a person has asked to be let in: ever, since a moment, and how many of these wait. */
export async function countRequests(
  db: Queryable,
  accountId: string,
  since: Date,
): Promise<{ all: number; recent: number; waiting: number }> {
  return db
    .selectFrom('memberships')
    .select([
      sql<number>`count(*)::int`.as('all'),
      sql<number>`(count(*) filter (where requested_at > ${since}))::int`.as('recent'),
      sql<number>`(count(*) filter (where status = 'requested'))::int`.as('waiting'),
    ])
    .where('accountId', '=', accountId)
    .executeTakeFirstOrThrow();
}

export async function findNewestMembership(
  db: Queryable,
  accountId: string,
): Promise<Membership | undefined> {
  return db
    .selectFrom('memberships')
    .selectAll()
    .where('accountId', '=', accountId)
    .orderBy('requestedAt', 'desc')
    .orderBy('number', 'desc')
    .executeTakeFirst();
}

/** Memberships by which somebody is a contact person now. */
function contacts(db: Queryable) {
  return db
    .selectFrom('memberships as contact')
    .innerJoin('accounts', 'accounts.id', 'contact.accountId')
    .where('contact.status', '=', 'approved')
    .where('contact.role', '=', 'contact')
    .where('accounts.status', '=', 'active');
}

export interface Contact {
  accountId: string;
  email: string | null;
  givenName: string;
  middleName: string | null;
  locale: string;
}

/** The contact persons of these companies, each once. */
export async function listContacts(db: Queryable, companyIds: readonly string[]): Promise<Contact[]> {
  if (companyIds.length === 0) return [];
  return contacts(db)
    .leftJoin('identifiers as mail', (join) =>
      join
        .onRef('mail.accountId', '=', 'contact.accountId')
        .on('mail.kind', '=', 'email')
        .on('mail.provedAt', 'is not', null),
    )
    .select(['contact.accountId', 'mail.value as email'])
    .select(['accounts.givenName', 'accounts.middleName', 'accounts.locale'])
    .distinct()
    .where('contact.companyId', 'in', companyIds)
    .execute();
}

/** True for a contact person of the company, who then stays one until the transaction ends. */
export async function holdContact(trx: Queryable, accountId: string, companyId: string): Promise<boolean> {
  const held = await contacts(trx)
    .select('contact.id')
    .where('contact.accountId', '=', accountId)
    .where('contact.companyId', '=', companyId)
    .forShare('contact')
    .executeTakeFirst();
  return held !== undefined;
}

/**
 * Holds what these people are, were or want to be in a company until the transaction ends: always in the same order, so
 * that whoever decides about the other, and at the same moment is decided about, waits and does not lock up.
 */
export async function holdTogether(
  trx: Queryable,
  companyId: string,
  accountIds: readonly string[],
): Promise<void> {
  await trx
    .selectFrom('memberships')
    .select('id')
    .where('companyId', '=', companyId)
    .where('accountId', 'in', accountIds)
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** Notes a yes to one version of an application; gives how many different people have said it. */
export async function insertVote(
  trx: Queryable,
  { id, version }: Pick<Membership, 'id' | 'version'>,
  decider: string,
  at: Date,
): Promise<number> {
  await trx
    .insertInto('membershipVotes')
    .values({ membershipId: id, version, decider, at })
    .onConflict((conflict) => conflict.columns(['membershipId', 'version', 'decider']).doNothing())
    .execute();
  const { votes } = await trx
    .selectFrom('membershipVotes')
    .select(sql<number>`count(*)::int`.as('votes'))
    .where('membershipId', '=', id)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  return votes;
}

export type WaitingChange = Partial<
  Pick<Membership, 'question' | 'answer' | 'expiresAt' | 'remindAt' | 'companyId'>
>;

/** Changes an application that waits; whoever looked at it before has to look anew. Undefined when none waits. */
export async function changeWaiting(
  trx: Queryable,
  id: string,
  change: WaitingChange,
): Promise<Membership | undefined> {
  return trx
    .updateTable('memberships')
    .set((set) => ({ ...change, version: set('version', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'requested')
    .returningAll()
    .executeTakeFirst();
}

/** Applications that contact persons may decide: of their companies, and never their own; `contact` is who decides. */
function decidable(db: Queryable) {
  const closed = operatorPaths();
  return db
    .selectFrom('memberships')
    .innerJoin('memberships as contact', 'contact.companyId', 'memberships.companyId')
    .innerJoin('accounts as decider', 'decider.id', 'contact.accountId')
    .where('contact.status', '=', 'approved')
    .where('contact.role', '=', 'contact')
    .where('decider.status', '=', 'active')
    .where('memberships.status', '=', 'requested')
    .whereRef('memberships.accountId', '!=', 'contact.accountId')
    .$if(closed.length > 0, (query) => query.where('memberships.path', 'not in', closed));
}

/** What a contact person may show at once; the oldest wait longest. */
const MOST_SHOWN = 200;

/** Applications that wait for this contact person, oldest first. */
export async function listDecidable(db: Queryable, accountId: string): Promise<MembershipView[]> {
  return views(db)
    .where(
      'memberships.id',
      'in',
      decidable(db).select('memberships.id').where('contact.accountId', '=', accountId),
    )
    .orderBy('memberships.requestedAt')
    .orderBy('memberships.number')
    .limit(MOST_SHOWN)
    .execute();
}

/** The application of this number, if it waits for this contact person. */
export async function findDecidable(
  db: Queryable,
  accountId: string,
  number: number,
): Promise<MembershipView | undefined> {
  return views(db)
    .where('memberships.number', '=', number)
    .where(
      'memberships.id',
      'in',
      decidable(db).select('memberships.id').where('contact.accountId', '=', accountId),
    )
    .executeTakeFirst();
}

/** How many applications wait for each of these contact persons, without those that wait for an answer. */
export async function countDecidable(
  db: Queryable,
  accountIds: readonly string[],
): Promise<Map<string, number>> {
  if (accountIds.length === 0) return new Map();
  const rows = await decidable(db)
    .select(['contact.accountId', sql<number>`count(distinct memberships.id)::int`.as('waiting')])
    .where('contact.accountId', 'in', accountIds)
    .where('memberships.question', 'is', null)
    .groupBy('contact.accountId')
    .execute();
  return new Map(rows.map(({ accountId, waiting }) => [accountId, waiting]));
}

/** Any fixed number will do, as long as nothing else in this database locks it. */
const REMINDER_LOCK = 7_246_018_534;

/** True for the one transaction that may remind now; the lock ends with it. */
export async function lockReminders(trx: Queryable): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(${REMINDER_LOCK}) as locked`.execute(trx);
  return rows[0]?.locked === true;
}

/** Applications whose time has come, the longest due first, held until the transaction ends; others' are passed over. */
export async function lockDue(
  trx: Queryable,
  column: 'expiresAt' | 'remindAt',
  now: Date,
  limit: number,
): Promise<MembershipView[]> {
  return views(trx)
    .where('memberships.status', '=', 'requested')
    .where(`memberships.${column}`, '<=', now)
    .orderBy(`memberships.${column}`)
    .limit(limit)
    .forUpdate('memberships')
    .skipLocked()
    .execute();
}

/** Notes when contact persons are reminded next. What a reviewer looked at has not changed by that. */
export async function updateReminders(
  trx: Queryable,
  next: readonly Pick<Membership, 'id' | 'remindAt'>[],
): Promise<void> {
  const ids = next.map(({ id }) => id);
  const times = next.map(({ remindAt }) => remindAt);
  await sql`
    update memberships set remind_at = due.at
    from unnest(${ids}::uuid[], ${times}::timestamptz[]) as due (id, at)
    where memberships.id = due.id`.execute(trx);
}
