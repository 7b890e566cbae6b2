/** Every query of the APIs that tokens are issued for. */
import { announce } from '../storage/changes';
import type { Queryable } from '../storage/tables';
import { resourceInput, type Resource, type ResourceInput } from './resource';

export async function findResource(db: Queryable, uri: string): Promise<Resource | undefined> {
  // What registration would not accept is no API; Postgres would choke on some of it (U+0000).
  if (!resourceInput.shape.uri.safeParse(uri).success) return undefined;
  return db.selectFrom('resources').selectAll().where('uri', '=', uri).executeTakeFirst();
}

export async function listResources(
  db: Queryable,
  page: { after?: string; limit: number },
): Promise<Resource[]> {
  let query = db.selectFrom('resources').selectAll().orderBy('uri').limit(page.limit);
  if (page.after !== undefined) query = query.where('uri', '>', page.after);
  return query.execute();
}

/** False when the URI is taken. */
export async function insertResource(db: Queryable, input: ResourceInput, at: Date): Promise<boolean> {
  const inserted = await db
    .insertInto('resources')
    .values({ ...input, createdAt: at })
    .onConflict((conflict) => conflict.column('uri').doNothing())
    .executeTakeFirst();
  await announce(db, 'resources');
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** False when there is none of this URI. The URI itself stays: it is the audience of tokens that are out. */
export async function updateResource(
  db: Queryable,
  uri: string,
  change: Partial<Omit<ResourceInput, 'uri'>>,
): Promise<boolean> {
  const result = await db.updateTable('resources').set(change).where('uri', '=', uri).executeTakeFirst();
  await announce(db, 'resources');
  return result.numUpdatedRows > 0n;
}

/** From then on no token is issued for it; those that are out live their ten minutes. */
export async function deleteResource(db: Queryable, uri: string): Promise<boolean> {
  const result = await db.deleteFrom('resources').where('uri', '=', uri).executeTakeFirst();
  await announce(db, 'resources');
  return result.numDeletedRows > 0n;
}
