/** FAPI 2.0 Security Profile: 24 DPoP proofs that a protected resource refuses, and 7 that it takes (RFC 9449 §4.3). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Answer } from '../../../support/agent';
import type { Module, Trial } from '../module';
import { newcomer } from '../place';
import { proofClaims } from '../relying-party/dpop';
import { endpoint } from '../relying-party/metadata';
import {
  epochSeconds,
  makeKeyPair,
  proof,
  sha256,
  type Claims,
  type KeyPair,
} from '../relying-party/signing';
import { signIn, type Tokens } from '../relying-party/tokens';

/** A resource request under way: the right claims, to be spoiled. */
interface Attempt {
  key: KeyPair;
  access: string;
  claims: Claims;
  issuer: string;
  path: string;
}

/** What is sent instead of a right proof; `authorization` too where it is not the usual one. */
interface Sent {
  dpop?: string | string[];
  authorization?: string;
}

type Spoil = (attempt: Attempt) => Promise<Sent> | Sent;

const withClaims =
  (change: Claims): Spoil =>
  async ({ key, claims }) => ({
    dpop: await proof(key, { ...claims, ...change }),
  });
/** A nonce says how old a proof is, too (RFC 9449 §4.3, 11), so it goes without one. */
const withAge =
  (seconds: number): Spoil =>
  async ({ key, claims }) => ({
    dpop: await proof(key, { ...claims, iat: epochSeconds() - seconds, nonce: undefined }),
  });
const withTime =
  (seconds: number): Spoil =>
  async ({ key, claims }) => ({
    dpop: await proof(key, { ...claims, iat: epochSeconds() + seconds }),
  });
const withHeader =
  (header: Claims): Spoil =>
  async ({ key, claims }) => ({ dpop: await proof(key, claims, header) });

async function signedByRsa({ claims }: Attempt): Promise<Sent> {
  const pair = await generateKeyPair('RS256');
  const jwk = await exportJWK(pair.publicKey);
  const jwt = new SignJWT({ iat: epochSeconds(), jti: sha256(String(randomBytes(8))), ...claims });
  return { dpop: await jwt.setProtectedHeader({ alg: 'RS256', typ: 'dpop+jwt', jwk }).sign(pair.privateKey) };
}

/** The parts of a right proof put together anew. */
const rebuilt =
  (change: (header: Claims, claims: Claims, signature: string) => [Claims, Claims, string]): Spoil =>
  async ({ key, claims }) => {
    const [head = '', body = '', signature = ''] = (await proof(key, claims)).split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims;
    const [header, payload, end] = change(read(head), read(body), signature);
    const write = (part: Claims) => Buffer.from(JSON.stringify(part)).toString('base64url');
    return { dpop: `${write(header)}.${write(payload)}.${end}` };
  };

const REFUSED: Record<string, Spoil> = {
  'no proof': () => ({}),
  'two proofs': async ({ key, claims }) => ({ dpop: [await proof(key, claims), await proof(key, claims)] }),
  'not a JWT': () => ({ dpop: 'not-a-jwt' }),
  'no typ': withHeader({ typ: undefined }),
  'no alg': rebuilt(({ alg: _alg, ...header }, claims, signature) => [header, claims, signature]),
  'no jwk': withHeader({ jwk: undefined }),
  'no jti': withClaims({ jti: undefined }),
  'no htm': withClaims({ htm: undefined }),
  'no htu': withClaims({ htu: undefined }),
  'no iat': withClaims({ iat: undefined }),
  'no ath': withClaims({ ath: undefined }),
  'another typ': withHeader({ typ: 'jwt' }),
  'alg RS256': signedByRsa,
  'alg none': rebuilt((header, claims) => [{ ...header, alg: 'none' }, claims, '']),
  'a bad signature': rebuilt((header, claims, signature) => [header, { ...claims, extra: 1 }, signature]),
  'a private key in jwk': ({ key, claims }) =>
    proof(key, claims, { jwk: key.private }).then((dpop) => ({ dpop })),
  'another htm': withClaims({ htm: 'POST' }),
  'another htu': withClaims({ htu: 'https://op.example.org/userinfo' }),
  'iat an hour ago': withAge(3600),
  'iat in an hour': withAge(-3600),
  'another ath': withClaims({ ath: sha256('another token') }),
  'ath of an unhashed token': async ({ key, claims, access }) => ({
    dpop: await proof(key, { ...claims, ath: access }),
  }),
  'another key': async ({ claims }) => ({ dpop: await proof(await makeKeyPair(), claims) }),
  'as a bearer token': async ({ key, claims, access }) => ({
    dpop: await proof(key, claims),
    authorization: `Bearer ${access}`,
  }),
};

const TAKEN: Record<string, Spoil> = {
  'a query in htu': ({ key, claims }) =>
    proof(key, { ...claims, htu: `${String(claims.htu)}?a=b` }).then((dpop) => ({ dpop })),
  'a fragment in htu': ({ key, claims }) =>
    proof(key, { ...claims, htu: `${String(claims.htu)}#a` }).then((dpop) => ({ dpop })),
  'the host of htu in capitals': ({ key, claims, issuer, path }) =>
    proof(key, { ...claims, htu: `https://${new URL(issuer).host.toUpperCase()}${path}` }).then((dpop) => ({
      dpop,
    })),
  'the scheme of htu in capitals': ({ key, claims, issuer, path }) =>
    proof(key, { ...claims, htu: `HTTPS://${new URL(issuer).host}${path}` }).then((dpop) => ({ dpop })),
  'the port in htu': ({ key, claims, issuer, path }) => {
    const { hostname, port } = new URL(issuer);
    return proof(key, { ...claims, htu: `https://${hostname}:${port || '443'}${path}` }).then((dpop) => ({
      dpop,
    }));
  },
  'iat 10 seconds ago': withTime(-10),
  'iat in 10 seconds': withTime(10),
};

async function send(trial: Trial, tokens: Tokens, spoil: Spoil, nonce: string | undefined): Promise<Answer> {
  const path = endpoint(trial.metadata, 'userinfo');
  const { access, key } = tokens;
  assert.ok(key, 'the token is bound');
  const claims = proofClaims(trial, { method: 'GET', path, access }, nonce);
  const { dpop, authorization = `DPoP ${access}` } = await spoil({
    key,
    access,
    claims,
    issuer: trial.place.issuer,
    path,
  });
  const headers = { accept: 'application/json', authorization, ...(dpop === undefined ? {} : { dpop }) };
  return newcomer(trial.place).get(path, { headers });
}

/** A token and a nonce of the server's, where it gives one. */
async function prepare(trial: Trial): Promise<{ tokens: Tokens; nonce: string | undefined }> {
  const tokens = await signIn(trial);
  const answer = await send(trial, tokens, withClaims({}), undefined);
  const nonce = answer.headers['dpop-nonce'];
  return { tokens, nonce: typeof nonce === 'string' ? nonce : undefined };
}

async function negative(trial: Trial): Promise<void> {
  const { tokens, nonce } = await prepare(trial);
  const taken: string[] = [];
  for (const [name, spoil] of Object.entries(REFUSED)) {
    const { status } = await send(trial, tokens, spoil, nonce);
    if (status !== 400 && status !== 401) taken.push(`${name} (${status})`);
  }
  assert.deepEqual(taken, [], 'no such proof is taken');
  assert.equal((await send(trial, tokens, withClaims({}), nonce)).status, 200, 'a right proof is taken');
  const { status } = await send(trial, tokens, withTime(-3600), nonce);
  if (status === 200) trial.warn('with a nonce of the server iat may be an hour off (RFC 9449 §4.3, 11)');
}

async function tolerance(trial: Trial): Promise<void> {
  const { tokens, nonce } = await prepare(trial);
  const refused: string[] = [];
  for (const [name, spoil] of Object.entries(TAKEN)) {
    const { status, body } = await send(trial, tokens, spoil, nonce);
    if (status !== 200) refused.push(`${name} (${status} ${body.slice(0, 120)})`);
  }
  assert.deepEqual(refused, [], 'every such proof is taken');
}

async function replay(trial: Trial): Promise<void> {
  const { tokens, nonce } = await prepare(trial);
  const jti = sha256(tokens.access);
  assert.equal((await send(trial, tokens, withClaims({ jti }), nonce)).status, 200, 'taken once');
  const { status } = await send(trial, tokens, withClaims({ jti }), nonce);
  if (status === 200) trial.warn('a jti is taken twice');
}

export const fapiProofModules: readonly Module[] = [
  { name: 'dpop-negative-tests', run: negative },
  { name: 'dpop-tolerance-tests', run: tolerance },
  { name: 'dpop-jti-reuse', run: replay },
];
