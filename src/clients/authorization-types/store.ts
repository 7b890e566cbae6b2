/** Every query of the types of authorization details. */
import { announce } from '../../storage/changes';
import type { Queryable, Row } from '../../storage/tables';
import { detailsDefinition, type DetailsDefinition } from './authorization-type';

export interface AuthorizationType {
  resourceUri: string;
  definition: DetailsDefinition;
  createdAt: Date;
}

const readRow = ({ resourceUri, definition, createdAt }: Row<'authorizationTypes'>): AuthorizationType => ({
  resourceUri,
  definition: detailsDefinition.parse(definition),
  createdAt,
});

/** All of them by name: an installation has a handful. */
export async function listAuthorizationTypes(db: Queryable): Promise<AuthorizationType[]> {
  const rows = await db.selectFrom('authorizationTypes').selectAll().orderBy('type').execute();
  return rows.map(readRow);
}

export async function findAuthorizationType(
  db: Queryable,
  type: string,
): Promise<AuthorizationType | undefined> {
  if (!detailsDefinition.shape.type.safeParse(type).success) return undefined;
  const row = await db
    .selectFrom('authorizationTypes')
    .selectAll()
    .where('type', '=', type)
    .executeTakeFirst();
  return row && readRow(row);
}

/** False when the name is taken. */
export async function insertAuthorizationType(
  db: Queryable,
  { resourceUri, definition, createdAt }: AuthorizationType,
): Promise<boolean> {
  const row = { type: definition.type, resourceUri, definition: JSON.stringify(definition), createdAt };
  const inserted = await db
    .insertInto('authorizationTypes')
    .values(row)
    .onConflict((conflict) => conflict.column('type').doNothing())
    .executeTakeFirst();
  await announce(db, 'resources');
  return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** From then on nothing of this type is granted, and no token holds it. */
export async function deleteAuthorizationType(db: Queryable, type: string): Promise<boolean> {
  const result = await db.deleteFrom('authorizationTypes').where('type', '=', type).executeTakeFirst();
  await announce(db, 'resources');
  return result.numDeletedRows > 0n;
}
