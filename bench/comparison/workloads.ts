/** What is measured. A new workload is one entry of the list below. */
import {
  expectStatus,
  keepCookies,
  locationOf,
  pageHeaders,
  signIn,
  type CookieJar,
} from '../client/browser';
import { requestText, type Connection } from '../client/connection';
import {
  authorizationPath,
  clientPost,
  openSession,
  redeemCode,
  refresh,
  tokensBySession,
} from '../client/relying-party';
import { APIS, hostOf, type Target, type TokenAlgorithm } from '../client/target';

/** One operation on one of the connections. @throws Error on any answer but the right one. */
export type Operation = (connection: Connection, slot: number) => Promise<void>;

export interface Workload {
  name: string;
  /** What one operation is, for the table's legend. */
  meaning: string;
  /** True for what only those are timed at who ask for a password; what it needs of the stores is counted at all. */
  withPassword?: true;
  /** Makes fresh sessions and tokens before each round, which is not measured. `slots`: how many connections. */
  prepare(target: Target, connection: Connection, slots: number): Promise<Operation>;
}

/** Those that bars are about. */
export const CLIENT_CREDENTIALS = 'client credentials';
export const COLD_FLOW = 'code + PKCE cold';
export const SESSION_FLOW = 'code + PKCE session';
export const jwtName = (alg: TokenAlgorithm): string => `${CLIENT_CREDENTIALS} ${alg}`;

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'discovery',
    meaning: 'GET /.well-known/openid-configuration',
    prepare: (target) =>
      Promise.resolve(sameRequest(get(target, '/.well-known/openid-configuration'), '"issuer"')),
  },
  {
    name: 'jwks',
    meaning: 'GET /jwks',
    prepare: (target) => Promise.resolve(sameRequest(get(target, '/jwks'), '"keys"')),
  },
  {
    name: 'sign-in page',
    meaning: 'GET /auth by a new browser, then the page it is sent to (2 requests)',
    prepare: (target) => Promise.resolve((connection) => openSignInPage(connection, target)),
  },
  {
    name: CLIENT_CREDENTIALS,
    meaning: 'POST /token, client_credentials, opaque token',
    prepare: (target) => Promise.resolve(clientCredentials(target)),
  },
  ...(Object.keys(APIS) as TokenAlgorithm[]).map(jwtClientCredentials),
  {
    name: COLD_FLOW,
    meaning: 'a new browser: GET /auth, page, POST sign-in with a password, resume, POST /token (5 requests)',
    withPassword: true,
    prepare: (target) => Promise.resolve((connection) => coldFlow(connection, target)),
  },
  {
    name: SESSION_FLOW,
    meaning: 'GET /auth with a session, then POST /token: ID, access and refresh token (2 requests)',
    prepare: async (target, connection, slots) => {
      const sessions = await eachSlot(slots, () => openSession(connection, target));
      return async (own, slot) => {
        await tokensBySession(own, target, sessions[slot] ?? '');
      };
    },
  },
  {
    name: 'refresh',
    meaning: 'POST /token, refresh_token with rotation: ID, access and refresh token',
    prepare: async (target, connection, slots) => {
      // Each connection has a grant of its own, and spends what it got last.
      const tokens = await eachSlot(slots, async () => {
        const session = await openSession(connection, target);
        return (await tokensBySession(connection, target, session)).refresh_token;
      });
      return async (own, slot) => {
        tokens[slot] = await refresh(own, target, tokens[slot] ?? '');
      };
    },
  },
  {
    name: 'introspection',
    meaning: "POST /token/introspection of a person's opaque access token",
    prepare: async (target, connection, slots) => {
      const requests = (await accessTokens(target, connection, slots)).map((token) =>
        clientPost(target, '/token/introspection', { token }),
      );
      return (own, slot) => send(own, requests[slot] ?? '', '"active":true');
    },
  },
  {
    name: 'userinfo',
    meaning: 'GET /userinfo with an opaque access token',
    prepare: async (target, connection, slots) => {
      const requests = (await accessTokens(target, connection, slots)).map((token) =>
        requestText(hostOf(target), 'GET', '/userinfo', { authorization: `Bearer ${token}` }),
      );
      return (own, slot) => send(own, requests[slot] ?? '', '"email_verified":true');
    },
  },
];

const get = (target: Target, path: string): string =>
  requestText(hostOf(target), 'GET', path, { accept: 'application/json' });

async function send(connection: Connection, request: string, expected: string): Promise<void> {
  const { body } = expectStatus(await connection.send(request), 200);
  if (!body.includes(expected)) throw new Error(`no ${expected} in: ${body.slice(0, 300)}`);
}

const sameRequest =
  (request: string, expected: string): Operation =>
  (connection) =>
    send(connection, request, expected);

/** Opaque, unless an API is named whose tokens are not. */
export function clientCredentials(target: Target, api?: string): Operation {
  const form = { grant_type: 'client_credentials', ...(api === undefined ? {} : { resource: api }) };
  const expected = api === undefined ? '"access_token":"' : '"access_token":"eyJ';
  return sameRequest(clientPost(target, '/token', form), expected);
}

function jwtClientCredentials(alg: TokenAlgorithm): Workload {
  return {
    name: jwtName(alg),
    meaning: `the same for an API whose access tokens are JWTs signed with ${alg}`,
    prepare: (target) => Promise.resolve(clientCredentials(target, APIS[alg])),
  };
}

/** A whole sign-in by a new browser. */
export async function coldFlow(connection: Connection, target: Target): Promise<void> {
  const back = await signIn(connection, target, new Map(), authorizationPath(target));
  await redeemCode(connection, target, back);
}

async function openSignInPage(connection: Connection, target: Target): Promise<void> {
  const host = hostOf(target);
  const jar: CookieJar = new Map();
  const path = authorizationPath(target);
  const started = expectStatus(
    await connection.send(requestText(host, 'GET', path, pageHeaders(jar, path))),
    303,
  );
  keepCookies(jar, started);
  const page = new URL(locationOf(started), target.issuer).pathname;
  await send(connection, requestText(host, 'GET', page, pageHeaders(jar, page)), '/sign-in"');
}

async function accessTokens(target: Target, connection: Connection, count: number): Promise<string[]> {
  const session = await openSession(connection, target);
  return eachSlot(count, async () => (await tokensBySession(connection, target, session)).access_token);
}

async function eachSlot<T>(slots: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < slots) made.push(await make());
  return made;
}
