/** Every query of relying parties. */
import { announce } from '../storage/changes';
import type { Queryable } from '../storage/tables';
import { clientId, type Client, type ClientInput } from './client';

export async function findClient(db: Queryable, id: string): Promise<Client | undefined> {
  // What registration would not accept is nobody; Postgres would choke on some of it (U+0000).
  if (!clientId.safeParse(id).success) return undefined;
  return db.selectFrom('clients').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function listClients(db: Queryable, page: { after?: string; limit: number }): Promise<Client[]> {
  let query = db.selectFrom('clients').selectAll().orderBy('id').limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  return query.execute();
}

export interface ClientRow {
  input: ClientInput;
  secretHash: string | null;
  pkceExempt: boolean;
  /** Of one that registered itself: by which token, and the fingerprint of the one that manages it. */
  registrationTokenId?: string;
  managementHash?: string;
}

/** False when the id is taken. */
export async function insertClient(db: Queryable, row: ClientRow, at: Date): Promise<boolean> {
  const { client_id: id, client_name: name, ...metadata } = row.input;
  const inserted = await db
    .insertInto('clients')
    .values({
      id,
      name,
      metadata: JSON.stringify(metadata),
      secretHash: row.secretHash,
      pkceExempt: row.pkceExempt,
      registrationTokenId: row.registrationTokenId ?? null,
      managementHash: row.managementHash ?? null,
      logo: null,
      logoType: null,
      createdAt: at,
      updatedAt: at,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  await announce(db, 'clients');
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export interface ClientChange {
  name?: string;
  metadata?: Record<string, unknown>;
  secretHash?: string | null;
  pkceExempt?: boolean;
  logo?: Buffer | null;
  logoType?: string | null;
}

export async function updateClient(
  db: Queryable,
  id: string,
  change: ClientChange,
  at: Date,
): Promise<boolean> {
  const { metadata, ...columns } = change;
  const result = await db
    .updateTable('clients')
    .set({ ...columns, ...(metadata ? { metadata: JSON.stringify(metadata) } : {}), updatedAt: at })
    .where('id', '=', id)
    .executeTakeFirst();
  await announce(db, 'clients');
  return result.numUpdatedRows > 0n;
}

/** Removes a relying party with its grants and refresh tokens. */
export async function deleteClient(db: Queryable, id: string): Promise<boolean> {
  const result = await db.deleteFrom('clients').where('id', '=', id).executeTakeFirst();
  await announce(db, 'clients');
  return result.numDeletedRows > 0n;
}
