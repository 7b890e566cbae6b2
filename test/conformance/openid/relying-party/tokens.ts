/** Codes into tokens, tokens into claims. */
import assert from 'node:assert/strict';
import type { Answer } from '../../../support/agent';
import type { Trial } from '../module';
import { newcomer, type Party } from '../place';
import { authentication } from './authentication';
import { checkIdToken, checkJsonAnswer, checkUnguessable, type IdToken } from './checks';
import { dpopHeaders, sendWithProof } from './dpop';
import { endpoint } from './metadata';
import { ask, authorize, type Asked, type Callback, type Change } from './request';
import { makeKeyPair, type KeyPair } from './signing';

export interface TokenAnswer {
  answer: Answer;
  json: Record<string, unknown>;
}

export interface TokenOptions {
  party?: Party;
  /** Key for DPoP; the party needs none without FAPI. */
  key?: KeyPair;
  /** Another client assertion than the right one. */
  jwt?: string;
}

/** Any request to the token endpoint. */
export async function askToken(
  trial: Trial,
  form: Record<string, string>,
  { party = trial.first, key, jwt }: TokenOptions = {},
): Promise<TokenAnswer> {
  const path = endpoint(trial.metadata, 'token');
  const answer = await sendWithProof(trial, key, { method: 'POST', path }, async (headers) => {
    // A client assertion is good for one request.
    const proofs = await authentication(trial, party, jwt);
    return newcomer(trial.place).post(
      path,
      { ...form, ...proofs.form },
      { headers: { accept: 'application/json', ...proofs.headers, ...headers } },
    );
  });
  return { answer, json: checkJsonAnswer(answer) };
}

/** The form that redeems a code. */
export function codeForm(
  { parameters, verifier }: Asked,
  code: string,
  change: Change = {},
): Record<string, string> {
  const all: Change = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: parameters.redirect_uri,
    code_verifier: verifier,
    ...change,
  };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

export interface Tokens {
  party: Party;
  access: string;
  refresh: string | undefined;
  id: string;
  claims: IdToken;
  key: KeyPair | undefined;
  json: Record<string, unknown>;
}

/** Tokens for a code, checked. */
export async function redeem(
  trial: Trial,
  { asked }: Callback,
  code: string,
  options: TokenOptions = {},
): Promise<Tokens> {
  const { party } = asked;
  const key = options.key ?? (party.fapi ? await makeKeyPair() : undefined);
  const { answer, json } = await askToken(trial, codeForm(asked, code), { ...options, party, key });
  assert.equal(answer.status, 200, `the code brings tokens: ${answer.body}`);
  return checkTokens(trial, party, json, asked.parameters.nonce, key);
}

/** What a successful answer of the token endpoint holds. */
export async function checkTokens(
  trial: Trial,
  party: Party,
  json: Record<string, unknown>,
  nonce: string | undefined,
  key: KeyPair | undefined,
): Promise<Tokens> {
  assert.equal(String(json.token_type).toLowerCase(), key ? 'dpop' : 'bearer', 'token_type');
  checkUnguessable('access token', json.access_token);
  if (json.refresh_token !== undefined) checkUnguessable('refresh token', json.refresh_token);
  if (json.expires_in !== undefined) assert.ok(Number(json.expires_in) > 0, 'expires_in is a number');
  const claims = await checkIdToken(trial, party, json.id_token, nonce);
  return {
    ...{ party, claims, key, json },
    access: String(json.access_token),
    refresh: typeof json.refresh_token === 'string' ? json.refresh_token : undefined,
    id: String(json.id_token),
  };
}

/** The token endpoint refuses. */
export function expectRefusal({ answer, json }: TokenAnswer, errors: readonly string[]): void {
  assert.ok(answer.status === 400 || answer.status === 401, `refused, not ${answer.status}: ${answer.body}`);
  assert.ok(
    errors.includes(String(json.error)),
    `error is one of ${errors.join(', ')}, not ${String(json.error)}`,
  );
  assert.equal(json.access_token, undefined, 'no token beside the error');
}

/** Userinfo by GET with the token in its header. */
export function askUserinfo(trial: Trial, { access, key }: Pick<Tokens, 'access' | 'key'>): Promise<Answer> {
  const path = endpoint(trial.metadata, 'userinfo');
  return sendWithProof(trial, key, { method: 'GET', path, access }, (headers) =>
    newcomer(trial.place).get(path, {
      headers: { accept: 'application/json', ...dpopHeaders(access, key), ...headers },
    }),
  );
}

/** The claims that userinfo tells: 200, JSON and the same person. */
export async function userinfo(trial: Trial, tokens: Tokens): Promise<Record<string, unknown>> {
  return readUserinfo(await askUserinfo(trial, tokens), tokens);
}

export function readUserinfo(answer: Answer, { claims }: Tokens): Record<string, unknown> {
  assert.equal(answer.status, 200, `userinfo answers: ${answer.body}`);
  const told = JSON.parse(answer.body) as Record<string, unknown>;
  assert.equal(told.sub, claims.sub, 'userinfo and ID token are about one person');
  return told;
}

/** A whole sign-in with all its checks: code, tokens, userinfo. */
export async function signIn(
  trial: Trial,
  change: Change = {},
  party = trial.first,
): Promise<Tokens & { told: Record<string, unknown>; back: Callback }> {
  const back = await authorize(trial, ask(trial, change, party));
  const tokens = await redeem(trial, back, back.code);
  return { ...tokens, told: await userinfo(trial, tokens), back };
}

export function refreshForm(refresh: string | undefined): Record<string, string> {
  assert.ok(refresh, 'there is a refresh token');
  return { grant_type: 'refresh_token', refresh_token: refresh };
}
