/** What a relying party signs: client assertions, request objects, DPoP proofs. All can be made wrong. */
import { createHash, randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import type { Party } from '../place';

export type Claims = Record<string, unknown>;

export const epochSeconds = (): number => Math.floor(Date.now() / 1000);
export const unique = (): string => randomBytes(16).toString('base64url');
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A key pair as JWKs; `public` goes into registrations and headers. */
export interface KeyPair {
  private: JWK;
  public: JWK;
}

export async function makeKeyPair(alg: 'ES256' | 'RS256' = 'ES256'): Promise<KeyPair> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const kid = unique();
  return {
    private: { ...(await exportJWK(pair.privateKey)), kid, alg },
    public: { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' },
  };
}

/** Signs with a key of the relying party. @throws Error when it has none of this algorithm */
export async function sign(
  { id, keys }: Pick<Party, 'id' | 'keys'>,
  claims: Claims,
  { alg = 'ES256', ...header }: { alg?: 'ES256' | 'RS256'; typ?: string; kid?: string } = {},
): Promise<string> {
  const key = keys[alg];
  if (!key) throw new Error(`${id} has no ${alg} key`);
  return new SignJWT(claims)
    .setProtectedHeader({ alg, kid: key.kid, ...header })
    .sign(await importJWK(key, alg));
}

/** A JWT with `alg: none`. */
export function unsigned(claims: Claims): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

/** RFC 7523 §3. */
export function assertion(
  party: Party,
  issuer: string,
  change: Claims = {},
  header: { alg?: 'ES256' | 'RS256' } = {},
): Promise<string> {
  const now = epochSeconds();
  const claims = { iss: party.id, sub: party.id, aud: issuer, iat: now, exp: now + 60, jti: unique() };
  return sign(party, { ...claims, ...change }, header);
}

/** RFC 9101 §4, with the times that FAPI 2.0 Message Signing asks for. */
export function requestObject(
  party: Party,
  issuer: string,
  parameters: Record<string, string>,
  change: Claims = {},
  header: { alg?: 'ES256' | 'RS256'; kid?: string } = {},
): Promise<string> {
  const now = epochSeconds();
  const claims = { iss: party.id, aud: issuer, iat: now, nbf: now, exp: now + 60 };
  return sign(
    party,
    { ...parameters, client_id: party.id, ...claims, ...change },
    { typ: 'oauth-authz-req+jwt', ...header },
  );
}

/** RFC 9449 §4.2; an `undefined` in `claims` or `header` leaves that member out. */
export async function proof(pair: KeyPair, claims: Claims, header: Claims = {}): Promise<string> {
  const { kid: _kid, use: _use, alg: _alg, ...jwk } = pair.public;
  return new SignJWT({ jti: unique(), iat: epochSeconds(), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
    .sign(await importJWK(pair.private, 'ES256'));
}
