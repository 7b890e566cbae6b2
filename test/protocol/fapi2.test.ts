/** A FAPI 2.0 relying party (private_key_jwt, PAR, DPoP) and those who attack it: RFC 7523, 9126, 9449. */
import { createHash, randomBytes } from 'node:crypto';
import * as oidc from 'openid-client';
import { createAgent, type Agent } from '../support/agent';
import { addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import {
  assertion,
  FAPI2,
  keyedParty,
  keyPair,
  proof,
  requestOf,
  signInAt,
  type KeyPair,
  type Party,
} from './party';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe.each(storageKinds)('FAPI 2.0 on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let party: Party;
  let other: Party;
  let browser: Agent;
  /** Ports of the nodes; several where the storage is shared. */
  let ports: number[];

  beforeAll(async () => {
    product = await startProduct(kind, {
      nodes: kind === 'postgres' ? 2 : 1,
      env: { DATABASE_POOL_SIZE: '30' },
    });
    ports = product.nodes.map(({ port }) => port);
    person = await addPerson(product.app);
    [party, other] = await Promise.all([keyedParty(product, FAPI2), keyedParty(product, FAPI2)]);
    browser = createAgent(product.issuer);
  });
  afterAll(() => product.close());

  const json = (body: string) => JSON.parse(body) as Record<string, unknown>;
  const endpoint = (path: string): string => `${product.issuer}${path}`;

  const push = async (form: Record<string, string>, from = party, port?: number) => {
    const answer = await createAgent(product.issuer).post(
      '/request',
      {
        client_id: from.id,
        ...form,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await assertion(from, product.issuer),
      },
      { port, headers: { accept: 'application/json' } },
    );
    return { status: answer.status, json: json(answer.body) };
  };

  const tokens = async () => {
    const handle = oidc.getDPoPHandle(party.config, await keyPair());
    const request = await requestOf(party);
    const url = await oidc.buildAuthorizationUrlWithPAR(party.config, request.parameters, { DPoP: handle });
    const back = await signInAt(product, url, person, browser);
    const got = await oidc.authorizationCodeGrant(party.config, back, request.checks, undefined, {
      DPoP: handle,
    });
    return { got, handle, back, url };
  };

  it('says in its metadata what is on, and nothing else', () => {
    expect(party.config.serverMetadata()).toMatchObject({
      pushed_authorization_request_endpoint: endpoint('/request'),
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
        'none',
      ],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
      device_authorization_endpoint: endpoint('/device/auth'),
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
      authorization_signing_alg_values_supported: ['ES256', 'EdDSA', 'RS256'],
      claims_parameter_supported: true,
    });
    const { token_endpoint_auth_signing_alg_values_supported: algorithms } = party.config.serverMetadata();
    expect(algorithms).toEqual(['ES256', 'EdDSA', 'PS256', 'RS256', 'Ed25519']);
    expect(party.config.serverMetadata().registration_endpoint).toBeUndefined();
  });

  it('signs a person in, reads userinfo and refreshes without rotation', async () => {
    const { got, handle, back } = await tokens();
    expect(back.searchParams.get('iss')).toBe(product.issuer);
    expect(got.token_type).toBe('dpop');
    expect(got.claims()).toMatchObject({ sub: person.id, email: person.email });
    const info = await oidc.fetchUserInfo(party.config, got.access_token, person.id, { DPoP: handle });
    expect(info.email).toBe(person.email);
    const again = await oidc.refreshTokenGrant(party.config, got.refresh_token ?? '', undefined, {
      DPoP: handle,
    });
    expect(again.token_type).toBe('dpop');
    expect(again.refresh_token ?? got.refresh_token).toBe(got.refresh_token);
    const third = await oidc.refreshTokenGrant(party.config, got.refresh_token ?? '', undefined, {
      DPoP: handle,
    });
    expect(third.access_token).not.toBe(again.access_token);
  });

  describe('attack 16: a pushed request', () => {
    const pushed = async (port?: number) => {
      const { parameters } = await requestOf(party);
      const { json: made } = await push({ ...parameters, response_type: 'code' }, party, port);
      return String(made.request_uri);
    };
    const open = (uri: string, client = party.id, agent = browser, port?: number) => {
      const query = new URLSearchParams({ client_id: client, request_uri: uri });
      return agent.get(`/auth?${query.toString()}`, { port });
    };

    it('is demanded', async () => {
      const { parameters } = await requestOf(party);
      const url = oidc.buildAuthorizationUrl(party.config, parameters);
      const answer = await createAgent(product.issuer).get(url.pathname + url.search);
      expect(answer.location ?? answer.body).toContain('invalid_request');
      expect(answer.location ?? '').not.toContain('code=');
    });

    it('is taken once, from its own client', async () => {
      await tokens();
      const uri = await pushed();
      const foreign = await open(uri, other.id);
      expect(foreign.status).toBe(400);
      expect(foreign.location).toBeUndefined();
      const first = await open(uri);
      expect(new URL(first.location ?? '').searchParams.get('code')).toMatch(/./);
      const second = await open(uri);
      expect(second.location ?? '').not.toContain('code=');
      expect(second.body + (second.location ?? '')).toMatch(/invalid_request_uri|уже|устарел|врем/i);
    });

    it('is taken once by many at once, on every node', async () => {
      await tokens();
      const uri = await pushed(ports[0]);
      const jar = () => {
        const agent = createAgent(product.issuer);
        for (const [name, cookie] of browser.cookies) agent.cookies.set(name, cookie);
        return agent;
      };
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => open(uri, party.id, jar(), ports[index % ports.length])),
      );
      const codes = answers.filter(({ location }) => location?.includes('code='));
      expect(codes).toHaveLength(1);
      expect(answers.every(({ status }) => status < 500)).toBe(true);
    });

    it('is refused when it names another request, or came by GET', async () => {
      const { parameters } = await requestOf(party);
      const nested = await push({ ...parameters, response_type: 'code', request_uri: 'urn:x:y' });
      expect(nested.status).toBe(400);
      expect((await createAgent(product.issuer).get('/request')).status).toBe(404);
      expect((await open('urn:ietf:params:oauth:request_uri:never-pushed')).location ?? '').not.toContain(
        'code=',
      );
    });
  });

  describe('attack 14: a client assertion', () => {
    const authenticate = async (jwt: string, port?: number) => {
      const form = { grant_type: 'refresh_token', refresh_token: 'x', client_id: party.id };
      const answer = await createAgent(product.issuer).post(
        '/token',
        { ...form, client_assertion_type: ASSERTION_TYPE, client_assertion: jwt },
        { port, headers: { accept: 'application/json' } },
      );
      return { status: answer.status, error: json(answer.body).error };
    };
    const REFUSED = { status: 401, error: 'invalid_client' };

    it.each([
      ['another audience', { aud: 'https://id.example.org' }],
      ['the token endpoint as its audience', { aud: '/token' }],
      ['a list of audiences', { aud: ['issuer'] }],
      ['a life of a year', { exp: Math.floor(Date.now() / 1000) + 365 * 86_400 }],
      ['no end', { exp: undefined }],
      ['an end that is past', { exp: Math.floor(Date.now() / 1000) - 300 }],
      ['a beginning that is to come', { nbf: Math.floor(Date.now() / 1000) + 3600 }],
      ['no subject', { sub: undefined }],
      ['another subject', { sub: 'somebody-else' }],
      ['another issuer', { iss: 'somebody-else' }],
      ['no identifier', { jti: undefined }],
    ])('with %s proves nothing', async (_name, change: Record<string, unknown>) => {
      const aud =
        change.aud === '/token'
          ? endpoint('/token')
          : Array.isArray(change.aud)
            ? [product.issuer]
            : change.aud;
      const jwt = await assertion(party, product.issuer, 'aud' in change ? { aud } : change);
      const answer = await authenticate(jwt);
      expect([400, 401]).toContain(answer.status);
      expect(['invalid_client', 'invalid_request']).toContain(answer.error);
    });

    it('of another key, of none, or signed with a public key as a secret proves nothing', async () => {
      const foreign = await assertion({ ...party, keys: other.keys }, product.issuer);
      expect(await authenticate(foreign)).toEqual(REFUSED);
      const [, body = ''] = (await assertion(party, product.issuer)).split('.');
      const head = (alg: string) => Buffer.from(JSON.stringify({ alg })).toString('base64url');
      expect(await authenticate(`${head('none')}.${body}.`)).toEqual(REFUSED);
      const mac = createHash('sha256').update('x').digest('base64url');
      expect(await authenticate(`${head('HS256')}.${body}.${mac}`)).toEqual(REFUSED);
    });

    it('proves something once, however many send it at once', async () => {
      const jwt = await assertion(party, product.issuer);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => authenticate(jwt, ports[index % ports.length])),
      );
      // The one that was believed is told that its refresh token is none, or that a proof is missing.
      expect(answers.filter(({ error }) => error !== 'invalid_client')).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
    });
  });

  describe('attack 15: a DPoP-bound access token', () => {
    const ath = (token: string): string => createHash('sha256').update(token).digest('base64url');
    let access: string;
    let keys: KeyPair;
    let nonce: string;

    const ask = async (headers: Record<string, string>, port?: number) => {
      const answer = await createAgent(product.issuer).get('/userinfo', {
        port,
        headers: { accept: 'application/json', ...headers },
      });
      const given = answer.headers['dpop-nonce'];
      if (typeof given === 'string') nonce = given;
      return answer;
    };
    const withProof = async (change: Record<string, unknown> = {}, header?: object, by = keys) => {
      const claims = { htm: 'GET', htu: endpoint('/userinfo'), ath: ath(access), nonce, ...change };
      return { authorization: `DPoP ${access}`, dpop: await proof(by, claims, header) };
    };

    beforeAll(async () => {
      keys = await keyPair();
      const handle = oidc.getDPoPHandle(party.config, keys);
      const request = await requestOf(party);
      const url = await oidc.buildAuthorizationUrlWithPAR(party.config, request.parameters, { DPoP: handle });
      const back = await signInAt(product, url, person, browser);
      const got = await oidc.authorizationCodeGrant(party.config, back, request.checks, undefined, {
        DPoP: handle,
      });
      access = got.access_token;
      const first = await ask(await withProof({ nonce: undefined }));
      expect(first.status).toBe(401);
      expect(first.headers['www-authenticate']).toContain('use_dpop_nonce');
    });

    it('is taken with a proof, a nonce of any node included', async () => {
      for (const port of ports) expect((await ask(await withProof(), port)).status).toBe(200);
      expect((await ask(await withProof({ htu: `${endpoint('/userinfo')}?a=b#c` }))).status).toBe(200);
    });

    it.each<[string, Record<string, unknown>, object]>([
      ['another method', { htm: 'POST' }, {}],
      ['another address', { htu: 'https://id.example.org/userinfo' }, {}],
      ['another path', { htu: '/token' }, {}],
      ['another token', { ath: 'x' }, {}],
      ['no token', { ath: undefined }, {}],
      ['no identifier', { jti: undefined }, {}],
      ['no time', { iat: undefined }, {}],
      ['a nonce of somebody else', { nonce: 'x' }, {}],
      ['another type', {}, { typ: 'JWT' }],
      ['no key', {}, { jwk: undefined }],
    ])('is refused with a proof for %s', async (_name, change, header) => {
      const answer = await ask(await withProof(change, header));
      expect([400, 401]).toContain(answer.status);
      expect(answer.body).not.toContain(person.email);
    });

    it('is refused without its key: as a bearer token, and with a proof of another one', async () => {
      expect((await ask({ authorization: `Bearer ${access}` })).status).toBe(401);
      const { dpop } = await withProof();
      expect((await ask({ authorization: `Bearer ${access}`, dpop })).status).toBeGreaterThanOrEqual(400);
      expect((await ask(await withProof({}, undefined, await keyPair()))).status).toBe(401);
    });

    it('is refused with a proof that was seen, however many send it at once', async () => {
      const headers = await withProof();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => ask(headers, ports[index % ports.length])),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
    });

    it('is not given without a proof', async () => {
      const request = await requestOf(party);
      const url = await oidc.buildAuthorizationUrlWithPAR(party.config, request.parameters);
      const back = await signInAt(product, url, person, browser);
      await expect(oidc.authorizationCodeGrant(party.config, back, request.checks)).rejects.toMatchObject({
        error: 'invalid_grant',
      });
    });

    it('goes with the key that the request named', async () => {
      const request = await requestOf(party);
      const named = oidc.getDPoPHandle(party.config, keys);
      const url = await oidc.buildAuthorizationUrlWithPAR(party.config, request.parameters, { DPoP: named });
      const back = await signInAt(product, url, person, browser);
      const stolen = oidc.getDPoPHandle(party.config, await keyPair());
      await expect(
        oidc.authorizationCodeGrant(party.config, back, request.checks, undefined, { DPoP: stolen }),
      ).rejects.toMatchObject({ error: 'invalid_grant' });
    });
  });

  it('refuses a code of another FAPI 2.0 client, and a verifier that does not fit', async () => {
    const request = await requestOf(party);
    const handle = oidc.getDPoPHandle(party.config, await keyPair());
    const url = await oidc.buildAuthorizationUrlWithPAR(party.config, request.parameters, { DPoP: handle });
    const back = await signInAt(product, url, person, browser);
    const checks = { ...request.checks, pkceCodeVerifier: randomBytes(32).toString('base64url') };
    await expect(
      oidc.authorizationCodeGrant(party.config, back, checks, undefined, { DPoP: handle }),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});
