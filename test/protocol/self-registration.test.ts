/** Software that registers itself (RFC 7591, RFC 7592), with a token of an operator's. */
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { runCli } from '../../src/admin/cli';
import { adminTools } from '../../src/node/admin-socket';
import type { ClientInput } from '../../src/clients/client';
import { recordingIo } from '../admin/desk';
import { tokensFor } from '../provider/tokens';
import { createAgent, type Agent } from '../support/agent';
import { addPerson, startProduct, type TestProduct } from '../support/app';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  submitSignIn,
} from '../support/relying-party';

let product: TestProduct;
let agent: Agent;

const cli = async (...argv: string[]) => {
  const { io, answer } = recordingIo(new Map());
  const tools = adminTools(product.app);
  const loadConfig = () => product.app.config;
  answer.code = await runCli(argv, { io, tools: () => Promise.resolve(tools), loadConfig });
  return answer;
};
const cliJson = async <Shape>(...argv: string[]): Promise<Shape> => {
  const { code, out, err } = await cli(...argv, '--json');
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${err}`);
  return JSON.parse(out) as Shape;
};

beforeAll(async () => {
  product = await startProduct('postgres', { nodes: 2, env: { CLIENT_REGISTRATION: 'token' } });
});
afterAll(() => product.close());
beforeEach(() => {
  agent = createAgent(product.issuer);
});

describe('registration by software', () => {
  const post = (body: unknown, token: string, path = '/reg', method = 'POST', port?: number) =>
    createAgent(product.issuer).send(method, path, body === undefined ? undefined : JSON.stringify(body), {
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      port,
    });
  const token = async (...more: string[]) =>
    cliJson<{ id: string; token: string }>(
      'clients',
      'registration-token',
      'create',
      '--name',
      'Партнёр',
      ...more,
    );
  const wanted = { redirect_uris: ['https://partner.example/cb'], client_name: 'Партнёр' };

  it('works through openid-client, for a sign-in that asks the person once', async () => {
    const { token: initial } = await token();
    const config = await oidc.dynamicClientRegistration(
      new URL(product.issuer),
      { ...wanted, grant_types: ['authorization_code', 'refresh_token'] },
      undefined,
      { execute: [oidc.allowInsecureRequests], initialAccessToken: initial },
    );
    const metadata = config.clientMetadata();
    const client = {
      ...{ id: metadata.client_id, secret: String(metadata.client_secret) },
      redirectUri: 'https://partner.example/cb',
    };
    const one = await addPerson(product.app);
    const request = authorizationRequest(client, { scope: 'openid email' });
    const page = await openSignIn(agent, request);
    const consent = await follow(agent, product.issuer, await submitSignIn(agent, page, one));
    expect(consent.body).toContain('адрес электронной почты');
    expect(consent.body).toContain('Партнёр');
    const action = /action="([^"]+)"/.exec(consent.body)?.[1] ?? '';
    const allowed = await agent.post(action, { ...hiddenFields(consent.body), decision: 'allow' });
    const back = await follow(agent, product.issuer, allowed);
    expect(new URL(back.location ?? '').searchParams.has('code')).toBe(true);
    // Another browser, the same person: remembered.
    const again = await tokensFor(product, createAgent(product.issuer), client, one, {
      scope: 'openid email',
    });
    expect(decodeJwt(again.id).sub).toBe(one.id);
  });

  it('is answered 401 without a good token, and once for each use', async () => {
    for (const bad of ['', 'x'.repeat(43)]) {
      const answer = await post(wanted, bad);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
    }
    const given = await token('--uses', '2');
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(wanted, given.token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 401, 401, 401, 401]);
    const revoked = await token();
    await cliJson('clients', 'registration-token', 'revoke', revoked.id);
    expect((await post(wanted, revoked.token)).status).toBe(401);
    const list = await cliJson<{ items: object[] }>('clients', 'registration-token', 'list');
    expect(list.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: given.id, state: 'used up' }),
        expect.objectContaining({ id: revoked.id, state: 'revoked' }),
      ]),
    );
    expect(JSON.stringify(list)).not.toContain(given.token);
  });

  it('gives nobody more than the strict defaults', async () => {
    const { token: initial } = await token('--uses', '20');
    const refused: [object, string][] = [
      [{ redirect_uris: ['http://partner.example/cb'] }, 'invalid_redirect_uri'],
      [{ redirect_uris: ['http://localhost/cb'] }, 'invalid_redirect_uri'],
      [{ redirect_uris: ['https://partner.example/cb#x'] }, 'invalid_redirect_uri'],
      [{ redirect_uris: ['javascript:alert(1)'], application_type: 'native' }, 'invalid_redirect_uri'],
      [{ redirect_uris: [] }, 'invalid_redirect_uri'],
      [{ ...wanted, grant_types: ['implicit'] }, 'invalid_client_metadata'],
      [{ ...wanted, grant_types: ['authorization_code', 'client_credentials'] }, 'invalid_client_metadata'],
      [{ ...wanted, response_types: ['id_token'] }, 'invalid_client_metadata'],
      [{ ...wanted, token_endpoint_auth_method: 'client_secret_jwt' }, 'invalid_client_metadata'],
      [{ ...wanted, jwks_uri: 'http://partner.example/jwks' }, 'invalid_client_metadata'],
      [{ ...wanted, backchannel_logout_uri: 'http://127.0.0.1/x' }, 'invalid_client_metadata'],
    ];
    for (const [body, error] of refused) {
      const answer = await post(body, initial);
      expect([answer.status, (JSON.parse(answer.body) as { error: string }).error]).toEqual([400, error]);
    }
    const greedy = { ...wanted, scope: 'openid email companies', pkce_exempt: true, admits: 'waiting' };
    const more = { asks_consent: false, resources: ['https://api.example'], client_id: 'cabinet' };
    const made = JSON.parse((await post({ ...greedy, ...more }, initial)).body) as Record<string, unknown>;
    expect(made).toMatchObject({ scope: 'openid email', response_types: ['code'] });
    expect(made.client_id).toMatch(/^dyn-/);
    const stored = await cliJson<Partial<ClientInput> & { pkce_exempt: boolean }>(
      ...['clients', 'show', String(made.client_id)],
    );
    expect(stored).toMatchObject({ asks_consent: true, pkce_exempt: false });
    for (const name of ['admits', 'resources']) expect(stored).not.toHaveProperty(name);
  });

  it('is read, changed and ended by its own token only, on every node at once', async () => {
    const { token: initial } = await token('--uses', '2');
    const made = JSON.parse((await post(wanted, initial)).body) as Record<string, string>;
    const id = String(made.client_id);
    const path = `/reg/${id}`;
    const own = String(made.registration_access_token);
    expect(made.registration_client_uri).toBe(`${product.issuer}${path}`);
    const port = product.nodes[1]?.port;
    const read = await post(undefined, own, path, 'GET', port);
    expect(JSON.parse(read.body)).toMatchObject({ client_id: id, client_name: 'Партнёр' });
    expect(read.body).not.toContain('client_secret"');
    const stranger = JSON.parse((await post(wanted, initial)).body) as Record<string, string>;
    for (const wrong of [String(stranger.registration_access_token), initial, String(made.client_secret)])
      for (const method of ['GET', 'PUT', 'DELETE'])
        expect((await post(method === 'GET' ? undefined : wanted, wrong, path, method)).status).toBe(401);
    const redirect_uris = ['https://partner.example/new'];
    const put = (change: object) =>
      post({ client_id: id, ...wanted, redirect_uris, ...change }, own, path, 'PUT', port);
    expect((await put({ client_secret: 'wrong' })).status).toBe(400);
    expect((await put({ client_id: 'cabinet' })).status).toBe(400);
    expect((await put({ client_id_issued_at: 1 })).status).toBe(400);
    expect((await put({ client_secret: made.client_secret })).status).toBe(200);
    const changed = { id, secret: made.client_secret, redirectUri: 'https://partner.example/new' };
    const known = await createAgent(product.issuer).get(authorizationRequest(changed).path);
    expect(known.status).toBe(303);
    const old = authorizationRequest({ ...changed, redirectUri: 'https://partner.example/cb' });
    expect((await createAgent(product.issuer).get(old.path)).status).toBe(400);
    expect((await post(undefined, own, path, 'DELETE')).status).toBe(204);
    expect((await post(undefined, own, path, 'GET')).status).toBe(401);
    const events = await product.app.db
      .selectFrom('audit')
      .select(['event', 'actor'])
      .where('subject', '=', `client:${id}`)
      .orderBy('id')
      .execute();
    const names = events.map(({ event }) => event);
    expect(names).toEqual(['client_registered', 'client_updated', 'client_deleted']);
    expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set([`client:${id}`]));
  });

  it('leaves no token in the database', async () => {
    const { token: initial } = await token();
    const made = JSON.parse((await post(wanted, initial)).body) as Record<string, string>;
    const { rows } = await product.app.pool.query(
      'select row_to_json(c)::text as row from clients c union all select row_to_json(t)::text from registration_tokens t',
    );
    const kept = JSON.stringify(rows);
    for (const secret of [initial, made.client_secret, made.registration_access_token])
      expect(kept).not.toContain(String(secret));
  });

  it('takes no junk', async () => {
    const { token: initial } = await token();
    const send = (body: string | Buffer, type = 'application/json') =>
      createAgent(product.issuer).send('POST', '/reg', body, {
        headers: { 'content-type': type, authorization: `Bearer ${initial}` },
      });
    for (const body of ['[]', 'null', '{', '"x"', JSON.stringify({ a: 'x'.repeat(70_000) })])
      expect((await send(body)).status).toBe(400);
    expect((await send('redirect_uris=x', 'application/x-www-form-urlencoded')).status).toBe(400);
    const strange = { ...wanted, client_name: { a: 1 }, redirect_uris: [{ x: 1 }] };
    expect((await send(JSON.stringify(strange))).status).toBe(400);
  });
});

it('registration is off by default', async () => {
  const plain = await startProduct('embedded');
  const browser = createAgent(plain.issuer);
  const discovery = await browser.get('/.well-known/openid-configuration');
  expect(discovery.body).not.toContain('registration_endpoint');
  expect(JSON.parse(discovery.body)).toMatchObject({ subject_types_supported: ['public'] });
  expect((await browser.send('POST', '/reg', '{}')).status).toBe(404);
  await plain.close();
});
