/** FAPI 2.0 Message Signing: signed requests (RFC 9101) and signed answers (JARM). */
import assert from 'node:assert/strict';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Module, Trial } from '../module';
import { listOf, readKeys } from '../relying-party/metadata';
import {
  ask,
  authorizationPath,
  authorize,
  pathFor,
  push,
  refuse,
  visit,
  type Asked,
} from '../relying-party/request';
import { epochSeconds, makeKeyPair, requestObject, unsigned, type Claims } from '../relying-party/signing';
import { redeem, signIn, userinfo } from '../relying-party/tokens';

type Header = { alg?: 'ES256' | 'RS256'; kid?: string };

/** Pushes a request object; `beside` are parameters next to it. */
async function pushObject(
  trial: Trial,
  asked: Asked,
  change: Claims = {},
  header: Header = {},
  beside: Record<string, string> = {},
  party = trial.first,
) {
  const request = await requestObject(party, trial.place.issuer, asked.parameters, change, header);
  return push(trial, trial.first, { client_id: trial.first.id, ...beside, request });
}

function expectRefused({ answer, json }: Awaited<ReturnType<typeof push>>): void {
  assert.ok(answer.status === 400 || answer.status === 401, `refused, not ${answer.status}`);
  const errors = ['invalid_request_object', 'invalid_request', 'invalid_client'];
  assert.ok(
    errors.includes(String(json.error)),
    `error is one of ${errors.join(', ')}, not ${String(json.error)}`,
  );
  assert.equal(json.request_uri, undefined, 'no request_uri beside the error');
}

function refused(name: string, change: (trial: Trial) => Claims, header?: Header): Module {
  return {
    name,
    run: async (trial) => {
      expectRefused(await pushObject(trial, ask(trial), change(trial), header));
    },
  };
}

function taken(name: string, change: (trial: Trial) => Claims, beside: Record<string, string> = {}): Module {
  return {
    name,
    run: async (trial) => {
      const asked = ask(trial);
      const { answer, json } = await pushObject(trial, asked, change(trial), {}, beside);
      assert.equal(answer.status, 201, `taken: ${answer.body}`);
      const path = authorizationPath(trial, {
        client_id: trial.first.id,
        request_uri: String(json.request_uri),
      });
      // The code and its state come as the signed object said, whatever stood beside it.
      const back = await authorize(trial, asked, path);
      await redeem(trial, back, back.code);
    },
  };
}

async function happyFlow(trial: Trial): Promise<void> {
  await signIn(trial, { scope: 'openid email' });
}

async function unsignedObject(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const now = epochSeconds();
  const claims = { iss: trial.first.id, aud: trial.place.issuer, iat: now, nbf: now, exp: now + 60 };
  const request = unsigned({ ...asked.parameters, ...claims });
  expectRefused(await push(trial, trial.first, { client_id: trial.first.id, request }));
}

async function noObject(trial: Trial): Promise<void> {
  expectRefused(await push(trial, trial.first, ask(trial).parameters));
}

async function foreignKey(trial: Trial): Promise<void> {
  const { private: key } = await makeKeyPair();
  const kid = trial.first.keys.ES256?.kid;
  const party = { ...trial.first, keys: { ES256: { ...key, kid } } };
  expectRefused(await pushObject(trial, ask(trial), {}, {}, {}, party));
}

async function signedAnswer(trial: Trial): Promise<void> {
  const back = await authorize(trial, ask(trial));
  await checkAnswer(trial, back.url);
  await userinfo(trial, await redeem(trial, back, back.code));
}

async function signedError(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const view = await refuse(trial, await visit(trial, await pathFor(trial, asked)));
  assert.ok(view.kind === 'back', 'the relying party is told');
  const claims = await checkAnswer(trial, view.url);
  assert.equal(claims.error, 'access_denied', 'the error stands in the signed answer');
  assert.equal(claims.state, asked.parameters.state, 'with the state');
}

/** JARM §2.1 and §2.4: one parameter, signed by us for this relying party, not for long. */
async function checkAnswer(trial: Trial, url: URL): Promise<Claims> {
  assert.deepEqual([...url.searchParams.keys()], ['response'], 'one parameter and nothing else');
  const jwt = url.searchParams.get('response') ?? '';
  const { alg } = decodeProtectedHeader(jwt);
  const offered = listOf(trial.metadata, 'authorization_signing_alg_values_supported');
  assert.ok(alg !== undefined && offered.includes(alg) && alg !== 'RS256', `signed with ${String(alg)}`);
  const keys = createLocalJWKSet({ keys: await readKeys(trial.place, trial.metadata) });
  const verified = await jwtVerify(jwt, keys, { issuer: trial.place.issuer, audience: trial.first.id });
  const { exp } = decodeJwt(jwt);
  assert.ok(exp !== undefined && exp <= epochSeconds() + 600, 'the answer is good for ten minutes at most');
  return verified.payload;
}

const hours = (count: number): number => epochSeconds() + count * 3600;

export const fapiMessageModules: readonly Module[] = [
  { name: 'happy-flow', run: happyFlow },
  refused('ensure-request-object-without-exp-fails', () => ({ exp: undefined })),
  refused('ensure-request-object-without-nbf-fails', () => ({ nbf: undefined })),
  refused('ensure-request-object-with-exp-over-60-fails', () => ({ exp: hours(1) + 600 })),
  refused('ensure-request-object-with-nbf-over-60-fails', () => ({ nbf: hours(-1) - 600 })),
  refused('ensure-expired-request-object-fails', () => ({ exp: epochSeconds() - 600 })),
  taken('ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted', () => ({
    nbf: epochSeconds() + 8,
  })),
  refused('ensure-request-object-with-bad-aud-fails', () => ({ aud: 'https://op.example.org' })),
  taken('ensure-request-object-with-multiple-aud-succeeds', ({ place }) => ({
    aud: ['https://op.example.org', place.issuer],
  })),
  refused('ensure-signed-request-object-with-rs256-fails', () => ({}), { alg: 'RS256' }),
  refused('ensure-request-object-with-invalid-kid-fails', () => ({}), { kid: 'nobody' }),
  { name: 'ensure-matching-key-in-authorization-request', run: foreignKey },
  { name: 'ensure-unsigned-request-object-fails', run: unsignedObject },
  { name: 'ensure-pushed-request-without-request-object-fails', run: noObject },
  taken('different-state-and-nonce-inside-and-outside-request-object', () => ({}), {
    state: 'beside',
    nonce: 'beside',
  }),
  { name: 'signed-answer', run: signedAnswer },
  { name: 'signed-error', run: signedError },
];
