/** Every query of registrations. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../storage/tables';
import type { Registration } from './registration';

export async function findRegistration(
  db: Queryable,
  browserHash: string,
  now: Date,
): Promise<Registration | undefined> {
  return db
    .selectFrom('registrations')
    .selectAll()
    .where('browserHash', '=', browserHash)
    .where('expiresAt', '>', now)
    .executeTakeFirst();
}

export async function findRegistrationById(db: Queryable, id: string): Promise<Registration | undefined> {
  return db.selectFrom('registrations').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function insertRegistration(
  db: Queryable,
  registration: Pick<Registration, 'path' | 'browserHash' | 'clientId' | 'locale' | 'expiresAt'>,
  at: Date,
): Promise<Registration> {
  return db
    .insertInto('registrations')
    .values({
      id: randomUUID(),
      ...registration,
      answers: null,
      codeId: null,
      codeSentAt: null,
      provedPhone: null,
      passwordHash: null,
      submittedAt: null,
      accountId: null,
      createdAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type RegistrationChange = Partial<
  Pick<
    Registration,
    | 'path'
    | 'answers'
    | 'codeId'
    | 'codeSentAt'
    | 'provedPhone'
    | 'passwordHash'
    | 'submittedAt'
    | 'accountId'
    | 'locale'
    | 'expiresAt'
    | 'emailCodeId'
    | 'emailSentAt'
    | 'humanAt'
    | 'draft'
  >
>;

/** Saves only over the version that was read; undefined when another tab or the mailed link was faster. */
export async function updateRegistration(
  db: Queryable,
  { id, version }: Pick<Registration, 'id' | 'version'>,
  change: RegistrationChange,
): Promise<Registration | undefined> {
  return db
    .updateTable('registrations')
    .set((set) => ({ ...change, version: set('version', '+', 1) }))
    .where('id', '=', id)
    .where('version', '=', version)
    .returningAll()
    .executeTakeFirst();
}

/** Binds a registration to the account made of it; false when that has happened before. */
export async function completeRegistration(db: Queryable, id: string, accountId: string): Promise<boolean> {
  const result = await db
    .updateTable('registrations')
    .set((set) => ({
      accountId,
      answers: null,
      draft: null,
      passwordHash: null,
      version: set('version', '+', 1),
    }))
    .where('id', '=', id)
    .where('accountId', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
