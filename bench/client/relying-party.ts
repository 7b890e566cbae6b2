/** The requests of a relying party: authorization with PKCE, token, introspection. */
import { createHash, randomBytes } from 'node:crypto';
import { expectStatus, locationOf, pageHeaders, signIn, type CookieJar } from './browser';
import { requestText, type Connection } from './connection';
import { SCOPE, hostOf, type Target } from './target';

export interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
}

/** One PKCE pair for all: making pairs is the relying party's work, not the server's. */
const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

export function authorizationPath({ client }: Target): string {
  const parameters = new URLSearchParams({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: client.redirectUri,
    scope: SCOPE,
    state: 'bench-state',
    nonce: 'bench-nonce',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  });
  return `/auth?${parameters.toString()}`;
}

/** A POST with the client's secret (RFC 6749 §2.3.1). */
export function clientPost(target: Target, path: string, form: Record<string, string>): string {
  const { id, secret } = target.client;
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  return requestText(hostOf(target), 'POST', path, { accept: 'application/json', authorization }, form);
}

/** Exchanges the code of the address that the browser was sent back to. */
export async function redeemCode(connection: Connection, target: Target, back: URL): Promise<Tokens> {
  const code = back.searchParams.get('code');
  if (code === null) throw new Error(`no code: ${back.search}`);
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: target.client.redirectUri,
    code_verifier: VERIFIER,
  };
  const answer = expectStatus(await connection.send(clientPost(target, '/token', form)), 200);
  const tokens = JSON.parse(answer.body) as Partial<Tokens>;
  if (!tokens.access_token || !tokens.refresh_token || !tokens.id_token)
    throw new Error('tokens are missing');
  return tokens as Tokens;
}

/** A code by a session that exists, exchanged for tokens: two requests. */
export async function tokensBySession(
  connection: Connection,
  target: Target,
  authorization: string,
): Promise<Tokens> {
  const answer = expectStatus(await connection.send(authorization), 303);
  return redeemCode(connection, target, new URL(locationOf(answer)));
}

/** The authorization request of a browser that is signed in, ready to send any number of times. */
export async function openSession(connection: Connection, target: Target): Promise<string> {
  const path = authorizationPath(target);
  const jar: CookieJar = new Map();
  await redeemCode(connection, target, await signIn(connection, target, jar, path));
  return requestText(hostOf(target), 'GET', path, pageHeaders(jar, '/auth'));
}

/** Spends a refresh token; gives its heir. */
export async function refresh(connection: Connection, target: Target, token: string): Promise<string> {
  const form = { grant_type: 'refresh_token', refresh_token: token };
  const answer = expectStatus(await connection.send(clientPost(target, '/token', form)), 200);
  const heir = (JSON.parse(answer.body) as Partial<Tokens>).refresh_token;
  if (!heir || heir === token) throw new Error('the refresh token was not rotated');
  return heir;
}
