/** What an authorization request may ask for, and what becomes of it (OIDC Core §3.1.2, RFC 9700). */
import { decodeJwt } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgent, type Agent, type Answer } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  postAsClient,
  redeemCode,
  submitSignIn,
} from '../support/relying-party';
import { codeFor, relyingParty, tokensFor } from './tokens';

let product: TestProduct;
let person: TestPerson;
let client: TestClient;
let agent: Agent;

beforeAll(async () => {
  product = await startProduct('embedded');
  person = await addPerson(product.app);
  client = await addClient(product.app);
});
afterAll(() => product.close());
beforeEach(() => {
  agent = createAgent(product.issuer);
});

const ask = (change: Record<string, string | undefined>, of = client): Promise<Answer> =>
  agent.get(authorizationRequest(of, change).path);

/** The error that came back at exactly the registered address. */
function errorAt(answer: Answer, uri = client.redirectUri): string {
  const back = new URL(answer.location ?? 'about:blank');
  expect([302, 303]).toContain(answer.status);
  expect(back.origin + back.pathname).toBe(uri);
  expect(back.searchParams.get('iss')).toBe(product.issuer);
  expect(back.searchParams.get('state')).toEqual(expect.any(String));
  expect(answer.location).not.toMatch(/[?&#](code|access_token|id_token)=/);
  expect(answer.headers['cache-control']).toBe('no-store');
  return back.searchParams.get('error') ?? '';
}

function refusedOnPage(answer: Answer): void {
  expect(answer.status).toBe(400);
  expect(answer.location).toBeUndefined();
  expect(answer.headers['content-type']).toContain('text/html');
  expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
}

describe('the redirect address', () => {
  it.each([
    'https://cabinet.example/callback/',
    'https://cabinet.example/Callback',
    'https://cabinet.example/callback2',
    'https://cabinet.example/',
    'https://CABINET.example/callback',
    'https://cabinet.example/callback?next=1',
    'https://cabinet.example/callback?',
    'https://cabinet.example/callback#x',
    'https://cabinet.example/callback%2f',
    'https://cabinet.example/callback%2f..',
    'https://cabinet.example/x/../callback',
    'https://cabinet.example/./callback',
    'https://cabinet.example//callback',
    'https://cabinet.example/%63allback',
    'https://cabinet.example:443/callback',
    'https://cabinet.example:8443/callback',
    'https://cabinet.example.evil.example/callback',
    'https://cabinet.example@evil.example/callback',
    'https://evil.example/?https://cabinet.example/callback',
    'https://evil.example#https://cabinet.example/callback',
    'https://evil.example\\@cabinet.example/callback',
    'https://cabinet.example\\.evil.example/callback',
    'https://саbinet.example/callback',
    'https://cabinet。example/callback',
    'https://cabinet.example/callback\0',
    ' https://cabinet.example/callback',
    'https://cabinet.example/callback ',
    'https://cabinet.example/callback\r\nLocation: https://evil.example',
    'http://cabinet.example/callback',
    '//cabinet.example/callback',
    '/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    '',
  ])('attack 1: is not %j', async (uri) => {
    refusedOnPage(await ask({ redirect_uri: uri }));
  });

  it('attack 6: is exact also for requests that fail or stay silent', async () => {
    const evil = 'https://cabinet.example/callback/evil';
    for (const change of [{ prompt: 'none' }, { scope: 'openid nonsense' }, { response_type: 'token' }])
      refusedOnPage(await ask({ ...change, redirect_uri: evil }));
  });

  it('must be there even when only one is registered', async () => {
    refusedOnPage(await ask({ redirect_uri: undefined }));
  });

  it('attack 2: of a native app is this machine, at any port and nowhere else', async () => {
    const native = await addClient(product.app, {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    });
    expect((await ask({ redirect_uri: 'http://127.0.0.1:49152/callback' }, native)).status).toBe(303);
    for (const uri of [
      'http://localhost:80@evil.example/callback',
      'http://127.0.0.1:80@evil.example/callback',
      'http://127.0.0.1.evil.example/callback',
      'http://localhost:80#@evil.example/callback',
      'http://127.0.0.1:49152/other',
      'https://127.0.0.1/callback',
      'http://127.0.0.2/callback',
      'http://2130706433/callback',
    ])
      refusedOnPage(await ask({ redirect_uri: uri }, native));
  });

  it('belongs to a known relying party', async () => {
    for (const id of ['unknown', '', 'client-1\0', '../client-1', undefined])
      refusedOnPage(await ask({ client_id: id }));
  });
});

describe('PKCE (attack 8)', () => {
  it.each([
    ['is missing', { code_challenge: undefined, code_challenge_method: undefined }],
    ['is plain', { code_challenge_method: 'plain' }],
    ['has no method', { code_challenge_method: undefined }],
    ['is a challenge of 42 signs', { code_challenge: 'a'.repeat(42) }],
    ['is a challenge of 129 signs', { code_challenge: 'a'.repeat(129) }],
    ['is a challenge of other signs', { code_challenge: `${'a'.repeat(42)}!` }],
  ])('is refused when it %s', async (_case, change) => {
    expect(errorAt(await ask(change))).toBe('invalid_request');
  });

  it.each([
    ['another verifier', 'x'.repeat(43)],
    ['no verifier', undefined],
    ['a short verifier', 'x'],
  ])('gives nothing for %s', async (_case, verifier) => {
    const { code, request } = await codeFor(product, agent, client, person);
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      ...(verifier === undefined ? {} : { code_verifier: verifier }),
    };
    const { status, json } = await postAsClient(relyingParty(product), '/token', client, form);
    expect(status).toBe(400);
    expect(['invalid_grant', 'invalid_request']).toContain(json.error);
    expect(json).not.toHaveProperty('access_token');
    expect(request.verifier).not.toBe(verifier);
  });

  it('may be left out by an exempted relying party alone, and cannot be added later', async () => {
    const exempt = await addClient(product.app, { pkceExempt: true });
    const none = { code_challenge: undefined, code_challenge_method: undefined };
    const plain = await codeFor(product, agent, exempt, person, none);
    const form = {
      grant_type: 'authorization_code',
      code: plain.code,
      redirect_uri: exempt.redirectUri,
    };
    expect(await postAsClient(relyingParty(product), '/token', exempt, form)).toMatchObject({ status: 200 });
    const downgraded = await codeFor(product, agent, exempt, person, none);
    const answer = await redeemCode(relyingParty(product), exempt, downgraded.request, downgraded.code);
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(errorAt(await ask(none))).toBe('invalid_request');
  });
});

describe('the response', () => {
  it.each(['token', 'id_token', 'code id_token', 'code token', 'none', '', undefined])(
    'of type %j is refused',
    async (type) => {
      const error = errorAt(await ask({ response_type: type, response_mode: 'query' }));
      expect(['unsupported_response_type', 'invalid_request']).toContain(error);
    },
  );

  it.each(['request', 'request_uri'])('does not come from a %s object', async (name) => {
    const value = name === 'request' ? 'eyJhbGciOiJub25lIn0.e30.' : 'https://evil.example/object';
    expect(errorAt(await ask({ [name]: value }))).toMatch(
      /^invalid_request_object$|^request_uri_not_supported$/,
    );
  });

  it('is not disturbed by what it does not know', async () => {
    for (const change of [
      { extra: 'foobar' },
      { acr_values: '1 2' },
      { display: 'popup' },
      { claims_locales: 'se' },
      { claims: '{"userinfo":{"name":{"essential":true}}}' },
      { scope: 'email openid profile' },
      { nonce: undefined },
    ])
      expect(
        (await openSignIn(createAgent(product.issuer), authorizationRequest(client, change))).status,
      ).toBe(200);
  });
});

describe('prompt and max_age', () => {
  const claimsOf = async (change: Record<string, string> = {}) =>
    decodeJwt((await tokensFor(product, agent, client, person, change)).id);
  const asksForSignIn = async (change: Record<string, string>): Promise<boolean> => {
    const answer = await follow(agent, product.issuer, await ask(change));
    return answer.status === 200 && answer.body.includes('name="password"');
  };

  it('none brings login_required to who is not signed in, at the exact address', async () => {
    expect(errorAt(await ask({ prompt: 'none' }))).toBe('login_required');
  });

  it('none is silent for who is signed in', async () => {
    const first = await claimsOf({ max_age: '10000' });
    const again = await claimsOf({ max_age: '10000', prompt: 'none' });
    expect(again.sub).toBe(first.sub);
    expect(again.auth_time).toBe(first.auth_time);
  });

  it('login asks again and moves auth_time on', async () => {
    const first = await claimsOf({ max_age: '10000' });
    await sleep(1100);
    const request = authorizationRequest(client, { prompt: 'login' });
    const page = await openSignIn(agent, request);
    expect(page.body).toContain('name="password"');
    const done = await follow(agent, product.issuer, await submitSignIn(agent, page, person));
    const code = new URL(done.location ?? '').searchParams.get('code') ?? '';
    const { json } = await redeemCode(relyingParty(product), client, request, code);
    const second = decodeJwt(String(json.id_token));
    expect(second.sub).toBe(first.sub);
    expect(Number(second.auth_time)).toBeGreaterThan(Number(first.auth_time));
  });

  it('max_age asks again once it has passed, and not before', async () => {
    const first = await claimsOf({ max_age: '10000' });
    expect(first.auth_time).toEqual(expect.any(Number));
    expect((await claimsOf({ max_age: '10000' })).auth_time).toBe(first.auth_time);
    await sleep(2100);
    expect(await asksForSignIn({ max_age: '1' })).toBe(true);
    expect(errorAt(await ask({ max_age: '1', prompt: 'none' }))).toBe('login_required');
    expect(await asksForSignIn({ max_age: '0' })).toBe(true);
  });

  it('id_token_hint names whom the answer must be about', async () => {
    const { id } = await tokensFor(product, agent, client, person);
    const other = await addPerson(product.app);
    const { id: foreign } = await tokensFor(product, createAgent(product.issuer), client, other);
    const same = await ask({ prompt: 'none', id_token_hint: id });
    expect(new URL(same.location ?? '').searchParams.get('code')).toEqual(expect.any(String));
    expect(errorAt(await ask({ prompt: 'none', id_token_hint: foreign }))).toBe('login_required');
    expect(await asksForSignIn({ id_token_hint: foreign })).toBe(true);
  });

  it('consent asks, and takes a no', async () => {
    await claimsOf();
    const opened = await follow(agent, product.issuer, await ask({ prompt: 'consent' }));
    expect(opened.body).toContain('электронной почты');
    const action = /action="([^"]+\/consent)"/.exec(opened.body)?.[1] ?? '';
    const decide = (decision: string) => agent.post(action, { ...hiddenFields(opened.body), decision });
    const yes = await follow(agent, product.issuer, await decide('allow'));
    expect(new URL(yes.location ?? '').searchParams.get('code')).toEqual(expect.any(String));

    const again = await follow(agent, product.issuer, await ask({ prompt: 'consent' }));
    const path = /action="([^"]+\/consent)"/.exec(again.body)?.[1] ?? '';
    const no = await agent.post(path, { ...hiddenFields(again.body), decision: 'deny' });
    expect(errorAt(await follow(agent, product.issuer, no))).toBe('access_denied');
  });
});

describe('the sign-in page', () => {
  it('is filled in with login_hint, as text', async () => {
    const plain = await openSignIn(agent, authorizationRequest(client, { login_hint: 'anna@example.com' }));
    expect(plain.body).toMatch(/id="identifier"[^>]*value="anna@example\.com"/);
    const hint = '"><script>alert(1)</script>';
    const page = await openSignIn(agent, authorizationRequest(client, { login_hint: hint }));
    expect(page.body).not.toContain('<script>alert');
    expect(page.body).toContain('value="&#34;&gt;&lt;script&gt;');
  });

  it.each([
    ['en', 'en'],
    ['fr en-GB ru', 'en'],
    ['ru en', 'ru'],
    ['<script>', 'ru'],
  ])('for ui_locales %j is in %s', async (locales, expected) => {
    const page = await openSignIn(agent, authorizationRequest(client, { ui_locales: locales }));
    expect(page.body).toContain(`<html lang="${expected}">`);
  });
});
