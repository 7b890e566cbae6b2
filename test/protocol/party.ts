/** A relying party of today's kind, made of openid-client: its keys, its configuration, a whole sign-in. */
import { randomBytes, type webcrypto } from 'node:crypto';

import { exportJWK, SignJWT, type JWK } from 'jose';
import * as oidc from 'openid-client';
import type { ClientInput } from '../../src/clients/client';
import { createAgent, type Agent } from '../support/agent';
import { addClient, type TestClient, type TestPerson, type TestProduct } from '../support/app';
import { follow, openSignIn, submitSignIn } from '../support/relying-party';

export type KeyPair = webcrypto.CryptoKeyPair;

export interface Party extends TestClient {
  config: oidc.Configuration;
  keys: KeyPair;
}

export const keyPair = (): Promise<KeyPair> =>
  crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

export const publicJwk = async ({ publicKey }: KeyPair): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  ...{ alg: 'ES256', use: 'sig', kid: 'party' },
});

/** Registered with a key of its own. */
export async function keyedParty(product: TestProduct, change: Partial<ClientInput> = {}): Promise<Party> {
  const keys = await keyPair();
  const client = await addClient(product.app, {
    ...{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [(await publicJwk(keys)) as never] } },
    ...change,
  });
  const authentication = oidc.PrivateKeyJwt({ key: keys.privateKey, kid: 'party' });
  const config = await oidc.discovery(new URL(product.issuer), client.id, undefined, authentication, {
    execute: [oidc.allowInsecureRequests],
  });
  return { ...client, config, keys };
}

export const FAPI2 = {
  profile: 'fapi2',
  id_token_signed_response_alg: 'ES256',
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
} as const;

export interface Request {
  verifier: string;
  parameters: Record<string, string>;
  checks: oidc.AuthorizationCodeGrantChecks;
}

export async function requestOf(party: Party, change: Record<string, string> = {}): Promise<Request> {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = randomBytes(8).toString('hex');
  const parameters = {
    ...{ redirect_uri: party.redirectUri, scope: 'openid email', state, code_challenge_method: 'S256' },
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    ...change,
  };
  return { verifier, parameters, checks: { pkceCodeVerifier: verifier, expectedState: state } };
}

/** Opens an authorization URL as a person who signs in; where the relying party gets its answer. */
export async function signInAt(
  product: TestProduct,
  url: URL,
  person: TestPerson,
  agent?: Agent,
): Promise<URL> {
  const browser = agent ?? createAgent(product.issuer);
  const path = url.pathname + url.search;
  const started = await browser.get(path);
  if (started.location?.startsWith('https://')) return new URL(started.location);
  if (!started.location) throw new Error(`no interaction: ${started.status} ${started.body}`);
  const known = await follow(browser, product.issuer, started);
  if (known.location) return new URL(known.location);
  const page = await openSignIn(browser, { path, verifier: '', state: '', nonce: '' });
  const done = await follow(browser, product.issuer, await submitSignIn(browser, page, person));
  if (!done.location) throw new Error(`sign-in ended at ${done.status}: ${done.body}`);
  return new URL(done.location);
}

/** A DPoP proof made by hand, so that it can be wrong. */
export async function proof(
  keys: KeyPair,
  claims: Record<string, unknown>,
  header: object = {},
): Promise<string> {
  const jwk = await exportJWK(keys.publicKey);
  return new SignJWT({ jti: randomBytes(12).toString('hex'), iat: Math.floor(Date.now() / 1000), ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
    .sign(keys.privateKey);
}

/** A client assertion made by hand. */
export function assertion(
  party: Party,
  issuer: string,
  change: Record<string, unknown> = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: party.id, sub: party.id, aud: issuer, iat: now, exp: now + 60 };
  return new SignJWT({ ...claims, jti: randomBytes(12).toString('hex'), ...change })
    .setProtectedHeader({ alg: 'ES256', kid: 'party' })
    .sign(party.keys.privateKey);
}
