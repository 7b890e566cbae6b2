/** Signed requests and answers (RFC 9101, JARM), and access tokens for APIs (RFC 8707, RFC 9068). */
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { insertResource } from '../../src/clients/resource-store';
import { createAgent, type Agent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { hiddenFields, postAsClient } from '../support/relying-party';
import { assertion, FAPI2, keyedParty, keyPair, requestOf, signInAt, type Party } from './party';

const STOCK = 'https://api.example.com/stock';
const YARD = 'https://api.example.com/yard';
const FOREIGN = 'https://api.example.com/foreign';

let product: TestProduct;
let person: TestPerson;
let browser: Agent;

beforeAll(async () => {
  product = await startProduct('embedded');
  person = await addPerson(product.app);
  browser = createAgent(product.issuer);
  const add = (uri: string, tokenFormat: 'jwt' | 'opaque', alg: 'ES256' | 'EdDSA' | 'RS256') =>
    insertResource(
      product.app.db,
      { uri, name: 'Склад', scope: 'stock:read stock:write companies', tokenFormat, alg },
      product.app.clock.now(),
    );
  await add(STOCK, 'jwt', 'ES256');
  await add(YARD, 'opaque', 'ES256');
  await add(FOREIGN, 'jwt', 'ES256');
  await add('https://api.example.com/eddsa', 'jwt', 'EdDSA');
  await add('https://api.example.com/rsa', 'jwt', 'RS256');
});
afterAll(() => product.close());

const open = (url: URL): Promise<URL> => signInAt(product, url, person, browser);

describe('a signed request', () => {
  let party: Party;
  beforeAll(async () => {
    party = await keyedParty(product, { require_signed_request_object: true });
  });

  it('signs a person in, and what stands beside it counts for nothing', async () => {
    const request = await requestOf(party);
    const url = await oidc.buildAuthorizationUrlWithJAR(
      party.config,
      request.parameters,
      party.keys.privateKey,
    );
    url.searchParams.set('scope', 'openid phone');
    const back = await open(url);
    const tokens = await oidc.authorizationCodeGrant(party.config, back, request.checks);
    expect(tokens.claims()?.email).toBe(person.email);
  });

  it('is demanded where it is registered', async () => {
    const { parameters } = await requestOf(party);
    const url = oidc.buildAuthorizationUrl(party.config, parameters);
    const answer = await browser.get(url.pathname + url.search);
    expect(answer.location ?? answer.body).toContain('invalid_request');
    expect(answer.location ?? '').not.toContain('code=');
  });

  it.each<[string, Record<string, unknown>, object]>([
    ['that never ends', { exp: undefined }, {}],
    ['for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }, {}],
    ['that is over', { exp: Math.floor(Date.now() / 1000) - 60 }, {}],
    ['for somebody else', { aud: 'https://id.example.org' }, {}],
    ['of somebody else', { iss: 'somebody-else' }, {}],
    ['for another client', { client_id: 'somebody-else' }, {}],
    ['of another kind', {}, { typ: 'at+jwt' }],
  ])('%s is refused', async (_name, change, header) => {
    const { parameters } = await requestOf(party);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: party.id,
      aud: product.issuer,
      client_id: party.id,
      response_type: 'code',
      exp: now + 60,
    };
    const request = await new SignJWT({ ...parameters, ...claims, ...change })
      .setProtectedHeader({ alg: 'ES256', ...header })
      .sign(party.keys.privateKey);
    const query = new URLSearchParams({ client_id: party.id, request });
    const answer = await browser.get(`/auth?${query.toString()}`);
    expect(answer.location ?? '').not.toContain('code=');
    expect(answer.location ?? answer.body).toContain('invalid_request');
  });

  it('attack 13: of another key, of none, or signed with a public key as a secret is refused', async () => {
    const { parameters } = await requestOf(party);
    const now = Math.floor(Date.now() / 1000);
    const claims = { ...parameters, iss: party.id, aud: product.issuer, client_id: party.id, exp: now + 60 };
    const { privateKey } = await keyPair();
    const foreign = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    const secret = new TextEncoder().encode(JSON.stringify(party.keys));
    const mac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(secret);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const request of [foreign, mac, `${part({ alg: 'none' })}.${part(claims)}.`]) {
      const query = new URLSearchParams({ client_id: party.id, request });
      const answer = await browser.get(`/auth?${query.toString()}`);
      expect(answer.location ?? answer.body).toContain('invalid_request_object');
    }
  });
});

describe('a signed answer', () => {
  it.each(['jwt', 'query.jwt'])('comes as %s, signed as the ID tokens are', async (mode) => {
    const party = await keyedParty(product, { id_token_signed_response_alg: 'EdDSA' });
    oidc.useJwtResponseMode(party.config);
    const request = await requestOf(party);
    const url = oidc.buildAuthorizationUrl(party.config, { ...request.parameters, response_mode: mode });
    const back = await open(url);
    expect([...back.searchParams.keys()]).toEqual(['response']);
    const tokens = await oidc.authorizationCodeGrant(party.config, back, request.checks);
    expect(tokens.claims()?.sub).toBe(person.id);
  });

  it('may be posted: the page may send its form there', async () => {
    const party = await keyedParty(product);
    const { parameters } = await requestOf(party);
    await open(oidc.buildAuthorizationUrl(party.config, parameters));
    const url = oidc.buildAuthorizationUrl(party.config, { ...parameters, response_mode: 'form_post.jwt' });
    const page = await browser.get(url.pathname + url.search);
    expect(hiddenFields(page.body).response).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(page.headers['content-security-policy']).toContain("form-action 'self' https://cabinet.example");
  });
});

describe('a signed answer of userinfo and introspection', () => {
  it.each(['ES256', 'EdDSA', 'RS256'] as const)('is for this client alone, with %s', async (alg) => {
    const party = await keyedParty(product, {
      ...{ userinfo_signed_response_alg: alg, introspection_signed_response_alg: alg },
    });
    const request = await requestOf(party);
    const back = await open(oidc.buildAuthorizationUrl(party.config, request.parameters));
    const tokens = await oidc.authorizationCodeGrant(party.config, back, request.checks);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const info = await createAgent(product.issuer).get('/userinfo', { headers });
    const keys = createRemoteJWKSet(new URL(`${product.issuer}/jwks`));
    const checks = { issuer: product.issuer, audience: party.id, algorithms: [alg] };
    expect((await jwtVerify(info.body, keys, checks)).payload).toMatchObject({ email: person.email });

    const type = 'application/token-introspection+jwt';
    const form = { token: tokens.access_token, client_id: party.id, ...(await proofOf(party)) };
    const told = await createAgent(product.issuer).post('/token/introspection', form, {
      headers: { accept: type },
    });
    expect(told.headers['content-type']).toContain(type);
    const { payload } = await jwtVerify(told.body, keys, { ...checks, typ: 'token-introspection+jwt' });
    expect(payload.token_introspection).toMatchObject({ active: true, client_id: party.id });
    const plain = await oidc.tokenIntrospection(party.config, tokens.access_token);
    expect(plain.active).toBe(true);
  });
});

const proofOf = async (party: Party) => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: await assertion(party, product.issuer),
});

describe('an access token for an API', () => {
  const tokensFor = async (party: Party, change: Record<string, string>) => {
    const request = await requestOf(party, change);
    const back = await open(oidc.buildAuthorizationUrl(party.config, request.parameters));
    return oidc.authorizationCodeGrant(party.config, back, request.checks);
  };

  it.each([
    [STOCK, 'ES256'],
    ['https://api.example.com/eddsa', 'EdDSA'],
    ['https://api.example.com/rsa', 'RS256'],
  ])('%s is a JWT of %s that the API checks by itself', async (uri, alg) => {
    const party = await keyedParty(product, { resources: [uri] });
    const { access_token: access } = await tokensFor(party, {
      ...{ resource: uri, scope: 'openid companies stock:read' },
    });
    const keys = createRemoteJWKSet(new URL(`${product.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(access, keys, {
      issuer: product.issuer,
      audience: uri,
    });
    expect(protectedHeader).toMatchObject({ alg, typ: 'at+jwt' });
    expect(payload).toMatchObject({ sub: person.id, client_id: party.id, companies: [] });
    expect(String(payload.scope).split(' ').sort()).toEqual(['companies', 'stock:read']);
    expect(payload).not.toHaveProperty('email');
    const headers = { authorization: `Bearer ${access}` };
    expect((await createAgent(product.issuer).get('/userinfo', { headers })).status).toBe(401);
  });

  it('is opaque where that is registered, and the API introspects it', async () => {
    const party = await keyedParty(product, { resources: [YARD] });
    const { access_token: access } = await tokensFor(party, { resource: YARD, scope: 'openid stock:write' });
    expect(access).not.toContain('.');
    const api = await addClient(product.app, {
      ...{ grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] },
    });
    const { json } = await postAsClient(createAgent(product.issuer), '/token/introspection', api, {
      token: access,
    });
    expect(json).toMatchObject({ active: true, aud: YARD, scope: 'stock:write', sub: person.id });
  });

  it('is for what the client is registered to call, and nothing else', async () => {
    const party = await keyedParty(product, { resources: [STOCK] });
    for (const resource of [FOREIGN, 'https://nowhere.example.com', `${STOCK}#x`, 'stock', '\u0000']) {
      const { parameters } = await requestOf(party, { resource, scope: 'openid stock:read' });
      const back = await open(oidc.buildAuthorizationUrl(party.config, parameters));
      expect(back.searchParams.get('error')).toBe('invalid_target');
    }
  });

  it('attack 18: is never widened on a refresh, nor turned to another API', async () => {
    const party = await keyedParty(product, { resources: [STOCK, YARD] });
    const { refresh_token: refresh = '', access_token: access } = await tokensFor(party, {
      ...{ resource: STOCK, scope: 'openid stock:read' },
    });
    expect(decodeJwt(access).scope).toBe('stock:read');
    await expect(
      oidc.refreshTokenGrant(party.config, refresh, { scope: 'openid stock:read stock:write' }),
    ).rejects.toMatchObject({ error: 'invalid_scope' });
    const same = await oidc.refreshTokenGrant(party.config, refresh, { resource: STOCK });
    expect(decodeJwt(same.access_token)).toMatchObject({ aud: STOCK, scope: 'stock:read' });
    await expect(
      oidc.refreshTokenGrant(party.config, same.refresh_token ?? '', { resource: YARD }),
    ).rejects.toMatchObject({ error: 'invalid_target' });
  });

  it('is not signed with RS256 for a FAPI 2.0 client, whatever the API is registered with', async () => {
    const bank = await keyedParty(product, { ...FAPI2, resources: ['https://api.example.com/rsa'] });
    const { parameters } = await requestOf(bank, { resource: 'https://api.example.com/rsa' });
    await expect(oidc.buildAuthorizationUrlWithPAR(bank.config, parameters)).rejects.toMatchObject({
      error: 'invalid_target',
    });
  });

  it('is given to a back end for itself', async () => {
    const party = await keyedParty(product, {
      ...{ grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] },
      resources: [STOCK],
    });
    const tokens = await oidc.clientCredentialsGrant(party.config, { resource: STOCK, scope: 'stock:read' });
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: party.id, aud: STOCK, scope: 'stock:read' });
  });
});
