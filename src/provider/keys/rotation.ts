/**
 * When signing keys move on: next → current → previous → retired, and out of it all by a revocation. Every change is
 * one transaction under one lock, whichever node or command begins it; nodes find out by asking for the version.
 */
import { sql } from 'kysely';
import { recordEvent } from '../../audit/store';
import { addSeconds } from '../../clock';
import { announce } from '../../storage/changes';
import type { Queryable } from '../../storage/tables';
import {
  ALGORITHMS,
  keptAfterUse,
  listSigningKeys,
  makeKey,
  PUBLISHED_BEFORE_USE,
  type KeyMakers,
  type KeyTools,
  type SigningKey,
} from './signing-keys';

type State = SigningKey['state'];

/** `early`: the next keys have not been published long enough; they may sign from `readyAt` on. */
export type Rotation = { result: 'rotated' } | { result: 'early'; readyAt: Date };

const DAY = 24 * 3600;

/** Readers go on; another change of the keys waits for the end of this one. */
async function lockKeys(trx: Queryable): Promise<void> {
  await sql`lock table signing_keys in share row exclusive mode`.execute(trx);
  await announce(trx, 'signing_keys');
}

/** From when on every relying party knows the next keys. */
function readyAt(keys: readonly SigningKey[]): Date | undefined {
  const published = keys
    .filter(({ state }) => state === 'next')
    .map(({ stateSince }) => stateSince.getTime());
  return published.length < ALGORITHMS.length
    ? undefined
    : addSeconds(new Date(Math.max(...published)), PUBLISHED_BEFORE_USE);
}

/**
 * Next becomes current, current becomes previous, a new next is made; previous keys past their time retire. Does
 * nothing while some relying party may not know the next keys yet: it could not verify what they sign.
 */
export async function rotateSigningKeys(tools: KeyTools, actor: string): Promise<Rotation> {
  const early = tooEarly(await listSigningKeys(tools.db), tools);
  if (early) return early;
  const fresh = await Promise.all(ALGORITHMS.map((alg) => makeKey(alg, 'next', tools)));
  return tools.db.transaction().execute(async (trx) => {
    await lockKeys(trx);
    // Somebody may have been faster.
    const late = tooEarly(await listSigningKeys(trx), tools);
    if (late) return late;
    await retireKeys(trx, tools);
    await promote(trx, tools, fresh, actor);
    return { result: 'rotated' };
  });
}

function tooEarly(keys: readonly SigningKey[], { clock }: KeyTools): Rotation | undefined {
  const now = clock.now();
  const ready = readyAt(keys) ?? addSeconds(now, PUBLISHED_BEFORE_USE);
  return ready > now ? { result: 'early', readyAt: ready } : undefined;
}

type NewKey = Awaited<ReturnType<typeof makeKey>>;

async function promote(trx: Queryable, { clock }: KeyTools, fresh: NewKey[], actor: string): Promise<void> {
  const at = clock.now();
  await moveKeys(trx, 'current', 'previous', at);
  await moveKeys(trx, 'next', 'current', at);
  await trx.insertInto('signingKeys').values(fresh).execute();
  await recordEvent(trx, { event: 'key_rotated', actor, details: { next: fresh.map(({ kid }) => kid) } }, at);
}

/** Previous keys past their time lose their private part and leave the published set. */
async function retireKeys(trx: Queryable, { clock, config }: KeyTools): Promise<void> {
  const at = clock.now();
  const retired = await trx
    .updateTable('signingKeys')
    .set({ state: 'retired', stateSince: at, privateSealed: null })
    .where('state', '=', 'previous')
    .where('stateSince', '<=', addSeconds(at, -keptAfterUse(config)))
    .returning('kid')
    .execute();
  if (retired.length === 0) return;
  const details = { kids: retired.map(({ kid }) => kid) };
  await recordEvent(trx, { event: 'key_retired', actor: 'system', details }, at);
}

async function moveKeys(db: Queryable, from: State, to: State, at: Date): Promise<void> {
  await db.updateTable('signingKeys').set({ state: to, stateSince: at }).where('state', '=', from).execute();
}

/**
 * When a key leaves its state: a next one may sign, a current one is due by SIGNING_KEY_ROTATION_DAYS, a previous one
 * retires. Null: never, or when an operator says so.
 */
export function keyUntil(
  { state, stateSince }: Pick<SigningKey, 'state' | 'stateSince'>,
  config: KeyTools['config'],
): Date | null {
  if (state === 'next') return addSeconds(stateSince, PUBLISHED_BEFORE_USE);
  if (state === 'previous') return addSeconds(stateSince, keptAfterUse(config));
  return state === 'current' && config.signingKeyRotationDays > 0
    ? addSeconds(stateSince, config.signingKeyRotationDays * DAY)
    : null;
}

/** Rotates and retires what is due. Every node calls it; of several at once, one does it. */
export async function tendSigningKeys(tools: KeyTools): Promise<void> {
  const { db, clock, config } = tools;
  const keys = await listSigningKeys(db);
  const isDue = (state: State): boolean =>
    keys.some((key) => key.state === state && (keyUntil(key, config) ?? Infinity) <= clock.now());
  // Of two nodes at once the later one finds the next keys too young.
  if (isDue('current')) await rotateSigningKeys(tools, 'system');
  if (!isDue('previous')) return;
  await db.transaction().execute(async (trx) => {
    await lockKeys(trx);
    await retireKeys(trx, tools);
  });
}

export interface Revocation {
  alg: SigningKey['alg'];
  /** What it was until now. */
  was: State;
  /** Signs from now on in its place; undefined when it was not the current key. */
  active: string | undefined;
}

/**
 * Takes a key out of use at once and erases its private part: what it signed stops verifying. A revoked current
 * key is replaced by the next one. Undefined when there is no such key in use.
 */
export async function revokeSigningKey(
  tools: KeyMakers,
  kid: string,
  { actor, reason }: { actor: string; reason: string },
): Promise<Revocation | undefined> {
  const alg = (await listSigningKeys(tools.db)).find((key) => key.kid === kid)?.alg;
  if (alg === undefined) return undefined;
  const spare = await makeKey(alg, 'next', tools);
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    await lockKeys(trx);
    const key = (await listSigningKeys(trx)).find((candidate) => candidate.kid === kid);
    if (!key || key.state === 'revoked' || key.state === 'retired') return undefined;
    await trx
      .updateTable('signingKeys')
      .set({ state: 'revoked', stateSince: at, privateSealed: null, reason })
      .where('kid', '=', kid)
      .execute();
    const active = key.state === 'current' ? await replaceCurrent(trx, tools, alg) : undefined;
    if (key.state !== 'previous') await trx.insertInto('signingKeys').values(spare).execute();
    const details = { alg, was: key.state, reason, ...(active === undefined ? {} : { active }) };
    await recordEvent(trx, { event: 'key_revoked', actor, subject: `key:${kid}`, details }, at);
    return { alg, was: key.state, active };
  });
}

/** Makes the next key of an algorithm the current one, whether everybody knows it yet or not; its kid. */
async function replaceCurrent(trx: Queryable, tools: KeyMakers, alg: SigningKey['alg']): Promise<string> {
  const state = { state: 'current' as const, stateSince: tools.clock.now() };
  const next = await trx
    .updateTable('signingKeys')
    .set(state)
    .where('alg', '=', alg)
    .where('state', '=', 'next')
    .returning('kid')
    .executeTakeFirst();
  if (next) return next.kid;
  const made = await makeKey(alg, 'current', tools);
  await trx.insertInto('signingKeys').values(made).execute();
  return made.kid;
}
