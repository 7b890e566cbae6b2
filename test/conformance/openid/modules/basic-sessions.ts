/** Basic OP, second half: who is signed in already, how long ago, and what a code or refresh token is worth twice. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Module, Trial } from '../module';
import {
  ask,
  authorizationPath,
  authorize,
  expectError,
  visit,
  type Asked,
  type Change,
} from '../relying-party/request';
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
  type Tokens,
} from '../relying-party/tokens';

const open = (trial: Trial, asked: Asked) => visit(trial, authorizationPath(trial, asked.parameters));

/** Signs in once more with the same browser; `asks` says whether a person must act. */
async function again(trial: Trial, change: Change, asks: boolean): Promise<Tokens> {
  const asked = ask(trial, change);
  const view = await open(trial, asked);
  assert.equal(view.kind === 'sign-in', asks, asks ? 'the person signs in again' : 'nobody is asked');
  const back = await authorize(trial, asked);
  const tokens = await redeem(trial, back, back.code);
  await userinfo(trial, tokens);
  return tokens;
}

async function promptLogin(trial: Trial): Promise<void> {
  const first = await signIn(trial, { max_age: '15000' });
  await sleep(1100);
  const second = await again(trial, { prompt: 'login', max_age: '15000' }, true);
  assert.equal(second.claims.sub, first.claims.sub, 'the same person');
  assert.ok(Number(second.claims.auth_time) > Number(first.claims.auth_time), 'auth_time is later');
}

async function promptNoneNotLoggedIn(trial: Trial): Promise<void> {
  const asked = ask(trial, { prompt: 'none' });
  const errors = ['login_required', 'interaction_required', 'account_selection_required', 'consent_required'];
  await expectError(trial, asked, await open(trial, asked), errors, 'never a page');
}

async function promptNoneLoggedIn(trial: Trial): Promise<void> {
  const first = await signIn(trial, { max_age: '15000' });
  const second = await again(trial, { prompt: 'none', max_age: '15000' }, false);
  sameSignIn(first, second);
}

async function idTokenHint(trial: Trial): Promise<void> {
  const first = await signIn(trial, { max_age: '15000' });
  const second = await again(trial, { prompt: 'none', id_token_hint: first.id, max_age: '15000' }, false);
  sameSignIn(first, second);
}

function sameSignIn(first: Tokens, second: Tokens): void {
  assert.equal(second.claims.sub, first.claims.sub, 'the same person');
  assert.equal(second.claims.auth_time, first.claims.auth_time, 'the same auth_time');
}

async function maxAge1(trial: Trial): Promise<void> {
  const first = await signIn(trial, { max_age: '15000' });
  await sleep(2100);
  const second = await again(trial, { max_age: '1' }, true);
  assert.ok(Number(second.claims.auth_time) > Number(first.claims.auth_time), 'auth_time is later');
}

async function maxAge10000(trial: Trial): Promise<void> {
  const first = await signIn(trial, { max_age: '15000' });
  const second = await again(trial, { max_age: '10000' }, false);
  assert.equal(typeof second.claims.auth_time, 'number', 'auth_time is there');
  sameSignIn(first, second);
}

async function useTwice(trial: Trial, seconds: number): Promise<void> {
  const back = await authorize(trial, ask(trial));
  const tokens = await redeem(trial, back, back.code);
  await userinfo(trial, tokens);
  await sleep(seconds * 1000);
  expectRefusal(await askToken(trial, codeForm(back.asked, back.code)), ['invalid_grant']);
  const after = await askUserinfo(trial, tokens);
  if (after.status === 200) trial.warn('the tokens of the first use are alive');
}

async function refreshToken(trial: Trial): Promise<void> {
  const first = await signIn(trial, { max_age: '15000' });
  const form = refreshForm(first.refresh);
  expectRefusal(await askToken(trial, form, { party: trial.other }), ['invalid_grant']);
  // Another relying party that presents it may end it, so a fresh one is used from here on.
  const fresh = await signIn(trial, { max_age: '15000' });
  const { answer, json } = await askToken(trial, refreshForm(fresh.refresh));
  assert.equal(answer.status, 200, `refreshed: ${answer.body}`);
  assert.notEqual(json.access_token, fresh.access, 'another access token');
  if (json.id_token !== undefined) {
    const { nonce } = fresh.claims;
    const second = await checkTokens(trial, trial.first, json, nonce, undefined);
    for (const name of ['iss', 'sub', 'aud', 'auth_time'])
      assert.deepEqual(second.claims[name], fresh.claims[name], `${name} stays`);
  }
  await userinfo(trial, { ...fresh, access: String(json.access_token) });
}

export const sessionModules: readonly Module[] = [
  { name: 'prompt-login', waits: 1, run: promptLogin },
  { name: 'prompt-none-not-logged-in', run: promptNoneNotLoggedIn },
  { name: 'prompt-none-logged-in', run: promptNoneLoggedIn },
  { name: 'id-token-hint', run: idTokenHint },
  { name: 'max-age-1', waits: 2, run: maxAge1 },
  { name: 'max-age-10000', run: maxAge10000 },
  { name: 'codereuse', run: (trial) => useTwice(trial, 0) },
  { name: 'codereuse-30seconds', waits: 30, run: (trial) => useTwice(trial, 30) },
  { name: 'refresh-token', run: refreshToken },
];
