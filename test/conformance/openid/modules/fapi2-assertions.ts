/** FAPI 2.0 Security Profile: how a relying party proves who it is, at both endpoints that ask for it. */
import assert from 'node:assert/strict';
import type { Module, Trial } from '../module';
import { newcomer } from '../place';
import { checkJsonAnswer } from '../relying-party/checks';
import { authentication } from '../relying-party/authentication';
import { proofClaims } from '../relying-party/dpop';
import { endpoint } from '../relying-party/metadata';
import { ask, authorize, type Callback } from '../relying-party/request';
import {
  assertion,
  epochSeconds,
  makeKeyPair,
  proof,
  type Claims,
  type KeyPair,
} from '../relying-party/signing';
import { codeForm } from '../relying-party/tokens';

type Header = { alg?: 'ES256' | 'RS256' };

/** Asks both endpoints that take a client assertion; the status and error of each. */
async function tryAssertion(trial: Trial, change: (trial: Trial) => Claims, header: Header = {}) {
  const { first, place } = trial;
  const jwt = () => assertion(first, place.issuer, change(trial), header);
  const { form, headers } = await authentication(trial, first, await jwt());
  const path = endpoint(trial.metadata, 'pushed_authorization_request');
  const par = await newcomer(place).post(
    path,
    { ...ask(trial).parameters, ...form },
    { headers: { accept: 'application/json', ...headers } },
  );
  const back = await authorize(trial, ask(trial));
  const key = await makeKeyPair();
  const redeemed = await askTokenTwice(trial, back, key, jwt);
  return [
    { at: 'PAR', status: par.status, json: checkJsonAnswer(par) },
    { at: 'token', status: redeemed.answer.status, json: redeemed.json },
  ];
}

/** Where the server wants a nonce first, a fresh assertion goes with the second request. */
async function askTokenTwice(
  trial: Trial,
  back: Callback & { code: string },
  key: KeyPair,
  jwt: () => Promise<string>,
) {
  const form = codeForm(back.asked, back.code);
  const { place, metadata, first } = trial;
  const path = endpoint(metadata, 'token');
  const send = async (nonce?: string) => {
    const proofs = await authentication(trial, first, await jwt());
    const dpop = await proof(key, proofClaims(trial, { method: 'POST', path }, nonce));
    const headers = { accept: 'application/json', ...proofs.headers, dpop };
    return newcomer(place).post(path, { ...form, ...proofs.form }, { headers });
  };
  const answer = await send();
  const nonce = answer.headers['dpop-nonce'];
  const again = /use_dpop_nonce/.test(answer.body) && typeof nonce === 'string';
  const last = again ? await send(nonce) : answer;
  return { answer: last, json: checkJsonAnswer(last) };
}

function assertionRefused(name: string, change: (trial: Trial) => Claims, header?: Header): Module {
  return {
    name,
    run: async (trial) => {
      for (const { at, status, json } of await tryAssertion(trial, change, header)) {
        assert.ok(status === 400 || status === 401, `refused at ${at}, not ${status}`);
        assert.ok(
          ['invalid_client', 'invalid_request'].includes(String(json.error)),
          `${at}: ${String(json.error)}`,
        );
      }
    },
  };
}

function assertionTaken(name: string, change: () => Claims): Module {
  return {
    name,
    run: async (trial) => {
      for (const { at, status, json } of await tryAssertion(trial, change))
        assert.ok(status === 200 || status === 201, `taken at ${at}, not ${status}: ${JSON.stringify(json)}`);
    },
  };
}

const minutes = (count: number): number => epochSeconds() + count * 60;

export const fapiAssertionModules: readonly Module[] = [
  assertionRefused('client-assertion-array-as-audience', ({ place }) => ({ aud: [place.issuer] })),
  assertionRefused('client-assertion-par-endpoint-as-audience', ({ metadata }) => ({
    aud: metadata.pushed_authorization_request_endpoint,
  })),
  assertionRefused('client-assertion-token-endpoint-as-audience', ({ metadata }) => ({
    aud: metadata.token_endpoint,
  })),
  assertionRefused('client-assertion-wrong-audience', () => ({ aud: 'https://op.example.org' })),
  assertionRefused('client-assertion-without-sub', () => ({ sub: undefined })),
  assertionRefused('client-assertion-without-iss', () => ({ iss: undefined })),
  assertionRefused('client-assertion-exp-5-minutes-in-past', () => ({ exp: minutes(-5), iat: minutes(-6) })),
  assertionRefused('client-assertion-without-exp', () => ({ exp: undefined })),
  assertionRefused('client-assertion-rs256', () => ({}), { alg: 'RS256' }),
  assertionTaken('client-assertion-nbf-8-seconds-in-future', () => ({
    nbf: epochSeconds() + 8,
    iat: epochSeconds() + 8,
  })),
  assertionRefused('client-assertion-nbf-70-seconds-in-future', () => ({
    nbf: epochSeconds() + 70,
    exp: minutes(5),
  })),
];
