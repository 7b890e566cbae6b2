/** The steps of a relying party and of a person without JavaScript, one call each. */
import { createHash, randomBytes } from 'node:crypto';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import type { Agent, Answer, RequestOptions } from './agent';
import type { TestClient, TestPerson } from './app';

export const ALL_SCOPES = 'openid profile email phone companies';

export interface AuthorizationRequest {
  path: string;
  verifier: string;
  state: string;
  nonce: string;
}

/** An authorization request with PKCE; `change` replaces parameters, undefined leaves one out. */
export function authorizationRequest(
  client: TestClient,
  change: Record<string, string | undefined> = {},
): AuthorizationRequest {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('base64url');
  const nonce = randomBytes(8).toString('base64url');
  const parameters: Record<string, string | undefined> = {
    client_id: client.id,
    response_type: 'code',
    redirect_uri: client.redirectUri,
    scope: ALL_SCOPES,
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  const defined = Object.entries(parameters).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  return { path: `/auth?${new URLSearchParams(defined).toString()}`, verifier, state, nonce };
}

/** The hidden fields of the page's first form. */
export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of html.matchAll(/<input type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined) fields[name] = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
  }
  return fields;
}

/** Follows redirects within the issuer; gives the first answer that is none, or that leads elsewhere. */
export async function follow(
  agent: Agent,
  issuer: string,
  answer: Answer,
  options?: RequestOptions,
): Promise<Answer> {
  let current = answer;
  for (let hop = 0; hop < 10 && current.location?.startsWith(`${issuer}/`); hop += 1) {
    current = await agent.get(current.location.slice(issuer.length), options);
  }
  return current;
}

/** Opens the sign-in page of a request; the answer is the page and its address is in `path`. */
export async function openSignIn(
  agent: Agent,
  request: AuthorizationRequest,
  options?: RequestOptions,
): Promise<Answer & { path: string }> {
  const started = await agent.get(request.path, options);
  if (!started.location) throw new Error(`no interaction: ${started.status} ${started.body}`);
  const path = new URL(started.location).pathname;
  return { ...(await agent.get(path, options)), path };
}

/** Fills in and sends the sign-in form. */
export function submitSignIn(
  agent: Agent,
  page: Answer & { path: string },
  person: { email: string; password: string },
  options?: RequestOptions & { form?: Record<string, string> },
): Promise<Answer> {
  const form = {
    ...hiddenFields(page.body),
    identifier: person.email,
    password: person.password,
    captcha: FIXED_ANSWER,
  };
  return agent.post(`${page.path}/sign-in`, { ...form, ...options?.form }, options);
}

/** A whole sign-in, up to the relying party's redirect address with its code. */
export async function signIn(
  agent: Agent,
  issuer: string,
  request: AuthorizationRequest,
  person: TestPerson,
): Promise<URL> {
  const page = await openSignIn(agent, request);
  const done = await follow(agent, issuer, await submitSignIn(agent, page, person));
  if (!done.location) throw new Error(`sign-in ended at ${done.status}: ${done.body}`);
  return new URL(done.location);
}

/** `Authorization` of a confidential client (RFC 6749 §2.3.1), or the id in the body of a public one. */
export function clientAuthentication(client: TestClient): {
  headers: Record<string, string>;
  form: Record<string, string>;
} {
  if (client.secret === undefined) return { headers: {}, form: { client_id: client.id } };
  const basic = Buffer.from(`${client.id}:${client.secret}`).toString('base64');
  return { headers: { authorization: `Basic ${basic}` }, form: {} };
}

/** Posts to an endpoint as the client and reads the JSON. */
export async function postAsClient(
  agent: Agent,
  path: string,
  client: TestClient,
  form: Record<string, string>,
  options: RequestOptions = {},
): Promise<{ status: number; json: Record<string, unknown> }> {
  const authentication = clientAuthentication(client);
  const headers = { accept: 'application/json', ...authentication.headers, ...options.headers };
  const answer = await agent.post(path, { ...form, ...authentication.form }, { ...options, headers });
  return {
    status: answer.status,
    json: answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>),
  };
}

export function redeemCode(
  agent: Agent,
  client: TestClient,
  request: AuthorizationRequest,
  code: string,
  options?: RequestOptions,
) {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    code_verifier: request.verifier,
  };
  return postAsClient(agent, '/token', client, form, options);
}

export function refreshTokens(
  agent: Agent,
  client: TestClient,
  refreshToken: string,
  options?: RequestOptions,
) {
  return postAsClient(
    agent,
    '/token',
    client,
    { grant_type: 'refresh_token', refresh_token: refreshToken },
    options,
  );
}
