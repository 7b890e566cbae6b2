/** FAPI 2.0 Security Profile: codes, refresh tokens and whose key they are bound to. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { calculateJwkThumbprint } from 'jose';
import type { Module, Trial } from '../module';
import { newcomer } from '../place';
import { checkJsonAnswer } from '../relying-party/checks';
import { authentication } from '../relying-party/authentication';
import { proofClaims } from '../relying-party/dpop';
import { endpoint } from '../relying-party/metadata';
import { ask, authorizationPath, authorize, push, pushed } from '../relying-party/request';
import { epochSeconds, makeKeyPair, proof, type KeyPair } from '../relying-party/signing';
import {
  askToken,
  askUserinfo,
  checkTokens,
  codeForm,
  expectRefusal,
  redeem,
  refreshForm,
  signIn,
  userinfo,
} from '../relying-party/tokens';

async function codeExpires(trial: Trial): Promise<void> {
  const back = await authorize(trial, ask(trial));
  await sleep(62_000);
  const answer = await askToken(trial, codeForm(back.asked, back.code), { key: await makeKeyPair() });
  expectRefusal(answer, ['invalid_grant']);
}

async function codeBoundToClient(trial: Trial): Promise<void> {
  const back = await authorize(trial, ask(trial));
  const options = { party: trial.other, key: await makeKeyPair() };
  expectRefusal(await askToken(trial, codeForm(back.asked, back.code), options), ['invalid_grant']);
}

async function codeReuse(trial: Trial): Promise<void> {
  const back = await authorize(trial, ask(trial));
  const tokens = await redeem(trial, back, back.code);
  await sleep(1000);
  expectRefusal(await askToken(trial, codeForm(back.asked, back.code), { key: tokens.key }), [
    'invalid_grant',
  ]);
  const after = await askUserinfo(trial, tokens);
  if (after.status === 200) trial.warn('the tokens of the first use are alive');
}

async function holderOfKey(trial: Trial): Promise<void> {
  const back = await authorize(trial, ask(trial));
  const refused = await askToken(trial, codeForm(back.asked, back.code));
  expectRefusal(refused, ['invalid_dpop_proof', 'invalid_request', 'invalid_grant']);
}

async function noBearer(trial: Trial): Promise<void> {
  const { access } = await signIn(trial);
  const headers = { accept: 'application/json', authorization: `Bearer ${access}` };
  const { status } = await newcomer(trial.place).get(endpoint(trial.metadata, 'userinfo'), { headers });
  assert.equal(status, 401, 'a bound token is none as a bearer token');
}

async function inTheAddress(trial: Trial): Promise<void> {
  const { access, key } = await signIn(trial);
  assert.ok(key, 'bound');
  const path = endpoint(trial.metadata, 'userinfo');
  const { status } = await newcomer(trial.place).get(`${path}?access_token=${encodeURIComponent(access)}`);
  assert.ok(status === 400 || status === 401, `no token in the address: ${status}`);
}

/** The proof at the token endpoint has this age. */
function proofOfAge(name: string, seconds: number): Module {
  return {
    name,
    run: async (trial) => {
      const back = await authorize(trial, ask(trial));
      const key = await makeKeyPair();
      const path = endpoint(trial.metadata, 'token');
      const send = async (nonce?: string) => {
        const proofs = await authentication(trial, trial.first);
        const claims = {
          ...proofClaims(trial, { method: 'POST', path }, nonce),
          iat: epochSeconds() + seconds,
        };
        const headers = { accept: 'application/json', dpop: await proof(key, claims) };
        return newcomer(trial.place).post(
          path,
          { ...codeForm(back.asked, back.code), ...proofs.form },
          { headers },
        );
      };
      const first = await send();
      const nonce = first.headers['dpop-nonce'];
      const answer = first.status === 200 || typeof nonce !== 'string' ? first : await send(nonce);
      assert.equal(answer.status, 200, `taken: ${answer.body}`);
      await userinfo(
        trial,
        await checkTokens(trial, trial.first, checkJsonAnswer(answer), back.asked.parameters.nonce, key),
      );
    },
  };
}

const thumbprint = ({ public: { kty = '', crv = '', x = '', y = '' } }: KeyPair) =>
  calculateJwkThumbprint({ kty, crv, x, y });

async function jktAtPar(trial: Trial): Promise<void> {
  const key = await makeKeyPair();
  const matching = ask(trial, { dpop_jkt: await thumbprint(key) });
  const back = await authorize(trial, matching);
  await userinfo(trial, await redeem(trial, back, back.code, { key }));
}

async function jktMismatchAtToken(trial: Trial): Promise<void> {
  const back = await authorize(trial, ask(trial, { dpop_jkt: await thumbprint(await makeKeyPair()) }));
  const refused = await askToken(trial, codeForm(back.asked, back.code), { key: await makeKeyPair() });
  expectRefusal(refused, ['invalid_grant', 'invalid_dpop_proof']);
}

/** A proof goes along when the request is pushed. */
async function pushWithProof(trial: Trial, key: KeyPair, jkt?: string) {
  const asked = ask(trial, { dpop_jkt: jkt });
  const path = endpoint(trial.metadata, 'pushed_authorization_request');
  const send = async (nonce?: string) =>
    push(trial, trial.first, asked.parameters, {
      dpop: await proof(key, proofClaims(trial, { method: 'POST', path }, nonce)),
    });
  const first = await send();
  const nonce = first.answer.headers['dpop-nonce'];
  const last = first.json.error === 'use_dpop_nonce' && typeof nonce === 'string' ? await send(nonce) : first;
  return { asked, ...last };
}

async function jktMismatchAtPar(trial: Trial): Promise<void> {
  const { answer, json } = await pushWithProof(
    trial,
    await makeKeyPair(),
    await thumbprint(await makeKeyPair()),
  );
  assert.equal(answer.status, 400, 'a proof of another key than dpop_jkt is refused');
  assert.ok(['invalid_request', 'invalid_dpop_proof'].includes(String(json.error)), String(json.error));
}

async function proofAtParBinds(trial: Trial): Promise<void> {
  const key = await makeKeyPair();
  for (const [used, taken] of [
    [key, true],
    [await makeKeyPair(), false],
  ] as const) {
    const { asked, answer, json } = await pushWithProof(trial, key);
    assert.equal(answer.status, 201, `pushed with a proof: ${answer.body}`);
    const path = authorizationPath(trial, {
      client_id: trial.first.id,
      request_uri: String(json.request_uri),
    });
    const back = await authorize(trial, asked, path);
    const got = await askToken(trial, codeForm(asked, back.code), { key: used });
    if (taken) assert.equal(got.answer.status, 200, `the same key gets tokens: ${got.answer.body}`);
    else expectRefusal(got, ['invalid_grant', 'invalid_dpop_proof']);
  }
}

async function refresh(trial: Trial): Promise<void> {
  const tokens = await signIn(trial);
  const form = refreshForm(tokens.refresh);
  const { answer, json } = await askToken(trial, form, { key: tokens.key });
  assert.equal(answer.status, 200, `refreshed: ${answer.body}`);
  assert.ok(
    [undefined, tokens.refresh].includes(json.refresh_token as string),
    'the refresh token is not rotated',
  );
  assert.notEqual(json.access_token, tokens.access, 'another access token');
  await userinfo(trial, { ...tokens, access: String(json.access_token) });
}

async function refreshBoundToClient(trial: Trial): Promise<void> {
  const tokens = await signIn(trial);
  const options = { party: trial.other, key: tokens.key };
  expectRefusal(await askToken(trial, refreshForm(tokens.refresh), options), ['invalid_grant']);
}

async function schemeInAnyCase(trial: Trial): Promise<void> {
  const tokens = await signIn(trial);
  assert.ok(tokens.key, 'bound');
  const path = endpoint(trial.metadata, 'userinfo');
  let nonce: string | undefined;
  for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
    const send = async () => {
      const claims = proofClaims(trial, { method: 'GET', path, access: tokens.access }, nonce);
      const dpop = await proof(tokens.key as KeyPair, claims);
      const headers = { accept: 'application/json', authorization: `${scheme} ${tokens.access}`, dpop };
      return newcomer(trial.place).get(path, { headers });
    };
    let answer = await send();
    nonce = (answer.headers['dpop-nonce'] as string | undefined) ?? nonce;
    if (answer.status === 401) answer = await send();
    assert.equal(answer.status, 200, `the scheme ${scheme} is understood`);
  }
}

async function pushedAndClientId(trial: Trial): Promise<void> {
  const uri = await pushed(trial, ask(trial));
  const path = authorizationPath(trial, { request_uri: uri });
  const answer = await trial.browser.get(path);
  assert.equal(answer.status, 400, 'client_id is needed beside request_uri (RFC 9126 §4)');
}

export const fapiTokenModules: readonly Module[] = [
  { name: 'ensure-authorization-code-expires-in-60-seconds', waits: 62, run: codeExpires },
  { name: 'ensure-authorization-code-is-bound-to-client', run: codeBoundToClient },
  { name: 'attempt-reuse-authorization-code-after-one-second', waits: 1, run: codeReuse },
  { name: 'ensure-holder-of-key-required', run: holderOfKey },
  { name: 'ensure-bound-token-is-no-bearer-token', run: noBearer },
  { name: 'ensure-access-token-in-query-is-refused', run: inTheAddress },
  proofOfAge('check-dpop-proof-iat-is-10-seconds-after', 10),
  proofOfAge('check-dpop-proof-iat-is-10-seconds-before', -10),
  { name: 'par-with-dpop_jkt', run: jktAtPar },
  { name: 'ensure-token-endpoint-fails-with-mismatched-dpop_jkt', run: jktMismatchAtToken },
  { name: 'par-fails-with-mismatched-dpop-proof-and-dpop_jkt', run: jktMismatchAtPar },
  { name: 'par-with-dpop-proof-binds-the-code', run: proofAtParBinds },
  { name: 'refresh-token', run: refresh },
  { name: 'refresh-token-is-bound-to-client', run: refreshBoundToClient },
  { name: 'access-token-type-header-case-sensitivity', run: schemeInAnyCase },
  { name: 'ensure-client_id-beside-request_uri', run: pushedAndClientId },
];
