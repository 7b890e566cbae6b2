/** The endpoints that relying parties call: token, userinfo, introspection, revocation, keys. */
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import {
  ALL_SCOPES,
  authorizationRequest,
  clientAuthentication,
  postAsClient,
  redeemCode,
  refreshTokens,
} from '../support/relying-party';
import { codeFor, isActive, relyingParty, tokensFor, userinfoStatus } from './tokens';

describe.each(storageKinds)('endpoints on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let other: TestClient;
  let resourceServer: TestClient;
  let agent: Agent;
  let party: Agent;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app);
    client = await addClient(product.app);
    other = await addClient(product.app);
    resourceServer = await addClient(product.app, {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      post_logout_redirect_uris: [],
    });
    agent = createAgent(product.issuer);
    party = relyingParty(product);
  });
  afterAll(() => product.close());

  const tokens = (change?: Record<string, string>, of = client) =>
    tokensFor(product, agent, of, person, change);
  const introspect = async (asker: TestClient, token: string) =>
    (await postAsClient(party, '/token/introspection', asker, { token })).json;

  it('go on with no sign-in but their own, whatever the address says', async () => {
    const [, query = ''] = authorizationRequest(client, { response_mode: 'query.jwt' }).path.split('?');
    for (const path of ['/auth/x', '/auth/x/', `/auth/${'a'.repeat(43)}`]) {
      const answer = await createAgent(product.issuer).get(`${path}?${query}`);
      expect(answer).toMatchObject({ status: 400, location: undefined });
    }
  });

  describe('the token endpoint', () => {
    it('attack 7: gives nothing for the code of another relying party', async () => {
      const { code, request } = await codeFor(product, agent, client, person);
      const stolen = await redeemCode(party, other, request, code);
      expect(stolen).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
      const withItsUri = await redeemCode(
        party,
        { ...other, redirectUri: client.redirectUri },
        request,
        code,
      );
      expect(withItsUri).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    });

    it('attack 7: gives nothing for the refresh token of another relying party', async () => {
      const { refresh } = await tokens();
      const stolen = await refreshTokens(party, other, refresh);
      expect(stolen).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    });

    it('demands the redirect address of the request', async () => {
      const two = await addClient(product.app, {
        redirect_uris: ['https://cabinet.example/callback', 'https://cabinet.example/second'],
      });
      const { code, request } = await codeFor(product, agent, two, person);
      const moved = { ...two, redirectUri: 'https://cabinet.example/second' };
      const answer = await redeemCode(party, moved, request, code);
      expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    });

    it('attack 18: narrows scopes on refresh and never widens them', async () => {
      const { refresh } = await tokens({ scope: 'openid email' }, other);
      const form = { grant_type: 'refresh_token', refresh_token: refresh };
      const wider = await postAsClient(party, '/token', other, { ...form, scope: ALL_SCOPES });
      expect(wider).toMatchObject({ status: 400, json: { error: 'invalid_scope' } });
      const resource = await postAsClient(party, '/token', other, {
        ...form,
        resource: 'https://evil.example',
      });
      expect(resource.json.access_token === undefined || decodeJwtOrOpaque(resource.json)).toBe(true);
      const fresh = await tokens({ scope: 'openid email' }, other);
      const narrower = await postAsClient(party, '/token', other, {
        grant_type: 'refresh_token',
        refresh_token: fresh.refresh,
        scope: 'openid',
      });
      expect(narrower).toMatchObject({ status: 200, json: { scope: 'openid' } });
      expect(decodeJwt(String(narrower.json.id_token))).not.toHaveProperty('email');
    });

    /** An opaque token names no audience, so no resource was taken up. */
    const decodeJwtOrOpaque = (json: Record<string, unknown>) => !String(json.access_token).includes('.');

    it('keeps who and when over a refresh, and gives a new access token', async () => {
      const first = await tokens();
      const { json } = await refreshTokens(party, client, first.refresh);
      const before = decodeJwt(first.id);
      const after = decodeJwt(String(json.id_token));
      for (const claim of ['iss', 'sub', 'aud', 'auth_time', 'sid']) expect(after[claim]).toBe(before[claim]);
      expect(json.access_token).not.toBe(first.access);
    });

    it.each(['Basic %%%', 'Basic ', 'Bearer x', undefined])(
      'refuses %j as a secret',
      async (authorization) => {
        const headers = {
          accept: 'application/json',
          ...(authorization === undefined ? {} : { authorization }),
        };
        const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: client.id };
        const answer = await party.post('/token', form, { headers });
        expect([400, 401]).toContain(answer.status);
        const { error } = JSON.parse(answer.body) as { error: string };
        expect(['invalid_client', 'invalid_request']).toContain(error);
      },
    );

    it('refuses a wrong secret however it is sent', async () => {
      const wrong = { ...client, secret: 'wrong' };
      expect(await refreshTokens(party, wrong, 'x')).toMatchObject({
        status: 401,
        json: { error: 'invalid_client' },
      });
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: client.id };
      const answer = await party.post('/token', { ...form, client_secret: 'wrong' });
      expect(answer.status).toBe(401);
    });

    it('takes no fingerprint of a secret for the secret', async () => {
      const row = await product.app.db
        .selectFrom('clients')
        .select('secretHash')
        .where('id', '=', client.id)
        .executeTakeFirstOrThrow();
      const { refresh } = await tokens();
      const answer = await refreshTokens(party, { ...client, secret: row.secretHash ?? '' }, refresh);
      expect(answer).toMatchObject({ status: 401, json: { error: 'invalid_client' } });
    });

    it('refuses grants that are not for people here, and JSON', async () => {
      for (const grant of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', '']) {
        const answer = await postAsClient(party, '/token', client, {
          grant_type: grant,
          username: person.email,
          password: person.password,
        });
        expect(answer.status).toBe(400);
        expect(answer.json).not.toHaveProperty('access_token');
      }
      const json = await party.send('POST', '/token', JSON.stringify({ grant_type: 'client_credentials' }), {
        headers: { 'content-type': 'application/json', accept: 'application/json' },
      });
      expect(json.status).toBe(400);
    });

    it('gives a resource server a token of its own and no person', async () => {
      const form = { grant_type: 'client_credentials' };
      const { status, json } = await postAsClient(party, '/token', resourceServer, form);
      expect(status).toBe(200);
      expect(json).not.toHaveProperty('id_token');
      expect(json).not.toHaveProperty('refresh_token');
      expect(await userinfoStatus(product, String(json.access_token))).toBe(401);
      expect(await postAsClient(party, '/token', client, form)).toMatchObject({ status: 400 });
    });

    it('is never cached', async () => {
      const { code, request } = await codeFor(product, agent, client, person);
      const headers = {
        ...clientAuthentication(client).headers,
        accept: '*/*',
      };
      const form = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: client.redirectUri,
        code_verifier: request.verifier,
      };
      for (const expected of [200, 400]) {
        const answer = await party.post('/token', form, { headers });
        expect(answer.status).toBe(expected);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['content-type']).toContain('application/json');
      }
    });
  });

  describe('userinfo', () => {
    it('answers GET and POST', async () => {
      const { access } = await tokens();
      const bearer = { authorization: `Bearer ${access}`, accept: 'application/json' };
      const got = await party.get('/userinfo', { headers: bearer });
      const posted = await party.send('POST', '/userinfo', '', { headers: bearer });
      const inBody = await party.post('/userinfo', { access_token: access });
      for (const answer of [got, posted, inBody]) {
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.body)).toMatchObject({ sub: person.id, email: person.email });
        expect(answer.headers['cache-control']).toBe('no-store');
      }
    });

    it('attack 13: takes nothing but an access token', async () => {
      const { id, refresh, code } = await tokens();
      for (const token of [id, refresh, code, '', 'x', 'null'])
        expect(await userinfoStatus(product, token)).not.toBe(200);
      const query = await party.get(`/userinfo?access_token=${(await tokens()).access}`);
      expect(query.status).not.toBe(200);
    });
  });

  describe('opaque access tokens', () => {
    it('are short enough for a header, tell nothing, and differ', async () => {
      const [one, two] = [await tokens(), await tokens()];
      expect(one.access).not.toBe(two.access);
      for (const { access } of [one, two]) {
        expect(access).toMatch(/^at_[\w-]{40,1000}$/);
        const inside = Buffer.from(access.slice(3), 'base64url').toString('latin1');
        for (const secret of [person.id, client.id, 'openid']) expect(inside).not.toContain(secret);
      }
    });

    it('are good for nothing once a character is another', async () => {
      const { access } = await tokens();
      for (const place of [4, 12, 40, Math.floor(access.length / 2), access.length - 2]) {
        const altered =
          access.slice(0, place) + (access[place] === 'A' ? 'B' : 'A') + access.slice(place + 1);
        expect([place, await userinfoStatus(product, altered)]).toEqual([place, 401]);
        expect([place, await isActive(product, client, altered)]).toEqual([place, false]);
      }
      expect(await userinfoStatus(product, access)).toBe(200);
    });

    it('are nothing else that is sealed here', async () => {
      const browser = createAgent(product.issuer);
      await browser.get(authorizationRequest(client).path);
      const state = [...browser.cookies.values()].find(({ name }) => name === 'interaction_state');
      const payload = { accountId: person.id, clientId: client.id, scope: 'openid', kind: 'AccessToken' };
      const elsewhere = product.app.secrets.seal(JSON.stringify(payload), 'AuthorizationCode:x');
      for (const sealed of [state?.value, elsewhere]) {
        expect(sealed).toEqual(expect.stringContaining('.'));
        expect(await userinfoStatus(product, `at_${sealed}`)).toBe(401);
      }
    });
  });

  describe('introspection', () => {
    it('tells a relying party of its own tokens and a resource server of all', async () => {
      const { access, refresh } = await tokens();
      expect(await introspect(client, access)).toMatchObject({
        active: true,
        client_id: client.id,
        sub: person.id,
      });
      expect(await introspect(client, refresh)).toMatchObject({ active: true });
      expect(await introspect(resourceServer, access)).toMatchObject({ active: true, sub: person.id });
      expect(await introspect(other, access)).toEqual({ active: false });
      expect(await introspect(other, refresh)).toEqual({ active: false });
    });

    it('attack 83: calls nothing else active', async () => {
      const { id, code } = await tokens();
      const grants = await product.app.db.selectFrom('grants').select('id').execute();
      const ids = [
        id,
        code,
        'x',
        '*',
        'a:b',
        '../x',
        `oidc:AccessToken:x`,
        ...grants.map((grant) => grant.id),
      ];
      for (const token of ids) expect((await introspect(resourceServer, token)).active).not.toBe(true);
    });

    it('demands a secret', async () => {
      const { access } = await tokens();
      const answer = await party.post('/token/introspection', { token: access, client_id: client.id });
      expect(answer.status).toBe(401);
      const open = await addClient(product.app, { token_endpoint_auth_method: 'none' });
      const { json, status } = await postAsClient(party, '/token/introspection', open, { token: access });
      expect(status === 200 ? json : { active: false }).toEqual({ active: false });
    });
  });

  describe('revocation', () => {
    const revoke = (asker: TestClient, token: string) =>
      postAsClient(party, '/token/revocation', asker, { token });

    it.each(['access', 'refresh'] as const)('of the %s token ends all of the grant', async (which) => {
      const given = await tokens();
      expect(await revoke(client, given[which])).toMatchObject({ status: 200 });
      expect(await userinfoStatus(product, given.access)).toBe(401);
      expect(await isActive(product, client, given.access)).toBe(false);
      const refreshed = await refreshTokens(party, client, given.refresh);
      expect(refreshed).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    });

    it('is not for the tokens of others', async () => {
      const { access, refresh } = await tokens();
      for (const token of [access, refresh]) {
        const answer = await revoke(other, token);
        expect(answer.status).toBeLessThan(500);
      }
      expect(await isActive(product, client, access)).toBe(true);
      expect(await refreshTokens(party, client, refresh)).toMatchObject({ status: 200 });
    });

    it('of an unknown token is no fault', async () => {
      expect(await revoke(client, 'unknown')).toMatchObject({ status: 200 });
    });
  });

  describe('keys', () => {
    it.each(['ES256', 'RS256', 'EdDSA'] as const)('verify an ID token of %s', async (alg) => {
      const party = await addClient(product.app, { id_token_signed_response_alg: alg });
      const { id } = await tokens({}, party);
      expect(decodeProtectedHeader(id).alg).toBe(alg);
      const keys = createRemoteJWKSet(new URL(`${product.issuer}/jwks`));
      const { payload } = await jwtVerify(id, keys, { issuer: product.issuer, audience: party.id });
      expect(payload.sub).toBe(person.id);
    });

    it('are published without their private parts, each with its own id', async () => {
      const { body } = await party.get('/jwks');
      const { keys } = JSON.parse(body) as { keys: Record<string, unknown>[] };
      expect(keys.length).toBeGreaterThanOrEqual(6);
      expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
      for (const key of keys) {
        expect(['EC', 'RSA', 'OKP']).toContain(key.kty);
        for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'])
          expect(key).not.toHaveProperty(secret);
      }
    });
  });
});
