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

/** Holds an account, so that what is counted about it stays true until the transaction ends. */
export async function lockAccount(trx: Queryable, accountId: string): Promise<void> {
  await trx.selectFrom('accounts').select('id').where('id', '=', accountId).forUpdate().execute();
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

/** Applications that this contact person may decide: of their companies, and never their own. */
function decidable(db: Queryable, accountId: string) {
  const closed = operatorPaths();
  return views(db)
    .innerJoin('memberships as contact', 'contact.companyId', 'memberships.companyId')
    .innerJoin('accounts as decider', 'decider.id', 'contact.accountId')
    .where('contact.accountId', '=', accountId)
    .where('contact.status', '=', 'approved')
    .where('contact.role', '=', 'contact')
    .where('decider.status', '=', 'active')
    .where('memberships.status', '=', 'requested')
    .where('memberships.accountId', '!=', accountId)
    .$if(closed.length > 0, (query) => query.where('memberships.path', 'not in', closed));
}

/** What a contact person may show at once; the oldest wait longest. */
const MOST_SHOWN = 200;

/** Applications that wait for this contact person, oldest first. */
export async function listDecidable(db: Queryable, accountId: string): Promise<MembershipView[]> {
  return decidable(db, accountId)
    .orderBy('memberships.requestedAt')
    .orderBy('memberships.id')
    .limit(MOST_SHOWN)
    .execute();
}

/** The application of this number, if it waits for this contact person. */
export async function findDecidable(
  db: Queryable,
  accountId: string,
  number: number,
): Promise<MembershipView | undefined> {
  return decidable(db, accountId).where('memberships.number', '=', number).executeTakeFirst();
}
