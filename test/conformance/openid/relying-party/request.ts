/** Asking for an authorization: the parameters, pushing them, and what becomes of them in the browser. */
import assert from 'node:assert/strict';
import { decodeJwt, type JWTPayload } from 'jose';
import type { Agent, Answer } from '../../../support/agent';
import { hiddenFields } from '../../../support/relying-party';
import type { Trial } from '../module';
import type { Party } from '../place';
import { authentication } from './authentication';
import { checkCallback, checkJsonAnswer, checkUnguessable } from './checks';
import { endpoint } from './metadata';
import { requestObject, sha256, unique } from './signing';

export type Change = Record<string, string | undefined>;

export interface Asked {
  party: Party;
  parameters: Record<string, string>;
  /** Of PKCE; undefined where none was sent. */
  verifier: string | undefined;
}

/** The parameters of a request for a code; `change` replaces some, undefined leaves one out. */
export function ask(trial: Trial, change: Change = {}, party = trial.first): Asked {
  const verifier = party.withoutPkce ? undefined : unique() + unique();
  const all: Change = {
    client_id: party.id,
    response_type: 'code',
    redirect_uri: party.redirectUri,
    scope: 'openid',
    state: unique(),
    nonce: unique(),
    ...(verifier && { code_challenge: sha256(verifier), code_challenge_method: 'S256' }),
    ...(party.signs && { response_mode: 'jwt' }),
    ...change,
  };
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined) parameters[name] = value;
  return { party, parameters, verifier };
}

/** Pushes parameters as they are (RFC 9126 §2.1). */
export async function push(
  trial: Trial,
  party: Party,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{ answer: Answer; json: Record<string, unknown> }> {
  const proofs = await authentication(trial, party);
  const answer = await trial.browser.post(
    endpoint(trial.metadata, 'pushed_authorization_request'),
    { ...form, ...proofs.form },
    { headers: { accept: 'application/json', ...proofs.headers, ...headers } },
  );
  return { answer, json: checkJsonAnswer(answer) };
}

/** Pushes a request, signed where the relying party signs. @returns the request_uri */
export async function pushed(
  trial: Trial,
  { party, parameters }: Asked,
  headers: Record<string, string> = {},
): Promise<string> {
  const form = party.signs
    ? { request: await requestObject(party, trial.place.issuer, parameters) }
    : parameters;
  const { answer, json } = await push(trial, party, form, headers);
  assert.equal(answer.status, 201, `the pushed request is taken: ${answer.body}`);
  checkUnguessable('request_uri', json.request_uri);
  assert.ok(Number(json.expires_in) > 0 && Number(json.expires_in) < 600, 'expires_in of a pushed request');
  return String(json.request_uri);
}

/** Path of the authorization endpoint with these parameters. */
export function authorizationPath(trial: Trial, parameters: Record<string, string>): string {
  return `${endpoint(trial.metadata, 'authorization')}?${new URLSearchParams(parameters).toString()}`;
}

/** Where the browser is to go with a request. */
export async function pathFor(trial: Trial, asked: Asked): Promise<string> {
  if (!asked.party.fapi) return authorizationPath(trial, asked.parameters);
  const uri = await pushed(trial, asked);
  return authorizationPath(trial, { client_id: asked.party.id, request_uri: uri });
}

/** What the person has before them, or what the relying party gets. */
export type View =
  { kind: 'back'; url: URL } | { kind: 'sign-in' | 'consent' | 'error' | 'page'; answer: Answer };

/** Opens a path of the server and follows it as far as no person is needed. */
export async function visit(trial: Trial, path: string, browser = trial.browser): Promise<View> {
  return look(trial, await browser.get(path), browser);
}

async function look(trial: Trial, first: Answer, browser: Agent): Promise<View> {
  let answer = first;
  for (let hop = 0; answer.location !== undefined; hop += 1) {
    assert.ok(hop < 10, 'redirects end');
    const url = new URL(answer.location);
    if (url.origin !== trial.place.issuer) return { kind: 'back', url };
    answer = await browser.get(url.pathname + url.search);
  }
  assert.ok(answer.status < 500, `no fault: ${answer.status}`);
  if (/name="password"/.test(answer.body)) return { kind: 'sign-in', answer };
  if (/name="decision"/.test(answer.body)) return { kind: 'consent', answer };
  return { kind: answer.status >= 400 ? 'error' : 'page', answer };
}

const actionOf = ({ body }: Answer): string => /<form[^>]* action="([^"]*)"/.exec(body)?.[1] ?? '';

/** Does what the page asks of a person: signs in, or says yes (or no); gives what comes of it. */
export async function goOn(
  trial: Trial,
  view: View,
  consent: 'allow' | 'deny' = 'allow',
  browser = trial.browser,
): Promise<View> {
  assert.ok(view.kind === 'sign-in' || view.kind === 'consent', `a person is asked, not: ${shown(view)}`);
  const { email, password, captcha = '' } = trial.place.person;
  const filled: Record<string, string> =
    view.kind === 'sign-in' ? { identifier: email, password, captcha } : { decision: consent };
  const form = { ...hiddenFields(view.answer.body), ...filled };
  return look(trial, await browser.post(actionOf(view.answer), form), browser);
}

/** A person who does not want to: presses «Отмена» on the page that asks. */
export async function refuse(trial: Trial, view: View): Promise<View> {
  assert.ok(view.kind === 'sign-in', `the sign-in page is shown, not: ${shown(view)}`);
  const action = /formaction="([^"]*cancel[^"]*)"/.exec(view.answer.body)?.[1] ?? '';
  return look(trial, await trial.browser.post(action, hiddenFields(view.answer.body)), trial.browser);
}

export const shown = (view: View): string =>
  view.kind === 'back'
    ? view.url.href
    : `${view.answer.status} ${/<h1>(.*?)<\/h1>/.exec(view.answer.body)?.[1] ?? ''}`;

export interface Callback {
  asked: Asked;
  url: URL;
  /** Of the query, or of the signed answer. */
  parameters: URLSearchParams;
}

/** The checked answer at the redirect address. */
export async function callback(trial: Trial, asked: Asked, view: View): Promise<Callback> {
  assert.equal(view.kind, 'back', `the relying party gets an answer, not: ${shown(view)}`);
  const { url } = view;
  const signed = url.searchParams.get('response');
  const parameters =
    asked.party.signs && signed !== null ? answerIn(trial, asked.party, signed) : url.searchParams;
  checkCallback(trial, asked, url, parameters);
  return Promise.resolve({ asked, url, parameters });
}

/** The claims of a signed answer (JARM §2.1); its signature is a module of its own. */
function answerIn(trial: Trial, party: Party, jwt: string): URLSearchParams {
  const claims: JWTPayload = decodeJwt(jwt);
  assert.equal(claims.iss, trial.place.issuer, 'iss of the signed answer');
  assert.equal(claims.aud, party.id, 'aud of the signed answer');
  return new URLSearchParams(
    Object.entries(claims).map(([name, value]): [string, string] => [name, String(value)]),
  );
}

/** A code for the person, who signs in if asked. */
export async function authorize(
  trial: Trial,
  asked: Asked,
  path?: string,
): Promise<Callback & { code: string }> {
  let view = await visit(trial, path ?? (await pathFor(trial, asked)));
  for (let page = 0; page < 3 && (view.kind === 'sign-in' || view.kind === 'consent'); page += 1)
    view = await goOn(trial, view);
  const back = await callback(trial, asked, view);
  assert.equal(back.parameters.get('error'), null, `no error: ${back.url.href}`);
  return { ...back, code: back.parameters.get('code') ?? '' };
}

/** The request ends in an error: at the redirect address with one of `errors`, or (where allowed) on a page. */
export async function expectError(
  trial: Trial,
  asked: Asked,
  view: View,
  errors: readonly string[],
  page: 'page too' | 'never a page' = 'page too',
): Promise<void> {
  if (page === 'page too' && view.kind === 'error') return;
  const { parameters } = await callback(trial, asked, view);
  const error = parameters.get('error') ?? 'none';
  assert.ok(errors.includes(error), `error is one of ${errors.join(', ')}, not ${error}`);
}
