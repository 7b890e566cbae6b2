/** The whole way to a relying party's tokens in one call, and whether they are still good for anything. */
import { createAgent, type Agent } from '../support/agent';
import type { TestClient, TestPerson, TestProduct } from '../support/app';
import {
  authorizationRequest,
  follow,
  postAsClient,
  redeemCode,
  signIn,
  type AuthorizationRequest,
} from '../support/relying-party';

export interface Code {
  code: string;
  request: AuthorizationRequest;
  /** Where the relying party got it. */
  back: URL;
}

export interface Tokens extends Code {
  access: string;
  refresh: string;
  id: string;
}

/** A client of the token endpoint: no browser, so no cookies. */
export function relyingParty(product: TestProduct): Agent {
  return createAgent(product.issuer);
}

/** A code for a person who signs in with `agent` now, or did before. */
export async function codeFor(
  product: TestProduct,
  agent: Agent,
  client: TestClient,
  person: TestPerson,
  change: Record<string, string | undefined> = {},
): Promise<Code> {
  const request = authorizationRequest(client, change);
  const known = await follow(agent, product.issuer, await agent.get(request.path));
  const back = known.location
    ? new URL(known.location)
    : await signIn(agent, product.issuer, request, person);
  return { code: back.searchParams.get('code') ?? '', request, back };
}

/** Tokens for a person who signs in with `agent` now, or did before. */
export async function tokensFor(
  product: TestProduct,
  agent: Agent,
  client: TestClient,
  person: TestPerson,
  change: Record<string, string | undefined> = {},
): Promise<Tokens> {
  const code = await codeFor(product, agent, client, person, change);
  const { status, json } = await redeemCode(relyingParty(product), client, code.request, code.code);
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(json)}`);
  return {
    ...code,
    access: String(json.access_token),
    refresh: String(json.refresh_token),
    id: String(json.id_token),
  };
}

/** Status of userinfo for an access token; `port` chooses the node. */
export async function userinfoStatus(product: TestProduct, access: string, port?: number): Promise<number> {
  const headers = { authorization: `Bearer ${access}`, accept: 'application/json' };
  return (await relyingParty(product).get('/userinfo', { headers, port })).status;
}

/** Whether introspection calls a token active. */
export async function isActive(product: TestProduct, client: TestClient, token: string): Promise<boolean> {
  const { status, json } = await postAsClient(relyingParty(product), '/token/introspection', client, {
    token,
  });
  if (status !== 200) throw new Error(`introspection: ${status}`);
  return json.active === true;
}
