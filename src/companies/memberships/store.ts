/** Queries of companies and memberships; those of applications that wait are in queue.ts. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Queryable } from '../../storage/tables';
import type { CompanyUnit } from '../identifiers';
import {
  TOLD_STATUSES,
  type Company,
  type Membership,
  type MembershipRole,
  type MembershipStatus,
  type MembershipView,
} from './membership';
import { ADDED, approvalPolicy } from './policy';

export type CompanyNaming = Pick<Company, 'name' | 'nameSource' | 'ogrn'>;

export async function findCompanyByUnit(db: Queryable, unit: CompanyUnit): Promise<Company | undefined> {
  return db
    .selectFrom('companies')
    .selectAll()
    .where('inn', '=', unit.inn)
    .where(sql<boolean>`coalesce(kpp, '') = ${unit.kpp ?? ''}`)
    .executeTakeFirst();
}

/**
 * The company of this unit, made where there is none; of two that make it at once both get the same one. A known one
 * keeps its name, but for one that a person typed: whoever came first must not name a company for those after them.
 */
export async function ensureCompany(
  db: Queryable,
  unit: CompanyUnit,
  given: CompanyNaming,
  at: Date,
): Promise<Company> {
  // Typed by anybody, read by everybody: on pages, in mails, in claims. U+0000 Postgres would not even keep.
  const naming = { ...given, name: given.name.replace(/[\p{C}\u2028\u2029]/gu, '') };
  await db
    .insertInto('companies')
    .values({ id: randomUUID(), ...unit, ...naming, createdAt: at, updatedAt: at })
    .onConflict((conflict) => conflict.expression(sql`inn, coalesce(kpp, '')`).doNothing())
    .execute();
  const company = await findCompanyByUnit(db, unit);
  if (!company) throw new Error('the company that was just ensured is missing');
  return (await improveName(db, company, naming, at)) ?? company;
}

/** Undefined when there is nothing to improve, or somebody was faster. */
async function improveName(
  db: Queryable,
  { id, nameSource, ogrn }: Company,
  naming: CompanyNaming,
  at: Date,
): Promise<Company | undefined> {
  if (nameSource !== 'person' || naming.nameSource === 'person') return undefined;
  return db
    .updateTable('companies')
    .set({ ...naming, ogrn: naming.ogrn ?? ogrn, updatedAt: at })
    .where('id', '=', id)
    .where('nameSource', '=', 'person')
    .returningAll()
    .executeTakeFirst();
}

export interface NewMembership {
  accountId: string;
  companyId: string;
  status: MembershipStatus;
  role: MembershipRole;
  canAct: boolean;
  decidedBy: string | null;
  /** Absent: added to an account that was there. */
  path?: string;
  clientId?: string | null;
  answer?: string | null;
  expiresAt?: Date;
  remindAt?: Date | null;
  canActUntil?: Date | null;
}

/** Undefined when the person stands in this company already. */
export async function insertMembership(
  db: Queryable,
  membership: NewMembership,
  at: Date,
): Promise<Membership | undefined> {
  return db
    .insertInto('memberships')
    .values({
      id: randomUUID(),
      path: ADDED,
      ...membership,
      reason: null,
      requestedAt: at,
      decidedAt: membership.decidedBy === null ? null : at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['accountId', 'companyId'])
        .where('status', 'in', ['requested', 'approved', 'suspended'])
        .doNothing(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** Moves a membership that is in one of the states `from`; undefined when it is in none of them. */
export async function moveMembership(
  db: Queryable,
  id: string,
  from: readonly MembershipStatus[],
  change: { status: MembershipStatus; reason: string | null; decidedBy: string },
  at: Date,
): Promise<Membership | undefined> {
  return db
    .updateTable('memberships')
    .set((set) => ({
      ...change,
      ...{ question: null, expiresAt: null, remindAt: null },
      decidedAt: at,
      version: set('version', '+', 1),
    }))
    .where('id', '=', id)
    .where('status', 'in', from)
    .returningAll()
    .executeTakeFirst();
}

/** Gives an approved member another role; false when there is none who lacks it. */
export async function updateRole(db: Queryable, id: string, role: MembershipRole): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('memberships')
    .set((set) => ({ role, version: set('version', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'approved')
    .where('role', '!=', role)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Changes what an approved member may do; undefined when there is none. */
export async function updateRights(
  db: Queryable,
  id: string,
  rights: Pick<Membership, 'canAct' | 'canActUntil'>,
): Promise<Membership | undefined> {
  return db
    .updateTable('memberships')
    .set((set) => ({ ...rights, version: set('version', '+', 1) }))
    .where('id', '=', id)
    .where('status', '=', 'approved')
    .returningAll()
    .executeTakeFirst();
}

/** Memberships as they are shown, for further conditions. */
export function views(db: Queryable) {
  return db
    .selectFrom('memberships')
    .innerJoin('companies', 'companies.id', 'memberships.companyId')
    .innerJoin('accounts', 'accounts.id', 'memberships.accountId')
    .leftJoin('identifiers as mail', (join) =>
      join.onRef('mail.accountId', '=', 'accounts.id').on('mail.kind', '=', 'email'),
    )
    .selectAll('memberships')
    .select(['companies.inn', 'companies.kpp', 'companies.ogrn', 'companies.name as companyName'])
    .select(['companies.nameSource', 'accounts.locale'])
    .select(['accounts.familyName', 'accounts.givenName', 'accounts.middleName', 'mail.value as email']);
}

export async function findMembership(db: Queryable, id: string): Promise<MembershipView | undefined> {
  return views(db).where('memberships.id', '=', id).executeTakeFirst();
}

/** The application of this number, whatever became of it. */
export async function findMembershipByNumber(
  db: Queryable,
  number: number,
): Promise<MembershipView | undefined> {
  return views(db).where('memberships.number', '=', number).executeTakeFirst();
}

/**
 * True for a person who asked to be let into a company, and whom no company lets in: the application waits, came to
 * nothing, or what came of it rests or was ended. Whoever asked for nothing, or only added companies to an account that
 * holds without one, is not kept.
 * @param admitWaiting also an application that waits is enough to get in
 */
export async function isKeptWaiting(
  db: Queryable,
  accountId: string,
  admitWaiting = false,
): Promise<boolean> {
  const rows = await db
    .selectFrom('memberships')
    .select(['status', 'path'])
    .distinct()
    .where('accountId', '=', accountId)
    .execute();
  return keepsWaiting(rows, admitWaiting);
}

/** The same of memberships that are known. */
export function keepsWaiting(
  memberships: readonly Pick<Membership, 'status' | 'path'>[],
  admitWaiting: boolean,
): boolean {
  const enough: readonly MembershipStatus[] = admitWaiting ? ['approved', 'requested'] : ['approved'];
  const tied = memberships.some(({ path }) => approvalPolicy(path).admission);
  return tied && !memberships.some(({ status }) => enough.includes(status));
}

export type Decision = Pick<Membership, 'reason' | 'decidedBy'> &
  (
    | ({ status: 'approved' } & Pick<Membership, 'role' | 'canAct' | 'canActUntil' | 'companyId'>)
    | ({ status: 'declined' } & Pick<Membership, 'reasonCode'>)
    | { status: 'expired' }
  );

/** Ends the waiting of an application that is as the reviewer saw it; undefined otherwise. */
export async function decideApplication(
  db: Queryable,
  { number, version }: Pick<Membership, 'number' | 'version'>,
  decision: Decision,
  at: Date,
): Promise<Membership | undefined> {
  const over = { question: null, expiresAt: null, remindAt: null };
  return db
    .updateTable('memberships')
    .set((set) => ({ ...decision, ...over, decidedAt: at, version: set('version', '+', 1) }))
    .where('number', '=', number)
    .where('version', '=', version)
    .where('status', '=', 'requested')
    .returningAll()
    .executeTakeFirst();
}

/** Gives a company the name that an operator found right. */
export async function renameCompany(db: Queryable, id: string, name: string, at: Date): Promise<void> {
  await db
    .updateTable('companies')
    .set({ name, nameSource: 'operator', updatedAt: at })
    .where('id', '=', id)
    .execute();
}

/** What a relying party is told of a person's companies, in a stable order. */
export async function listToldMemberships(db: Queryable, accountId: string): Promise<MembershipView[]> {
  return views(db)
    .where('memberships.accountId', '=', accountId)
    .where('memberships.status', 'in', TOLD_STATUSES)
    .orderBy('memberships.requestedAt')
    .orderBy('memberships.id')
    .execute();
}

export interface MembershipFilter {
  accountId?: string;
  /** One unit; without КПП in it a sole proprietor. */
  unit?: CompanyUnit;
  /** Every unit of a company. */
  inn?: string;
  role?: MembershipRole;
  status?: MembershipStatus;
  /** Asked for before this moment. */
  before?: Date;
  /** Only those that were asked something. */
  asked?: boolean;
  /** Continue after this one. */
  after?: Membership;
  limit: number;
}

/** Oldest first. */
export async function listMemberships(db: Queryable, filter: MembershipFilter): Promise<MembershipView[]> {
  let query = views(db).orderBy('memberships.requestedAt').orderBy('memberships.id').limit(filter.limit);
  const { accountId, unit, status, after } = filter;
  if (accountId !== undefined) query = query.where('memberships.accountId', '=', accountId);
  if (status !== undefined) query = query.where('memberships.status', '=', status);
  if (filter.role !== undefined) query = query.where('memberships.role', '=', filter.role);
  if (filter.inn !== undefined) query = query.where('companies.inn', '=', filter.inn);
  if (filter.before !== undefined) query = query.where('memberships.requestedAt', '<', filter.before);
  if (filter.asked) query = query.where('memberships.question', 'is not', null);
  if (unit !== undefined) {
    query = query
      .where('companies.inn', '=', unit.inn)
      .where(sql<boolean>`coalesce(companies.kpp, '') = ${unit.kpp ?? ''}`);
  }
  if (after !== undefined) {
    query = query.where(
      sql<boolean>`(memberships.requested_at, memberships.id) > (${after.requestedAt}, ${after.id})`,
    );
  }
  return query.execute();
}
