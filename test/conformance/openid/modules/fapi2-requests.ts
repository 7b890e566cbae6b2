/** FAPI 2.0 Security Profile: pushed requests, PKCE, and what the authorization endpoint makes of them. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Module, Trial } from '../module';
import { newcomer } from '../place';
import { checkErrorText } from '../relying-party/checks';
import { endpoint, listOf } from '../relying-party/metadata';
import {
  ask,
  authorizationPath,
  authorize,
  callback,
  expectError,
  goOn,
  pathFor,
  push,
  pushed,
  refuse,
  shown,
  visit,
  type Change,
} from '../relying-party/request';
import { askToken, codeForm, expectRefusal, redeem, signIn, userinfo } from '../relying-party/tokens';
import { makeKeyPair, unique } from '../relying-party/signing';

function discovery({ metadata }: Trial): Promise<void> {
  assert.match(String(metadata.pushed_authorization_request_endpoint), /^https:/, 'PAR is offered');
  assert.equal(metadata.authorization_response_iss_parameter_supported, true, 'iss comes with every answer');
  assert.deepEqual(listOf(metadata, 'code_challenge_methods_supported'), ['S256'], 'S256 and nothing else');
  const methods = listOf(metadata, 'token_endpoint_auth_methods_supported');
  assert.ok(
    methods.includes('private_key_jwt') || methods.includes('tls_client_auth'),
    'keys or certificates',
  );
  const proofs = listOf(metadata, 'dpop_signing_alg_values_supported');
  assert.ok(
    ['PS256', 'ES256', 'EdDSA', 'Ed25519'].some((alg) => proofs.includes(alg)),
    'DPoP',
  );
  assert.ok(!proofs.includes('RS256') && !proofs.includes('none'), 'no weak DPoP proof');
  return Promise.resolve();
}

async function happyFlow(trial: Trial): Promise<void> {
  const { id, json } = await signIn(trial, { scope: 'openid email' });
  assert.ok(Number(json.expires_in) > 0, 'expires_in');
  const [head = ''] = id.split('.');
  const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string };
  assert.ok(['ES256', 'PS256', 'EdDSA', 'Ed25519'].includes(alg), `${alg} signs the ID token`);
}

async function withoutPar(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const view = await visit(trial, authorizationPath(trial, asked.parameters));
  await expectError(trial, asked, view, ['invalid_request', 'invalid_request_object']);
}

const byUri = (trial: Trial, uri: string, party = trial.first) =>
  authorizationPath(trial, { client_id: party.id, request_uri: uri });

const DEAD_URI = ['invalid_request_uri', 'invalid_request', 'invalid_request_object', 'access_denied'];

async function reuse(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const uri = await pushed(trial, asked);
  const back = await authorize(trial, asked, byUri(trial, uri));
  await redeem(trial, back, back.code);
  await expectError(trial, asked, await visit(trial, byUri(trial, uri)), DEAD_URI);
}

async function reuseBeforeSignIn(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const uri = await pushed(trial, asked);
  assert.equal((await visit(trial, byUri(trial, uri))).kind, 'sign-in', 'opened once');
  // A reloaded page, or a link that was prefetched.
  const back = await authorize(trial, asked, byUri(trial, uri));
  await redeem(trial, back, back.code);
}

async function expired(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const { json } = await push(trial, trial.first, asked.parameters);
  await sleep((Number(json.expires_in) + 5) * 1000);
  await expectError(trial, asked, await visit(trial, byUri(trial, String(json.request_uri))), DEAD_URI);
}

async function otherClient(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const view = await visit(trial, byUri(trial, await pushed(trial, asked), trial.other));
  await expectError(trial, ask(trial, {}, trial.other), view, DEAD_URI);
}

/** The server refuses to take such a request in. */
function notPushed(name: string, change: Change, errors: readonly string[]): Module {
  return {
    name,
    run: async (trial) => {
      const { answer, json } = await push(trial, trial.first, ask(trial, change).parameters);
      assert.ok(answer.status >= 400 && answer.status < 500, `refused, not ${answer.status}`);
      assert.ok(
        errors.includes(String(json.error)),
        `error is one of ${errors.join(', ')}, not ${String(json.error)}`,
      );
      assert.equal(json.request_uri, undefined, 'no request_uri beside the error');
    },
  };
}

async function onlyPost(trial: Trial): Promise<void> {
  const path = endpoint(trial.metadata, 'pushed_authorization_request');
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const { status } = await newcomer(trial.place).send(method, path, undefined);
    assert.ok(status === 404 || status === 405, `${method} is refused, not ${status}`);
  }
}

async function duplicates(trial: Trial): Promise<void> {
  const { parameters } = ask(trial);
  const doubled = `${authorizationPath(trial, parameters)}&state=again`;
  const view = await visit(trial, doubled);
  assert.ok(
    view.kind === 'error' || (view.kind === 'back' && view.url.searchParams.has('error')),
    shown(view),
  );
}

async function wrongVerifier(trial: Trial): Promise<void> {
  for (const verifier of [unique() + unique(), undefined]) {
    const back = await authorize(trial, ask(trial));
    const form = codeForm(back.asked, back.code, { code_verifier: verifier });
    const refused = await askToken(trial, form, { key: await makeKeyPair() });
    expectRefusal(refused, ['invalid_grant', 'invalid_request']);
  }
}

async function userRejects(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const view = await refuse(trial, await visit(trial, await pathFor(trial, asked)));
  await expectError(trial, asked, view, ['access_denied'], 'never a page');
}

/** A value that may be long: taken as it is, or refused in order. */
function length(name: string, parameter: 'state' | 'nonce', letters: number, mayRefuse: boolean): Module {
  return {
    name,
    run: async (trial) => {
      const asked = ask(trial, { [parameter]: 'x'.repeat(letters) });
      const { answer, json } = await push(trial, trial.first, asked.parameters);
      if (answer.status === 201) {
        const back = await authorize(trial, asked, byUri(trial, String(json.request_uri)));
        await userinfo(trial, await redeem(trial, back, back.code));
        return;
      }
      assert.ok(mayRefuse && answer.status === 400, `taken, or refused in order: ${answer.status}`);
      checkErrorText(json.error, json.error_description);
      trial.warn(`${parameter} of ${letters} letters is refused`);
    },
  };
}

/** A request without this parameter signs a person in all the same. */
function leftOut(name: string, parameter: string): Module {
  return { name, run: async (trial) => void (await signIn(trial, { [parameter]: undefined })) };
}

async function parametersBeside(trial: Trial): Promise<void> {
  const asked = ask(trial);
  const uri = await pushed(trial, asked);
  const path = authorizationPath(trial, {
    client_id: trial.first.id,
    request_uri: uri,
    state: 'beside',
    scope: 'openid phone',
  });
  let view = await visit(trial, path);
  if (view.kind === 'sign-in') view = await goOn(trial, view);
  await callback(trial, asked, view);
}

const BAD_REQUEST = [
  'invalid_request',
  'invalid_request_object',
  'invalid_request_uri',
  'request_uri_not_supported',
];
const BAD_TYPE = ['unsupported_response_type', 'invalid_request', 'unauthorized_client'];

export const fapiRequestModules: readonly Module[] = [
  { name: 'discovery-end-point-verification', run: discovery },
  { name: 'happy-flow', run: happyFlow },
  { name: 'ensure-unsigned-authorization-request-without-using-par-fails', run: withoutPar },
  { name: 'par-attempt-reuse-request_uri', run: reuse },
  { name: 'par-reuse-request_uri-prior-to-auth-completion', run: reuseBeforeSignIn },
  { name: 'par-attempt-to-use-expired-request_uri', waits: 65, run: expired },
  { name: 'par-attempt-to-use-request_uri-for-different-client', run: otherClient },
  notPushed(
    'par-authorization-request-containing-request_uri',
    { request_uri: 'urn:example:1' },
    BAD_REQUEST,
  ),
  { name: 'par-attempt-invalid-http-method', run: onlyPost },
  { name: 'par-without-duplicate-parameters', run: duplicates },
  notPushed(
    'par-pkce-required',
    { code_challenge: undefined, code_challenge_method: undefined },
    BAD_REQUEST,
  ),
  notPushed('par-plain-pkce-rejected', { code_challenge_method: 'plain' }, BAD_REQUEST),
  notPushed('par-pkce-method-defaults-to-plain-rejected', { code_challenge_method: undefined }, BAD_REQUEST),
  { name: 'incorrect-pkce-code-verifier-rejected', run: wrongVerifier },
  notPushed('ensure-registered-redirect-uri', { redirect_uri: 'https://rp.example.org/cb' }, [
    ...BAD_REQUEST,
    'invalid_redirect_uri',
  ]),
  notPushed('ensure-redirect-uri-in-authorization-request', { redirect_uri: undefined }, BAD_REQUEST),
  notPushed('ensure-response-type-code-idtoken-fails', { response_type: 'code id_token' }, BAD_TYPE),
  notPushed('ensure-response-type-code-token-fails', { response_type: 'code token' }, BAD_TYPE),
  notPushed('ensure-response-type-token-fails', { response_type: 'token' }, BAD_TYPE),
  { name: 'user-rejects-authentication', run: userRejects },
  length('ensure-authorization-request-with-64-char-nonce-success', 'nonce', 64, false),
  length('ensure-authorization-request-with-long-nonce', 'nonce', 384, true),
  length('ensure-authorization-request-with-long-state', 'state', 384, true),
  leftOut('ensure-authorization-request-without-state-success', 'state'),
  leftOut('ensure-authorization-request-without-nonce-success', 'nonce'),
  { name: 'state-only-outside-pushed-request-not-used', run: parametersBeside },
];
