/** Access tokens of ours that come back as `subject_token` or `actor_token` (RFC 8693 §2.1), opaque ones and JWTs. */
import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import type Provider from 'oidc-provider';
import type { Clock } from '../../../clock';
import { fingerprint } from '../../../secrets';
import type { Queryable } from '../../../storage/tables';

/** For whom an access token acts already, the newest first (RFC 8693 §4.1). */
export interface Act {
  sub: string;
  client_id?: string;
  act?: Act;
}

/** What an access token says, whichever form it has. */
export interface PresentedToken {
  /** Undefined for a client that acts for itself. */
  accountId: string | undefined;
  clientId: string;
  /** Fingerprint of its grant. */
  grant: string | undefined;
  sessionUid: string | undefined;
  scopes: Set<string>;
  /** Seconds since 1970. */
  expires: number;
  act: Act | undefined;
}

export interface TokenReading {
  db: Queryable;
  clock: Clock;
  /** Public parts of every key that is published. */
  keys: JWK[];
}

const PUBLIC_PARTS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'];

/** Keys without what is secret of them. */
export const publicParts = (keys: readonly object[]): JWK[] =>
  keys.map(
    (key) => Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC_PARTS.includes(name))) as JWK,
  );

/** The claim of our JWT access tokens that leads to their grant: its fingerprint, which opens nothing. */
const GRANT_CLAIM = 'gid';

/** Names the grant in a JWT that is about to be signed. */
export function addGrantClaim(token: object, { payload }: { payload: Record<string, unknown> }): void {
  if ('grantId' in token && typeof token.grantId === 'string')
    payload[GRANT_CLAIM] = fingerprint(token.grantId);
}

/**
 * The token, while it and its grant hold; undefined otherwise.
 * @param jwtOnly the type says that it must be a JWT
 */
export async function readPresentedToken(
  reading: TokenReading,
  provider: Provider,
  value: string,
  jwtOnly = false,
): Promise<PresentedToken | undefined> {
  const opaque = jwtOnly ? undefined : await readOpaque(provider, value);
  const token = opaque ?? (await readJwt(reading, provider, value));
  if (!token) return undefined;
  if (token.grant === undefined) return token.accountId === undefined ? token : undefined;
  const grant = await reading.db
    .selectFrom('grants')
    .select(['accountId', 'clientId'])
    .where('id', '=', token.grant)
    .where('expiresAt', '>', reading.clock.now())
    .executeTakeFirst();
  if (grant?.clientId !== token.clientId) return undefined;
  // A JWT for a client with pairwise subjects names nobody that we know; its grant does.
  return { ...token, accountId: grant.accountId };
}

async function readOpaque(provider: Provider, value: string): Promise<PresentedToken | undefined> {
  const token = (await provider.AccessToken.find(value)) ?? (await provider.ClientCredentials.find(value));
  if (!token?.isValid || token.clientId === undefined) return undefined;
  const person = 'accountId' in token ? token : undefined;
  return {
    accountId: person?.accountId,
    clientId: token.clientId,
    grant: person?.grantId === undefined ? undefined : fingerprint(person.grantId),
    sessionUid: person?.sessionUid,
    scopes: token.scopes,
    expires: token.exp ?? 0,
    act: token.extra?.act as Act | undefined,
  };
}

async function readJwt(
  { keys }: TokenReading,
  provider: Provider,
  value: string,
): Promise<PresentedToken | undefined> {
  if (value.split('.').length !== 3) return undefined;
  const options = { issuer: provider.issuer, typ: 'at+jwt', requiredClaims: ['exp', 'sub', 'client_id'] };
  // Whatever is wrong with it, it is none of ours.
  const { payload } =
    (await jwtVerify(value, createLocalJWKSet({ keys }), options).catch(() => undefined)) ?? {};
  if (!payload) return undefined;
  const { exp = 0, sub, scope, client_id: clientId, [GRANT_CLAIM]: grant, act } = payload;
  // What stands on no grant is a client's own.
  if (grant === undefined && sub !== clientId) return undefined;
  return {
    accountId: typeof grant === 'string' ? sub : undefined,
    clientId: String(clientId),
    grant: typeof grant === 'string' ? grant : undefined,
    sessionUid: undefined,
    scopes: new Set(typeof scope === 'string' ? scope.split(' ') : []),
    expires: exp,
    act: act as Act | undefined,
  };
}
