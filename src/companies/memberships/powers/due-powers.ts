/** Members whose power of attorney came after the approval and waits: nothing else in their membership does. */
import { sql } from 'kysely';
import type { Queryable } from '../../../storage/tables';
import type { MembershipView } from '../membership';
import { operatorPaths } from '../policy';
import { views } from '../store';

const waits = sql<boolean>`exists (
  select from powers_of_attorney power where power.membership_id = memberships.id and power.state = 'attached')`;

const due = (db: Queryable) => views(db).where('memberships.status', '=', 'approved').where(waits);

/** How many of them there are. */
export async function countPowersDue(db: Queryable): Promise<number> {
  const { count } = await db
    .selectFrom('memberships')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('status', '=', 'approved')
    .where(waits)
    .executeTakeFirstOrThrow();
  return count;
}

const MOST_SHOWN = 50;

/** Those of the companies that this person is a contact person of, never their own; oldest member first. */
export async function listPowersDueFor(db: Queryable, accountId: string): Promise<MembershipView[]> {
  const companies = db
    .selectFrom('memberships as contact')
    .select('contact.companyId')
    .where('contact.accountId', '=', accountId)
    .where('contact.status', '=', 'approved')
    .where('contact.role', '=', 'contact');
  const closed = operatorPaths();
  return due(db)
    .where('memberships.companyId', 'in', companies)
    .where('memberships.accountId', '!=', accountId)
    .$if(closed.length > 0, (query) => query.where('memberships.path', 'not in', closed))
    .orderBy('memberships.number')
    .limit(MOST_SHOWN)
    .execute();
}

export interface DuePage {
  /** Continue after the membership of this number. */
  after?: number;
  limit: number;
}

/** All of them, by number. */
export async function listPowersDue(db: Queryable, { after = 0, limit }: DuePage): Promise<MembershipView[]> {
  return due(db).where('memberships.number', '>', after).orderBy('memberships.number').limit(limit).execute();
}
