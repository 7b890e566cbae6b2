/** What every module checks of what it meets: answers, errors, codes and tokens. */
import assert from 'node:assert/strict';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWK, type JWTPayload } from 'jose';
import type { Answer } from '../../../support/agent';
import type { Party } from '../place';
import type { Trial } from '../module';
import type { Asked } from './request';
import { readKeys, readMetadata } from './metadata';

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const SKEW = 5 * 60;

/** Before every module: the metadata name the issuer, and the keys are public and can be told apart. */
export async function checkServer(trial: Trial): Promise<void> {
  const { place } = trial;
  const metadata = await readMetadata(place);
  assert.equal(metadata.issuer, place.issuer, 'issuer of the metadata');
  const keys = await readKeys(place, metadata);
  checkKeySet(keys);
}

export function checkKeySet(keys: JWK[]): void {
  assert.ok(keys.length > 0, 'there are keys');
  for (const key of keys) {
    assert.notEqual(key.kty, 'oct', 'no symmetric key is published');
    for (const name of PRIVATE_MEMBERS) assert.ok(!(name in key), `no key shows its ${name}`);
  }
  const kids = keys.map(({ kid }) => kid);
  assert.ok(kids.every(Boolean), 'every key has a kid');
  assert.equal(new Set(kids).size, kids.length, 'every key has a kid of its own');
}

/** A secret string is at least 128 bits long, of which 96 are chance as far as its letters tell. */
export function checkUnguessable(name: string, value: unknown): void {
  assert.equal(typeof value, 'string', `there is a ${name}`);
  const text = String(value);
  assert.ok(text.length * 8 >= 128, `${name} is 128 bits long`);
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const perLetter = [...counts.values()]
    .map((count) => count / text.length)
    .reduce((sum, share) => sum - share * Math.log2(share), 0);
  assert.ok(perLetter * text.length >= 96, `${name} has 96 bits of entropy`);
}

/** error and error_description hold what RFC 6749 §4.1.2.1 lets them hold. */
export function checkErrorText(error: unknown, description: unknown): void {
  assert.match(String(error), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, 'charset of error');
  if (description !== undefined)
    assert.match(
      typeof description === 'string' ? description : '\n',
      /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/,
      'charset of error_description',
    );
}

/** What came back to the relying party: its own address, its own state, this issuer; a code, or an error and nothing else. */
export function checkCallback(trial: Trial, asked: Asked, url: URL, parameters = url.searchParams): void {
  const { redirect_uri: expected = trial.first.redirectUri, state } = asked.parameters;
  const base = new URL(expected);
  for (const [name, value] of base.searchParams)
    assert.equal(url.searchParams.get(name), value, `the query of the redirect address is kept`);
  assert.equal(url.origin + url.pathname, base.origin + base.pathname, 'redirect address');
  assert.equal(url.hash, '', 'no fragment');
  assert.equal(parameters.get('state'), state ?? null, 'state is the one that was sent');
  assert.equal(parameters.get('iss'), trial.place.issuer, 'iss is the issuer');
  const own = new Set(base.searchParams.keys());
  const names = [...parameters.keys()].filter((name) => !own.has(name));
  assert.equal(new Set(names).size, names.length, 'nothing comes twice');
  const isError = parameters.has('error');
  const known = isError
    ? ['error', 'error_description', 'error_uri', 'state', 'iss']
    : ['code', 'state', 'iss', 'session_state'];
  // A signed answer says for whom and until when (JARM §2.1).
  if (parameters !== url.searchParams) known.push('aud', 'exp', 'iat');
  assert.deepEqual(
    names.filter((name) => !known.includes(name)),
    [],
    'nothing else comes back',
  );
  if (isError) checkErrorText(parameters.get('error'), parameters.get('error_description') ?? undefined);
  else checkUnguessable('code', parameters.get('code'));
}

/** The JSON of the token endpoint and its like, whatever it says. */
export function checkJsonAnswer(answer: Answer): Record<string, unknown> {
  assert.match(String(answer.headers['content-type']), /^application\/json\b/, 'the answer is JSON');
  assert.match(String(answer.headers['cache-control']), /no-store/, 'the answer is not to be stored');
  const json = JSON.parse(answer.body) as Record<string, unknown>;
  if (answer.status >= 400) checkErrorText(json.error, json.error_description);
  return json;
}

export interface IdToken extends JWTPayload {
  sub: string;
  auth_time?: number;
  nonce?: string;
  acr?: string;
  sid?: string;
}

/** Signature, issuer, audience, times and nonce of an ID token. */
export async function checkIdToken(
  trial: Trial,
  party: Party,
  token: unknown,
  nonce: string | undefined,
): Promise<IdToken> {
  assert.equal(typeof token, 'string', 'there is an ID token');
  const keys = await readKeys(trial.place, trial.metadata);
  const { kid, alg } = decodeProtectedHeader(String(token));
  assert.ok(alg !== undefined && alg !== 'none', 'the ID token is signed');
  assert.ok(kid !== undefined || keys.length === 1, 'the ID token names its key');
  const { payload } = await jwtVerify(String(token), createLocalJWKSet({ keys }), {
    issuer: trial.place.issuer,
    audience: party.id,
    requiredClaims: ['sub', 'exp', 'iat'],
    clockTolerance: 5,
  });
  const now = Date.now() / 1000;
  assert.ok(Math.abs(Number(payload.iat) - now) <= SKEW, 'iat of the ID token is now');
  assert.equal(payload.nonce, nonce, 'nonce of the ID token');
  assert.notEqual(payload.sub, '', 'the ID token has a subject');
  assert.notEqual(payload.acr, '', 'acr is not empty');
  return payload as IdToken;
}
