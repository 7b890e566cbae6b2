/**
 * Signing keys: one `current` key an algorithm signs, `next` is published early so that relying parties know it
 * before it is used, `previous` ones stay published until what they signed has ended, `retired` and `revoked` ones
 * are out of use and have lost their private part. Private parts are sealed. When a key moves on: rotation.ts.
 */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Kysely } from 'kysely';
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import type { Config } from '../../config';
import type { Secrets } from '../../secrets';
import { announce } from '../../storage/changes';
import type { Database, Queryable, Row, Tables } from '../../storage/tables';

export type SigningKey = Row<'signingKeys'>;
type Alg = SigningKey['alg'];
type State = SigningKey['state'];

export const ALGORITHMS: readonly Alg[] = ['ES256', 'RS256', 'EdDSA'];

/** Seconds for which a relying party may keep the published keys: the max-age of the JWKS. */
export const JWKS_MAX_AGE = 5 * 60;

/** Seconds that a key is published before it signs: no copy of the JWKS is older, whoever's clock is a little off. */
export const PUBLISHED_BEFORE_USE = JWKS_MAX_AGE + 5 * 60;

export interface KeyMakers {
  db: Database;
  secrets: Secrets;
  clock: Clock;
}

export interface KeyTools extends KeyMakers {
  config: Pick<
    Config,
    'sessionLimitDays' | 'sessionLimitHours' | 'refreshTokenDays' | 'signingKeyRotationDays'
  >;
}

const DAY = 24 * 3600;

/**
 * Seconds that a key stays published after its last signature. An ID token is worth something long after its ten
 * minutes: as the hint of a sign-out, while there can be a session; the last one comes with the last refresh.
 */
export function keptAfterUse({
  sessionLimitDays,
  sessionLimitHours,
  refreshTokenDays,
}: KeyTools['config']): number {
  return (Math.max(sessionLimitDays, Math.ceil(sessionLimitHours / 24), refreshTokenDays) + 1) * DAY;
}

/** A new key pair, ready to be inserted. */
export async function makeKey(
  alg: Alg,
  state: State,
  { secrets, clock }: Pick<KeyMakers, 'secrets' | 'clock'>,
) {
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
export async function ensureSigningKeys(tools: KeyMakers): Promise<void> {
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

async function resealKey({ db, secrets }: KeyMakers, { kid, privateSealed }: SigningKey): Promise<void> {
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

export interface SigningKeySet {
  /** Changes whenever the set does. */
  version: string;
  keys: JWK[];
}

const ORDER: State[] = ['current', 'next', 'previous'];

/** The private keys in signing order: oidc-provider signs with the first that fits and publishes all. */
export async function loadSigningKeys(db: Database, secrets: Secrets): Promise<SigningKeySet> {
  const usable = (await listSigningKeys(db)).filter(
    ({ state, privateSealed }) => ORDER.includes(state) && privateSealed !== null,
  );
  usable.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return {
    version: versionOf(usable),
    keys: usable.map((key) => {
      const secretPart = JSON.parse(secrets.open(key.privateSealed ?? '', `signing_key:${key.kid}`)) as JWK;
      return { ...secretPart, kid: key.kid, alg: key.alg, use: 'sig' };
    }),
  };
}

/** The `version` of the set as it stands, without opening a key: asked twice a second by every node. */
export async function signingKeysVersion(db: Database): Promise<string> {
  const usable = await db
    .selectFrom('signingKeys')
    .select(['kid', 'state'])
    .where('state', 'in', ORDER)
    .where('privateSealed', 'is not', null)
    .execute();
  return versionOf(usable);
}

function versionOf(keys: readonly Pick<SigningKey, 'kid' | 'state'>[]): string {
  return keys
    .map(({ kid, state }) => `${kid}:${state}`)
    .sort()
    .join();
}
