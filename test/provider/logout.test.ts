/** RP-initiated and back-channel logout (OIDC RP-Initiated Logout 1.0, OIDC Back-Channel Logout 1.0). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT, generateKeyPair } from 'jose';
import { createAgent, type Agent, type Answer } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import { authorizationRequest, follow, hiddenFields, refreshTokens } from '../support/relying-party';
import { relyingParty, tokensFor, userinfoStatus } from './tokens';

const AFTER = 'https://cabinet.example/';

/** A relying party's endpoint for logout tokens. */
async function openSink(): Promise<{ url: string; tokens: string[]; server: Server }> {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`, tokens, server };
}

describe.each(storageKinds)('signing out on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let listening: TestClient;
  let sink: Awaited<ReturnType<typeof openSink>>;
  let agent: Agent;

  beforeAll(async () => {
    sink = await openSink();
    product = await startProduct(kind);
    person = await addPerson(product.app);
    client = await addClient(product.app);
    listening = await addClient(product.app, {
      backchannel_logout_uri: sink.url,
      backchannel_logout_session_required: true,
    });
  });
  afterAll(async () => {
    await product.close();
    sink.server.close();
  });
  beforeEach(() => {
    agent = createAgent(product.issuer);
    sink.tokens.length = 0;
  });

  const tokens = (of = client, by = agent) => tokensFor(product, by, of, person);
  const ask = (parameters: Record<string, string>) =>
    agent.get(`/session/end?${new URLSearchParams(parameters).toString()}`);
  const confirm = (page: Answer, form: Record<string, string> = { logout: 'yes' }) =>
    agent.post('/session/end/confirm', { ...hiddenFields(page.body), ...form });
  const isSignedIn = async (): Promise<boolean> => {
    const silent = await agent.get(authorizationRequest(client, { prompt: 'none' }).path);
    return new URL(silent.location ?? '').searchParams.has('code');
  };

  /** One logout token has come; it is sent from the outbox, within a second. */
  const arrived = async (): Promise<void> => {
    const began = Date.now();
    while (sink.tokens.length === 0 && Date.now() - began < 5000)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sink.tokens).toHaveLength(1);
  };

  it('leads back to the registered address with the state, and everything is over', async () => {
    const given = await tokens();
    const page = await ask({ id_token_hint: given.id, post_logout_redirect_uri: AFTER, state: 'a b' });
    expect(page.status).toBe(200);
    expect(page.body).toContain('Выйти');
    expect(await isSignedIn()).toBe(true);
    const done = await confirm(page);
    expect(done).toMatchObject({ status: 303, location: `${AFTER}?state=a+b` });
    expect(await isSignedIn()).toBe(false);
    expect(await userinfoStatus(product, given.access)).toBe(401);
    expect(await refreshTokens(relyingParty(product), client, given.refresh)).toMatchObject({ status: 400 });
  });

  it('ends at our own page when no address is given', async () => {
    const { id } = await tokens();
    for (const parameters of [{}, { state: 'x' }, { id_token_hint: id }] as Record<string, string>[]) {
      await tokens();
      const page = await ask(parameters);
      const done = await confirm(page);
      expect(done.location).toMatch(new RegExp(`^${product.issuer}/session/end/success`));
      expect((await follow(agent, product.issuer, done)).body).toContain('Вы вышли');
    }
  });

  it('leaves other relying parties signed in when only one is left', async () => {
    const here = await tokens();
    const there = await tokens(listening);
    const page = await ask({ id_token_hint: here.id, post_logout_redirect_uri: AFTER });
    expect((await confirm(page, {})).status).toBe(303);
    expect(await userinfoStatus(product, here.access)).toBe(401);
    expect(await userinfoStatus(product, there.access)).toBe(200);
    expect(sink.tokens).toEqual([]);
  });

  it.each([
    'https://evil.example/',
    'https://cabinet.example/?foo=bar',
    'https://cabinet.example',
    'https://cabinet.example//',
    'https://cabinet.example/x',
    'https://CABINET.example/',
    'https://cabinet.example@evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
  ])('attack 4: never leads to %j', async (uri) => {
    const { id } = await tokens();
    const refused = await ask({ id_token_hint: id, post_logout_redirect_uri: uri });
    expect(refused).toMatchObject({ status: 400, location: undefined });
    expect(await isSignedIn()).toBe(true);
  });

  it('attack 4: leads to no address for which nobody vouches', async () => {
    await tokens();
    const done = await confirm(await ask({ post_logout_redirect_uri: AFTER, state: 'x' }));
    expect(done.location).toMatch(new RegExp(`^${product.issuer}/session/end/success`));
  });

  it('attack 13: takes no hint that we did not sign as an ID token of that relying party', async () => {
    const given = await tokens();
    const [, payload = ''] = given.id.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT(decodeJwt(given.id))
      .setProtectedHeader({ alg: 'RS256', jku: 'https://evil.example/jwks' })
      .sign(privateKey);
    const hmac = await new SignJWT(decodeJwt(given.id))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(client.secret ?? ''));
    for (const hint of [none, forged, hmac, given.access, given.refresh, `${given.id}x`, 'x', '']) {
      const answer = await ask({ id_token_hint: hint, post_logout_redirect_uri: AFTER });
      if (hint === '') expect((await confirm(answer)).location).not.toMatch(/^https:\/\/cabinet\.example/);
      else expect(answer).toMatchObject({ status: 400, location: undefined });
    }
  });

  it('attack 20: is not done by an image, a foreign form or a guessed token', async () => {
    const { id } = await tokens();
    await ask({ id_token_hint: id });
    expect(await isSignedIn()).toBe(true);
    for (const xsrf of ['guess', '', 'undefined']) {
      const answer = await agent.post('/session/end/confirm', { logout: 'yes', xsrf });
      expect(answer.status).toBe(400);
    }
    expect((await agent.get('/session/end/confirm?logout=yes')).status).toBe(404);
    const stranger = createAgent(product.issuer);
    await tokens(client, stranger);
    const strangers = hiddenFields((await stranger.get('/session/end')).body);
    expect((await agent.post('/session/end/confirm', { ...strangers, logout: 'yes' })).status).toBe(400);
    expect(await isSignedIn()).toBe(true);
  });

  it('attack 40: what was saved before is dead afterwards', async () => {
    const given = await tokens();
    const saved = new Map(agent.cookies);
    await confirm(await ask({ id_token_hint: given.id }));
    for (const [name, cookie] of saved) agent.cookies.set(name, cookie);
    expect(await isSignedIn()).toBe(false);
    const page = await follow(agent, product.issuer, await agent.get(authorizationRequest(client).path));
    expect(page.body).toContain('name="password"');
    expect(page.body).not.toContain(person.email);
  });

  it('sends relying parties that listen a logout token', async () => {
    const given = await tokens(listening);
    await confirm(await ask({ id_token_hint: given.id }));
    await arrived();
    const [token = ''] = sink.tokens;
    expect(decodeJwt(given.id).sid).toEqual(expect.any(String));
    const keys = createRemoteJWKSet(new URL(`${product.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: product.issuer,
      audience: listening.id,
      typ: 'logout+jwt',
    });
    expect(protectedHeader.alg).toBe('RS256');
    expect(payload).toMatchObject({
      sub: person.id,
      sid: decodeJwt(given.id).sid,
      iat: expect.any(Number) as unknown,
      exp: expect.any(Number) as unknown,
      jti: expect.any(String) as unknown,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(Object.keys(payload.events as object)).toHaveLength(1);
    expect(payload).not.toHaveProperty('nonce');
    expect(Math.abs(Number(payload.iat) - Date.now() / 1000)).toBeLessThan(5);
    expect(await isSignedIn()).toBe(false);
    // Nor does it open anything.
    expect(await userinfoStatus(product, token)).toBe(401);
  });

  it('goes on when a relying party cannot be reached', async () => {
    const gone = await addClient(product.app, { backchannel_logout_uri: 'http://127.0.0.1:1/logout' });
    const given = await tokens(gone);
    await tokens(listening);
    const done = await confirm(await ask({ id_token_hint: given.id }));
    expect(done.status).toBe(303);
    await arrived();
    expect(await isSignedIn()).toBe(false);
  });
});
