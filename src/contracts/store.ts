/** Every query of contracts; those of codes are in code-store.ts. */
import { sql } from 'kysely';
import type { Queryable } from '../storage/tables';
import type { Contract, HeldContract } from './contract';

/** Contracts as they are shown, for further conditions. */
function views(db: Queryable) {
  return db
    .selectFrom('contracts')
    .leftJoin('companies', 'companies.id', 'contracts.companyId')
    .selectAll('contracts')
    .select(['companies.inn', 'companies.kpp', 'companies.name as companyName']);
}

export async function findContract(db: Queryable, number: string): Promise<HeldContract | undefined> {
  return views(db).where('contracts.number', '=', number).executeTakeFirst();
}

/** Holds the contract until the transaction ends, so that of several who want it each sees what the last one did. */
export async function lockContract(trx: Queryable, number: string): Promise<Contract | undefined> {
  return trx.selectFrom('contracts').selectAll().where('number', '=', number).forUpdate().executeTakeFirst();
}

/** Those that an account holds and that have not ended, in a stable order. */
export async function listHeldContracts(db: Queryable, accountId: string): Promise<HeldContract[]> {
  return views(db)
    .where('contracts.accountId', '=', accountId)
    .where('contracts.status', '=', 'active')
    .orderBy('contracts.heldSince')
    .orderBy('contracts.number')
    .execute();
}

export interface ContractFilter {
  accountId?: string;
  companyId?: string;
  status?: Contract['status'];
  /** Continue after this number. */
  after?: string;
  limit: number;
}

/** By number. */
export async function listContracts(db: Queryable, filter: ContractFilter): Promise<HeldContract[]> {
  const { accountId, companyId, status, after, limit } = filter;
  let query = views(db).orderBy('contracts.number').limit(limit);
  if (accountId !== undefined) query = query.where('contracts.accountId', '=', accountId);
  if (companyId !== undefined) query = query.where('contracts.companyId', '=', companyId);
  if (status !== undefined) query = query.where('contracts.status', '=', status);
  if (after !== undefined) query = query.where('contracts.number', '>', after);
  return query.execute();
}

export type NewContract = Pick<Contract, 'number' | 'companyId' | 'source'>;

/** Stores contracts; of a known one only the company changes. Gives how many are new. */
export async function upsertContracts(
  db: Queryable,
  contracts: readonly NewContract[],
  at: Date,
): Promise<number> {
  if (contracts.length === 0) return 0;
  const none = { accountId: null, heldSince: null, endedAt: null, endReason: null };
  const rows = await db
    .insertInto('contracts')
    .values(contracts.map((one) => ({ ...one, ...none, status: 'active', createdAt: at, updatedAt: at })))
    .onConflict((conflict) =>
      conflict.column('number').doUpdateSet((set) => ({
        companyId: set.fn.coalesce('excluded.companyId', 'contracts.companyId'),
        updatedAt: at,
      })),
    )
    // A row that was inserted has no older version (Postgres: xmax = 0).
    .returning(sql<boolean>`xmax = 0`.as('added'))
    .execute();
  return rows.filter(({ added }) => added).length;
}

/** Gives a contract that nobody holds to an account; false when it is held or has ended. */
export async function holdContract(
  db: Queryable,
  number: string,
  accountId: string,
  at: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('contracts')
    .set({ accountId, heldSince: at, updatedAt: at })
    .where('number', '=', number)
    .where('status', '=', 'active')
    .where('accountId', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Takes a contract that stands out of its account. */
export async function releaseHeld(db: Queryable, number: string, at: Date): Promise<void> {
  await db
    .updateTable('contracts')
    .set({ accountId: null, heldSince: null, updatedAt: at })
    .where('number', '=', number)
    .where('status', '=', 'active')
    .execute();
}

/** Ends a contract; who held it stays on record. */
export async function endStanding(db: Queryable, number: string, reason: string, at: Date): Promise<void> {
  await db
    .updateTable('contracts')
    .set({ status: 'ended', endedAt: at, endReason: reason, updatedAt: at })
    .where('number', '=', number)
    .where('status', '=', 'active')
    .execute();
}
