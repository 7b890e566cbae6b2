/**
 * Signing keys: one `current` key an algorithm signs, `next` is published early so that relying parties know it
 * before it is used, `previous` ones stay published until what they signed has ended. Private parts are sealed.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Kysely } from 'kysely';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import type { Secrets } from '../secrets';
import { announce } from '../storage/changes';
import type { Database, Queryable, Row, Tables } from '../storage/tables';

export type SigningKey = Row<'signingKeys'>;
type Alg = SigningKey['alg'];

export const ALGORITHMS: readonly Alg[] = ['ES256', 'RS256', 'EdDSA'];

/** Seconds a previous key stays published: longer than any ID token or id_token_hint is worth something. */
const PREVIOUS_LIFE = 90 * 24 * 3600;

export interface KeyTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
}

async function makeKey(alg: Alg, state: SigningKey['state'], { secrets, clock }: KeyTools) {
  const options = { extractable: true, ...(alg === 'RS256' ? { modulusLength: 2048 } : {}) };
  const { publicKey, privateKey } = await generateKeyPair(alg, options);
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const at = clock.now();
  return {
    kid,
    alg,
    state,
    publicJwk: JSON.stringify({ ...publicJwk, kid, alg, use: 'sig' }),
    privateSealed: secrets.seal(JSON.stringify(await exportJWK(privateKey)), `signing_key:${kid}`),
    createdAt: at,
    stateSince: at,
  };
}

/**
 * Makes what is missing: a current and a next key for each algorithm; nodes that start together agree. Keys sealed
 * under an older SECRET_KEY are sealed anew under the newest, so that the older one can be taken out one day.
 */
export async function ensureSigningKeys(tools: KeyTools): Promise<void> {
  const standing = await listSigningKeys(tools.db);
  for (const key of standing) await resealKey(tools, key);
  for (const alg of ALGORITHMS) {
    for (const state of ['current', 'next'] as const) {
      if (standing.some((key) => key.alg === alg && key.state === state)) continue;
      const key = await makeKey(alg, state, tools);
      await tools.db.transaction().execute(async (trx) => {
        const inserted = await trx
          .insertInto('signingKeys')
          .values(key)
          .onConflict((c) => c.doNothing())
          .executeTakeFirst();
        if (inserted.numInsertedOrUpdatedRows !== 1n) return;
        await announce(trx, 'signing_keys');
        await recordEvent(
          trx,
          { event: 'key_created', actor: 'system', subject: `key:${key.kid}`, details: { alg, state } },
          key.createdAt,
        );
      });
    }
  }
}

async function resealKey({ db, secrets }: KeyTools, { kid, privateSealed }: SigningKey): Promise<void> {
  if (privateSealed === null || secrets.isNewest(privateSealed)) return;
  const context = `signing_key:${kid}`;
  const sealed = secrets.seal(secrets.open(privateSealed, context), context);
  await db
    .updateTable('signingKeys')
    .set({ privateSealed: sealed })
    .where('kid', '=', kid)
    .where('privateSealed', '=', privateSealed)
    .execute();
}

export async function listSigningKeys(db: Kysely<Tables> | Queryable): Promise<SigningKey[]> {
  return db.selectFrom('signingKeys').selectAll().orderBy('alg').orderBy('createdAt', 'desc').execute();
}

/** Next becomes current, current becomes previous, a new next is made; previous keys past their life are revoked. */
export async function rotateSigningKeys(tools: KeyTools, actor: string): Promise<void> {
  const at = tools.clock.now();
  const fresh = await Promise.all(ALGORITHMS.map((alg) => makeKey(alg, 'next', tools)));
  await tools.db.transaction().execute(async (trx) => {
    await moveKeys(trx, 'previous', 'revoked', at, addSeconds(at, -PREVIOUS_LIFE));
    await moveKeys(trx, 'current', 'previous', at);
    await moveKeys(trx, 'next', 'current', at);
    await trx.insertInto('signingKeys').values(fresh).execute();
    await announce(trx, 'signing_keys');
    await recordEvent(
      trx,
      { event: 'key_rotated', actor, details: { next: fresh.map(({ kid }) => kid) } },
      at,
    );
  });
}

async function moveKeys(
  db: Queryable,
  from: SigningKey['state'],
  to: SigningKey['state'],
  at: Date,
  before: Date = at,
): Promise<void> {
  await db
    .updateTable('signingKeys')
    .set({ state: to, stateSince: at, ...(to === 'revoked' ? { privateSealed: null } : {}) })
    .where('state', '=', from)
    .where('stateSince', '<=', before)
    .execute();
}

/**
 * Takes a key out of use at once and erases its private part: what it signed stops verifying. A revoked current
 * key is replaced by the next one. False when there is no such key in use.
 */
export async function revokeSigningKey(tools: KeyTools, kid: string, actor: string): Promise<boolean> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const key = await trx
      .updateTable('signingKeys')
      .set({ state: 'revoked', stateSince: at, privateSealed: null })
      .where('kid', '=', kid)
      .where('state', '!=', 'revoked')
      .returningAll()
      .executeTakeFirst();
    if (!key) return false;
    await announce(trx, 'signing_keys');
    const standing = (await listSigningKeys(trx)).filter(({ alg }) => alg === key.alg);
    if (!standing.some(({ state }) => state === 'current')) {
      await trx
        .updateTable('signingKeys')
        .set({ state: 'current', stateSince: at })
        .where('alg', '=', key.alg)
        .where('state', '=', 'next')
        .execute();
      await trx
        .insertInto('signingKeys')
        .values(await makeKey(key.alg, 'next', tools))
        .execute();
    } else if (!standing.some(({ state }) => state === 'next')) {
      await trx
        .insertInto('signingKeys')
        .values(await makeKey(key.alg, 'next', tools))
        .execute();
    }
    await recordEvent(
      trx,
      { event: 'key_revoked', actor, subject: `key:${kid}`, details: { alg: key.alg } },
      at,
    );
    return true;
  });
}

export interface SigningKeySet {
  /** Changes whenever the set does. */
  version: string;
  keys: JWK[];
}

const ORDER: SigningKey['state'][] = ['current', 'next', 'previous'];

/** The private keys in signing order: oidc-provider signs with the first that fits and publishes all. */
export async function loadSigningKeys(db: Database, secrets: Secrets): Promise<SigningKeySet> {
  const usable = (await listSigningKeys(db)).filter(
    (key) => key.state !== 'revoked' && key.privateSealed !== null,
  );
  usable.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return {
    version: usable.map(({ kid, state }) => `${kid}:${state}`).join(),
    keys: usable.map((key) => {
      const secretPart = JSON.parse(secrets.open(key.privateSealed ?? '', `signing_key:${key.kid}`)) as JWK;
      return { ...secretPart, kid: key.kid, alg: key.alg, use: 'sig' };
    }),
  };
}
