/** Every query of activation codes. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../storage/tables';
import type { ActivationCode } from './codes';

/** A code with what it is for. */
export interface CodeView extends ActivationCode {
  inn: string | null;
  kpp: string | null;
  companyName: string | null;
}

export type NewActivationCode = Omit<ActivationCode, 'id' | 'uses' | 'revokedAt' | 'revokedBy'>;

export async function insertCode(db: Queryable, code: NewActivationCode): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('activationCodes')
    .values({ id, ...code, revokedAt: null, revokedBy: null })
    .execute();
  return id;
}

/** The code that was kept as one of these; held until the transaction ends. */
export async function lockCode(
  trx: Queryable,
  hashes: readonly string[],
): Promise<ActivationCode | undefined> {
  return trx
    .selectFrom('activationCodes')
    .selectAll()
    .where('hash', 'in', hashes)
    .forUpdate()
    .executeTakeFirst();
}

/** Spends one use of a code that is locked and live. */
export async function spendUse(trx: Queryable, codeId: string, accountId: string, at: Date): Promise<void> {
  await trx
    .updateTable('activationCodes')
    .set((set) => ({ uses: set('uses', '+', 1) }))
    .where('id', '=', codeId)
    .execute();
  await trx
    .insertInto('activationUses')
    .values({ codeId, accountId, at })
    .onConflict((conflict) => conflict.columns(['codeId', 'accountId']).doUpdateSet({ at }))
    .execute();
}

/** Revokes a code that still opens something; undefined when it does not. */
export async function revokeLive(
  db: Queryable,
  id: string,
  actor: string,
  at: Date,
): Promise<ActivationCode | undefined> {
  return db
    .updateTable('activationCodes')
    .set({ revokedAt: at, revokedBy: actor })
    .where('id', '=', id)
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', at)
    .whereRef('uses', '<', 'maxUses')
    .returningAll()
    .executeTakeFirst();
}

/** Revokes what opens a contract that has ended. Gives their ids. */
export async function revokeOfContract(
  db: Queryable,
  number: string,
  actor: string,
  at: Date,
): Promise<string[]> {
  const rows = await db
    .updateTable('activationCodes')
    .set({ revokedAt: at, revokedBy: actor })
    .where('contractNumber', '=', number)
    .where('revokedAt', 'is', null)
    .whereRef('uses', '<', 'maxUses')
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

export interface CodeFilter {
  companyId?: string;
  contractNumber?: string;
  /** Only those that still open something then. */
  liveAt?: Date;
  /** Continue after the code of this id. */
  after?: string;
  limit: number;
}

export async function findCode(db: Queryable, id: string): Promise<CodeView | undefined> {
  return views(db).where('activationCodes.id', '=', id).executeTakeFirst();
}

function views(db: Queryable) {
  return db
    .selectFrom('activationCodes')
    .leftJoin('companies', 'companies.id', 'activationCodes.companyId')
    .selectAll('activationCodes')
    .select(['companies.inn', 'companies.kpp', 'companies.name as companyName']);
}

/** By id. */
export async function listCodes(db: Queryable, filter: CodeFilter): Promise<CodeView[]> {
  const { companyId, contractNumber, liveAt, after, limit } = filter;
  let query = views(db).orderBy('activationCodes.id').limit(limit);
  if (companyId !== undefined) query = query.where('activationCodes.companyId', '=', companyId);
  if (contractNumber !== undefined) query = query.where('contractNumber', '=', contractNumber);
  if (after !== undefined) query = query.where('activationCodes.id', '>', after);
  if (liveAt !== undefined) {
    query = query
      .where('revokedAt', 'is', null)
      .where('expiresAt', '>', liveAt)
      .whereRef('uses', '<', 'maxUses');
  }
  return query.execute();
}
