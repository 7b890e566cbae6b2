/** Every query of powers of attorney and their files. */
import { sql } from 'kysely';
import type { Queryable } from '../storage/tables';
import type { Power, PowerFile, PowerOwner, PowerView } from './attorney';
import type { MchdFacts } from './contents/mchd';

const columnsOf = (owner: PowerOwner): { registrationId: string } | { membershipId: string } =>
  'registrationId' in owner ? { registrationId: owner.registrationId } : { membershipId: owner.membershipId };

function powersOf(db: Queryable, owner: PowerOwner) {
  const powers = db.selectFrom('powersOfAttorney');
  return 'registrationId' in owner
    ? powers.where('registrationId', '=', owner.registrationId)
    : powers.where('membershipId', '=', owner.membershipId);
}

/** Writes it down as nobody's yet, before a byte of it is stored: so no bytes can be left without a row. */
export async function insertPower(
  trx: Queryable,
  power: Pick<Power, 'id' | 'kind' | 'addedAt'> & { facts: MchdFacts | undefined },
  files: PowerFile[],
): Promise<void> {
  const { facts, ...rest } = power;
  await trx
    .insertInto('powersOfAttorney')
    .values({
      ...rest,
      facts: facts === undefined ? null : JSON.stringify(facts),
      state: 'attached',
      registrationId: null,
      membershipId: null,
      validUntil: null,
      decidedAt: null,
      decidedBy: null,
    })
    .execute();
  await trx.insertInto('powerFiles').values(files).execute();
}

/** Gives one that was nobody's to its owner; false when it is gone. */
export async function givePower(trx: Queryable, id: string, owner: PowerOwner): Promise<boolean> {
  const result = await trx
    .updateTable('powersOfAttorney')
    .set(columnsOf(owner))
    .where('id', '=', id)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Holds the owner until the transaction ends; `open` when something may still be attached. */
export async function lockOwner(trx: Queryable, owner: PowerOwner): Promise<'open' | 'closed'> {
  if ('registrationId' in owner) {
    const row = await trx
      .selectFrom('registrations')
      .select('accountId')
      .where('id', '=', owner.registrationId)
      .forUpdate()
      .executeTakeFirst();
    // With the account the papers go over to the application.
    return row?.accountId === null ? 'open' : 'closed';
  }
  const row = await trx
    .selectFrom('memberships')
    .select('status')
    .where('id', '=', owner.membershipId)
    .forUpdate()
    .executeTakeFirst();
  return row?.status === 'requested' || row?.status === 'approved' ? 'open' : 'closed';
}

/** How many were attached since then, whatever became of them. */
export async function countPowers(db: Queryable, owner: PowerOwner, since: Date): Promise<number> {
  const { count } = await powersOf(db, owner)
    .where('addedAt', '>', since)
    .select((set) => set.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Sets aside what waits to be decided; the number of them. */
export async function replaceAttached(trx: Queryable, owner: PowerOwner, at: Date): Promise<number> {
  const result = await trx
    .updateTable('powersOfAttorney')
    .set({ state: 'replaced', decidedAt: at })
    .where('state', '=', 'attached')
    .where('id', 'in', powersOf(trx, owner).select('id'))
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** The papers of a registration become those of the application that came of it. Call it in the same transaction. */
export async function movePowers(
  trx: Queryable,
  registrationId: string,
  membershipId: string,
): Promise<void> {
  await trx
    .updateTable('powersOfAttorney')
    .set({ membershipId, registrationId: null })
    .where('registrationId', '=', registrationId)
    .execute();
}

/** Decides about the one that waits; undefined when none does. */
export async function decideAttached(
  trx: Queryable,
  membershipId: string,
  decision: Pick<Power, 'state' | 'decidedAt' | 'decidedBy'>,
): Promise<Power | undefined> {
  return trx
    .updateTable('powersOfAttorney')
    .set(decision)
    .where('membershipId', '=', membershipId)
    .where('state', '=', 'attached')
    .returningAll()
    .executeTakeFirst();
}

export async function updateValidUntil(trx: Queryable, id: string, validUntil: Date | null): Promise<void> {
  await trx.updateTable('powersOfAttorney').set({ validUntil }).where('id', '=', id).execute();
}

/** Newest first, each with its files; replaced ones are left out. */
export async function listPowers(db: Queryable, owner: PowerOwner): Promise<PowerView[]> {
  const powers = await powersOf(db, owner)
    .selectAll()
    .where('state', '<>', 'replaced')
    .orderBy('addedAt', 'desc')
    .orderBy('id')
    .execute();
  if (powers.length === 0) return [];
  const files = await db
    .selectFrom('powerFiles')
    .selectAll()
    .where(
      'powerId',
      'in',
      powers.map(({ id }) => id),
    )
    .orderBy('position')
    .execute();
  return powers.map(({ id, kind, state, facts, addedAt, validUntil, decidedAt, decidedBy }) => ({
    ...{ id, kind, state, addedAt, validUntil, decidedAt, decidedBy },
    facts: (facts ?? undefined) as MchdFacts | undefined,
    files: files.filter(({ powerId }) => powerId === id),
  }));
}

/** A file with whose it is. */
export async function findPowerFile(
  db: Queryable,
  id: string,
): Promise<(PowerFile & Pick<Power, 'registrationId' | 'membershipId' | 'state'>) | undefined> {
  return db
    .selectFrom('powerFiles')
    .innerJoin('powersOfAttorney as power', 'power.id', 'powerFiles.powerId')
    .selectAll('powerFiles')
    .select(['power.registrationId', 'power.membershipId', 'power.state'])
    .where('powerFiles.id', '=', id)
    .executeTakeFirst();
}

/**
 * Those that are to be deleted: nobody's since `abandoned`, replaced before `replaced`, or of what ended before `ended`.
 * In no order, so that a batch of those that cannot be deleted does not stand before the others for good.
 */
export async function listSweepable(
  db: Queryable,
  before: { abandoned: Date; replaced: Date; ended: Date },
  limit: number,
): Promise<{ id: string; keys: string[] }[]> {
  // One question a reason: asked as one with "or", it would read the whole table.
  const powers = await db
    .selectFrom(
      nobodysSince(db, before.abandoned)
        .union(replacedBefore(db, before.replaced))
        .union(ofEndedBefore(db, before.ended))
        .as('sweepable'),
    )
    .select('sweepable.id')
    .orderBy(sql`random()`)
    .limit(limit)
    .execute();
  return Promise.all(powers.map(async ({ id }) => ({ id, keys: await listKeys(db, id) })));
}

function nobodysSince(db: Queryable, at: Date) {
  return db
    .selectFrom('powersOfAttorney')
    .select('id')
    .where('registrationId', 'is', null)
    .where('membershipId', 'is', null)
    .where('addedAt', '<=', at);
}

function replacedBefore(db: Queryable, at: Date) {
  return db
    .selectFrom('powersOfAttorney')
    .select('id')
    .where('state', '=', 'replaced')
    .where('decidedAt', '<=', at);
}

/** Of memberships that came to nothing, or to their end. */
function ofEndedBefore(db: Queryable, at: Date) {
  return db
    .selectFrom('powersOfAttorney')
    .innerJoin('memberships', 'memberships.id', 'powersOfAttorney.membershipId')
    .select('powersOfAttorney.id')
    .where('memberships.status', 'in', ['declined', 'expired', 'revoked'])
    .where('memberships.decidedAt', '<=', at);
}

export async function listKeys(db: Queryable, powerId: string): Promise<string[]> {
  const files = await db
    .selectFrom('powerFiles')
    .select('storageKey')
    .where('powerId', '=', powerId)
    .execute();
  return files.map(({ storageKey }) => storageKey);
}

/** Its files go with it. */
export async function deletePower(db: Queryable, id: string): Promise<void> {
  await db.deleteFrom('powersOfAttorney').where('id', '=', id).execute();
}

/** The least text that is greater than all that begin with `prefix`. */
const behindPrefix = (prefix: string): string =>
  prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

/** Files whose bytes lie under another prefix than this, which is not empty. */
export async function listUnderOtherPrefix(
  db: Queryable,
  prefix: string,
  limit: number,
): Promise<PowerFile[]> {
  return (
    db
      .selectFrom('powerFiles')
      .selectAll()
      // Before and behind all that begin so: with "not like" every file would be looked at.
      .where(
        sql<boolean>`(storage_key collate "C" < ${prefix} or storage_key collate "C" >= ${behindPrefix(prefix)})`,
      )
      .limit(limit)
      .execute()
  );
}

/** Its bytes lie elsewhere now; false when somebody else has moved them since it was read. */
export async function moveFile(
  db: Queryable,
  { id, storageKey: before }: Pick<PowerFile, 'id' | 'storageKey'>,
  storageKey: string,
): Promise<boolean> {
  const result = await db
    .updateTable('powerFiles')
    .set({ storageKey })
    .where('id', '=', id)
    .where('storageKey', '=', before)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Of these applications, those with one that waits to be decided. */
export async function listWithAttached(
  db: Queryable,
  membershipIds: readonly string[],
): Promise<Set<string>> {
  if (membershipIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('powersOfAttorney')
    .select('membershipId')
    .distinct()
    .where('membershipId', 'in', membershipIds)
    .where('state', '=', 'attached')
    .execute();
  return new Set(rows.flatMap(({ membershipId }) => membershipId ?? []));
}
