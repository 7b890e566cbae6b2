/**
 * Which keys of SECRET_KEY are still needed. What is sealed begins with the short name of its key, so it can be counted;
 * of the rest is known when a key was the newest, and so how long anything made with it can live.
 */
import { sql } from 'kysely';
import { addSeconds, type Clock } from '../clock';
import type { Config } from '../config';
import type { Secrets } from '../secrets';
import type { Queryable, Row } from './tables';

/** Says that the newest key of this node is the newest now; called every minute by every node. */
export async function noteNewestKey(db: Queryable, secrets: Secrets, clock: Clock): Promise<void> {
  const now = clock.now();
  await db
    .insertInto('secretKeys')
    .values({ id: secrets.keyId, newestFrom: now, newestUntil: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ newestUntil: now }))
    .execute();
}

export interface SecretKeyUse {
  /** The short name. */
  id: string;
  /** Its place in SECRET_KEY, the newest is 1; undefined: it is not there. */
  place: number | undefined;
  newestFrom: Date | undefined;
  newestUntil: Date | undefined;
  /** Until when there may be sessions and sign-ins that only this key opens; undefined: it is the newest. */
  sessionsUntil: Date | undefined;
  /** What is sealed or hashed under it: name → number, without those there are none of. */
  holds: Readonly<Record<string, number>>;
}

/** Tables with text that begins with the short name of a key and a dot. */
const SEALED = [
  ['signing keys', 'signing_keys', 'private_sealed'],
  ['grants', 'grants', 'payload'],
  ['refresh tokens', 'refresh_tokens', 'payload'],
  ['registrations', 'registrations', 'answers'],
  ['drafts', 'registrations', 'draft'],
  ['messages', 'outbox', 'sealed'],
] as const;

/** Between two notes, and a while for nodes whose clocks differ. */
const NOTE_SLACK = 5 * 60;
const DAY = 24 * 3600;

type Counts = Map<string, Record<string, number>>;

/** Every key of SECRET_KEY, newest first, then those that hold something and are not in it. */
export async function listSecretKeyUse(
  db: Queryable,
  secrets: Secrets,
  clock: Clock,
  config: Pick<Config, 'sessionLimitDays' | 'sessionLimitHours' | 'refreshTokenDays'>,
): Promise<SecretKeyUse[]> {
  const counts: Counts = new Map();
  for (const [name, table, column] of SEALED) await countSealed(db, counts, name, table, column);
  await countFiles(db, counts);
  const noted = await db.selectFrom('secretKeys').selectAll().orderBy('newestFrom').execute();
  await countCodes(db, counts, noted, clock.now());
  const life = Math.max(config.sessionLimitDays, config.sessionLimitHours / 24, config.refreshTokenDays);
  const { keyIds } = secrets;
  return [...new Set([...keyIds, ...counts.keys()])].map((id) => {
    const note = noted.find((key) => key.id === id);
    const place = keyIds.indexOf(id);
    return {
      id,
      place: place < 0 ? undefined : place + 1,
      newestFrom: note?.newestFrom,
      newestUntil: note?.newestUntil,
      sessionsUntil: note && place !== 0 ? addSeconds(note.newestUntil, life * DAY + NOTE_SLACK) : undefined,
      holds: counts.get(id) ?? {},
    };
  });
}

function add(counts: Counts, id: string, name: string, number: number): void {
  if (number > 0) counts.set(id, { ...counts.get(id), [name]: number });
}

async function countSealed(
  db: Queryable,
  counts: Counts,
  name: string,
  table: string,
  column: string,
): Promise<void> {
  const { rows } = await sql<{ id: string; count: number }>`
    select split_part(${sql.ref(column)}, '.', 1) as id, count(*)::integer as count
    from ${sql.table(table)} where ${sql.ref(column)} is not null group by 1`.execute(db);
  for (const { id, count } of rows) add(counts, id, name, count);
}

/** The name of a file begins with the short name of its key and a dash, which may hold dashes itself. */
async function countFiles(db: Queryable, counts: Counts): Promise<void> {
  const { rows } = await sql<{ id: string; count: number }>`
    select left(storage_key, 6) as id, count(*)::integer as count from power_files group by 1`.execute(db);
  for (const { id, count } of rows) add(counts, id, 'documents', count);
}

/** A hash names no key: an activation code belongs to every key that was the newest when it was issued. */
async function countCodes(
  db: Queryable,
  counts: Counts,
  noted: readonly Row<'secretKeys'>[],
  now: Date,
): Promise<void> {
  for (const [index, { id, newestFrom, newestUntil }] of noted.entries()) {
    let query = db
      .selectFrom('activationCodes')
      .select((row) => row.fn.countAll<string>().as('count'))
      .where('revokedAt', 'is', null)
      .where('expiresAt', '>', now)
      .whereRef('uses', '<', 'maxUses')
      .where('createdAt', '<=', addSeconds(newestUntil, NOTE_SLACK));
    // Whatever is older than the first note was made under the first key, too.
    if (index > 0) query = query.where('createdAt', '>=', addSeconds(newestFrom, -NOTE_SLACK));
    const { count } = await query.executeTakeFirstOrThrow();
    add(counts, id, 'activation codes', Number(count));
  }
}
