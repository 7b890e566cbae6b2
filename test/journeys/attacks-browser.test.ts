/** What a browser is told and what it may send: cookies, headers, forged forms, foreign interactions. */
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
  signIn,
  submitSignIn,
} from '../support/relying-party';
import { codeFor, relyingParty, tokensFor } from '../provider/tokens';
import { freePort } from '../support/ports';

let product: TestProduct;
let person: TestPerson;
let client: TestClient;
let agent: Agent;

beforeAll(async () => {
  product = await startProduct('embedded', { env: { METRICS_PORT: String(await freePort()) } });
  person = await addPerson(product.app);
  client = await addClient(product.app);
});
afterAll(() => product.close());
beforeEach(() => {
  agent = createAgent(product.issuer);
});

const isSignedIn = async (by: Agent): Promise<boolean> => {
  const silent = await by.get(authorizationRequest(client, { prompt: 'none' }).path);
  return new URL(silent.location ?? '').searchParams.has('code');
};

describe('attack 23', () => {
  it('headers for the inside of a network change nothing', async () => {
    const headers = {
      'x-ssl-client-verify': 'SUCCESS',
      'x-ssl-client-cert': 'x',
      'x-client-cert': 'x',
      'x-real-ip': '127.0.0.1',
      'x-original-url': '/metrics',
      'x-rewrite-url': '/metrics',
      'x-http-method-override': 'DELETE',
      'x-remote-user': person.id,
      'x-forwarded-user': person.email,
      'remote-user': person.id,
    };
    const silent = await agent.get(authorizationRequest(client, { prompt: 'none' }).path, { headers });
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required');
    const userinfo = await agent.get('/userinfo', { headers: { ...headers, accept: 'application/json' } });
    expect([400, 401]).toContain(userinfo.status);
    const form = { grant_type: 'client_credentials' };
    const token = await postAsClient(agent, '/token', { ...client, secret: undefined }, form, { headers });
    expect(token.status).toBeGreaterThanOrEqual(400);
  });
});

describe('attack 24', () => {
  it.each(['https://evil.example', 'null', 'http://localhost', 'https://cabinet.example.evil.example'])(
    'no answer opens itself to %s',
    async (origin) => {
      const { access, id } = await tokensFor(product, agent, client, person);
      const headers = { origin, authorization: `Bearer ${access}`, accept: 'application/json' };
      const answers = [
        await agent.get('/userinfo', { headers }),
        await agent.get('/', { headers }),
        await agent.get(authorizationRequest(client).path, { headers }),
        await agent.get(`/session/end?id_token_hint=${id}`, { headers }),
        await agent.get('/health/ready', { headers }),
      ];
      for (const answer of answers) {
        expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
        expect(answer.headers['access-control-allow-origin'] ?? '').not.toBe(origin);
      }
    },
  );

  it('a stranger’s origin reads nothing from the token endpoint but that it is nobody', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'x' };
    const headers = { origin: 'https://evil.example', accept: 'application/json' };
    const answer = await agent.post('/token', form, { headers });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    const known = await agent.post('/token', { ...form, client_id: client.id }, { headers });
    expect(known.status).toBeGreaterThanOrEqual(400);
    expect(known.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it('a public client in a browser is answered at its own origin, without credentials', async () => {
    const spa = await addClient(product.app, {
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://spa.example/callback'],
    });
    const { access } = await tokensFor(product, agent, spa, person);
    const ask = (origin: string) =>
      relyingParty(product).get('/userinfo', { headers: { origin, authorization: `Bearer ${access}` } });
    expect((await ask('https://spa.example')).headers['access-control-allow-origin']).toBe(
      'https://spa.example',
    );
    expect((await ask('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
    expect((await ask('https://spa.example')).headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('attack 25', () => {
  it('no answer may be framed, sniffed or given foreign scripts, errors included', async () => {
    const page = await openSignIn(agent, authorizationRequest(client));
    const wrong = await submitSignIn(agent, page, { ...person, password: 'не тот' });
    const forged = await agent.post(`${page.path}/sign-in`, {});
    await tokensFor(product, agent, client, person);
    const consent = await follow(
      agent,
      product.issuer,
      await agent.get(authorizationRequest(client, { prompt: 'consent' }).path),
    );
    const answers: Answer[] = [page, wrong, forged, consent];
    for (const path of [
      '/',
      '/session/end',
      '/session/end/success',
      '/auth',
      '/nowhere',
      '/token',
      '/jwks',
      '/userinfo',
      '/interaction/x',
      '/set-password',
      '/.well-known/openid-configuration',
      '/health/live',
      '/health/ready',
      `${page.path}/register`,
      /href="([^"]+\.css)"/.exec(page.body)?.[1] ?? '',
      '/%',
    ])
      answers.push(await agent.get(path));
    answers.push(await agent.get('/', { headers: { host: 'evil.example' } }));
    answers.push(await agent.send('POST', '/set-password', 'x=y&'.repeat(40_000)));
    for (const { headers } of answers) {
      const policy = String(headers['content-security-policy']);
      expect(policy).toMatch(/default-src 'none'/);
      expect(policy).toMatch(/frame-ancestors 'none'/);
      expect(policy).toMatch(/base-uri 'none'/);
      expect(policy).not.toMatch(/unsafe|\*|data:/);
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': expect.stringMatching(/^(same-origin|no-referrer)$/) as unknown,
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
    for (const { headers, body } of answers.filter(({ headers: { 'content-type': type } }) =>
      String(type).startsWith('text/html'),
    )) {
      expect(headers['cache-control']).toBe('no-store');
      expect(body).not.toMatch(/(src|href)="https?:\/\/(?!localhost|cabinet\.example)/);
      expect(body).not.toMatch(/ style="| on\w+="/);
    }
  });
});

describe('attack 26: cookies', () => {
  it('of an https issuer carry every protection, and HSTS is said', async () => {
    const secure = await startProduct('embedded', { env: { ISSUER: 'https://localhost' } });
    try {
      const party = await addClient(secure.app);
      const owner = await addPerson(secure.app);
      const port = secure.nodes[0]?.port;
      const browser = createAgent('https://localhost');
      const request = authorizationRequest(party);
      const page = await openSignIn(browser, request, { port });
      expect(page.status).toBe(200);
      expect(page.headers['strict-transport-security']).toMatch(/^max-age=\d{8,}; includeSubDomains/);
      const sent = await submitSignIn(browser, page, owner, { port });
      const done = await follow(browser, 'https://localhost', sent, { port });
      expect(new URL(done.location ?? '').searchParams.get('iss')).toBe('https://localhost');
      const logout = await browser.get('/session/end', { port });
      const lines = [page, sent, done, logout, await browser.get('/?lang=en', { port })].flatMap(
        ({ headers }) => headers['set-cookie'] ?? [],
      );
      expect(lines.length).toBeGreaterThan(4);
      const names = new Set<string>();
      for (const line of lines) {
        const [pair = ''] = line.split(';');
        const name = pair.split('=')[0] ?? '';
        names.add(name);
        expect(line).toMatch(/; *secure/i);
        expect(line).toMatch(/; *httponly/i);
        expect(line).toMatch(/; *samesite=lax/i);
        expect(line).not.toMatch(/; *domain=/i);
        expect(name).toMatch(/^__(Host|Secure)-/);
        if (name.startsWith('__Host-')) expect(line).toMatch(/; *path=\/(;|$)/i);
        expect(line.length).toBeLessThan(4096);
      }
      for (const name of ['session', 'browser', 'known', 'language'])
        expect(names).toContain(`__Host-${name}`);
    } finally {
      await secure.close();
    }
  });

  it('that were changed, swapped or sent twice open nothing of anybody', async () => {
    await tokensFor(product, agent, client, person);
    const value = (name: string) => agent.cookies.get(`/ ${name}`)?.value ?? '';
    const [session, signature] = [value('session'), value('session.sig')];
    expect(session).not.toBe('');
    const stranger = createAgent(product.issuer);
    await tokensFor(product, stranger, client, await addPerson(product.app));
    const foreign = stranger.cookies.get('/ session')?.value ?? '';
    const path = authorizationRequest(client, { prompt: 'none' }).path;
    for (const cookie of [
      `session=${session}`,
      `session=${session}; session.sig=x`,
      `session=${session}x; session.sig=${signature}`,
      `session=${foreign}; session.sig=${signature}`,
      `session=${foreign}; session=${session}; session.sig=${signature}`,
      `__Host-session=${session}; __Host-session.sig=${signature}`,
      `session=; session.sig=`,
    ]) {
      const answer = await createAgent(product.issuer).get(path, { headers: { cookie } });
      expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('login_required');
    }
    const whole = await createAgent(product.issuer).get(path, {
      headers: { cookie: `session=${session}; session.sig=${signature}` },
    });
    expect(new URL(whole.location ?? '').searchParams.has('code')).toBe(true);
  });

  it('change at a sign-in, so that none planted before is worth anything', async () => {
    await agent.get('/session/end');
    const planted = agent.cookies.get('/ session')?.value;
    expect(planted).toEqual(expect.any(String));
    await signIn(agent, product.issuer, authorizationRequest(client), person);
    expect(agent.cookies.get('/ session')?.value).not.toBe(planted);
  });
});

describe('attack 27', () => {
  it.each(['TRACE', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'CONNECTX'])(
    'the method %s does nothing',
    async (method) => {
      for (const path of ['/', '/auth', '/token', '/jwks', '/set-password', '/session/end']) {
        const answer = await agent.send(method, path, undefined).catch(() => undefined);
        if (answer) expect([400, 404, 405, 501]).toContain(answer.status);
        if (answer) expect(answer.body).not.toContain('user-agent');
      }
    },
  );

  it.each([
    '/.git/HEAD',
    '/.git/config',
    '/.env',
    '/metrics',
    '/package.json',
    '/health',
    '/health/ready/../../metrics',
    '/dev/outbox',
    '/dev/outbox.json',
    '/admin',
    '/reg',
    '/assets/',
    '/assets/../package.json',
    '/assets/%2e%2e/package.json',
    '/views/layout.ejs',
    '/src/main.ts',
    '/request',
    '/interaction',
  ])('%s is not there', async (path) => {
    const answer = await agent.get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toMatch(/node_modules|at .*\.ts:\d+|DATABASE_URL/);
  });

  it('readiness tells no more than its parts', async () => {
    const { body } = await agent.get('/health/ready?verbose=1');
    expect(JSON.parse(body)).toEqual({ status: 'ready', database: 'ok', ephemeral: 'ok', migrations: 'ok' });
  });
});

describe('attack 33', () => {
  it('the answer of a captcha is nowhere but in its picture', async () => {
    const page = await openSignIn(agent, authorizationRequest(client));
    const picture = /src="([^"]+\.png)"/.exec(page.body)?.[1] ?? '';
    const image = await agent.get(picture);
    expect(image.status).toBe(200);
    expect(image.headers['cache-control']).toBe('no-store');
    // `fixed` answers with 00000: it must not be readable anywhere.
    for (const text of [
      page.body.replace(/[#&]\w+;/g, ''),
      JSON.stringify(page.headers['set-cookie']),
      picture,
      JSON.stringify(image.headers),
      image.body,
      JSON.stringify([...agent.cookies.values()]),
    ])
      expect(text).not.toContain('00000');
    expect(image.body).not.toMatch(/tEXt|iTXt|zTXt|eXIf/);
    const stranger = createAgent(product.issuer);
    expect((await stranger.get(picture)).status).toBe(404);
  });
});

describe('attack 37: signing a person in to a stranger’s account', () => {
  const attempt = async (
    change: (fields: Record<string, string>) => Record<string, string>,
    headers: Record<string, string> = {},
  ) => {
    const page = await openSignIn(agent, authorizationRequest(client));
    const fields = change(hiddenFields(page.body));
    const form = { ...fields, identifier: person.email, password: person.password, captcha: '00000' };
    return agent.post(`${page.path}/sign-in`, form, { headers });
  };

  it('needs the form’s own token', async () => {
    const stranger = createAgent(product.issuer);
    const theirs = hiddenFields((await openSignIn(stranger, authorizationRequest(client))).body);
    const elsewhere = hiddenFields((await openSignIn(agent, authorizationRequest(client))).body);
    for (const token of ['', 'x', theirs.form_token ?? '', elsewhere.form_token ?? '']) {
      const answer = await attempt((fields) => ({ ...fields, form_token: token }));
      expect(answer.status).toBe(403);
    }
    expect((await attempt(({ form_token: _token, ...rest }) => rest)).status).toBe(403);
    expect(await isSignedIn(agent)).toBe(false);
  });

  it.each([
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
    ['origin', 'https://evil.example'],
    ['origin', 'null'],
    ['origin', 'https://cabinet.example'],
  ])('is refused with %s: %s', async (name, value) => {
    expect((await attempt((fields) => fields, { [name]: value })).status).toBe(403);
    expect(await isSignedIn(agent)).toBe(false);
  });

  it('is not in the way of the form itself', async () => {
    const headers = { 'sec-fetch-site': 'same-origin', origin: product.issuer };
    expect((await attempt((fields) => fields, headers)).status).toBe(303);
  });

  it('covers every other form', async () => {
    const page = await openSignIn(agent, authorizationRequest(client));
    expect((await agent.post(`${page.path}/cancel`, {})).status).toBe(403);
    expect((await agent.post(`${page.path}/captcha`, {})).status).toBe(403);
    expect((await agent.post('/set-password', {})).status).toBe(403);
    expect((await agent.post(`${page.path}/consent`, { decision: 'allow' })).status).toBe(403);
  });
});

describe('attack 39', () => {
  it('the interaction of one browser is nothing to another', async () => {
    const page = await openSignIn(agent, authorizationRequest(client));
    const stranger = createAgent(product.issuer);
    const own = await openSignIn(stranger, authorizationRequest(client));
    for (const path of [page.path, `${page.path}/sign-in`, `${page.path}/register`]) {
      const answer = await stranger.get(path);
      expect(answer.status).toBe(410);
      expect(answer.body).toContain('начн');
    }
    const form = {
      ...hiddenFields(own.body),
      identifier: person.email,
      password: person.password,
      captcha: '00000',
    };
    expect((await stranger.post(`${page.path}/sign-in`, form)).status).toBe(410);
    const fields = hiddenFields(page.body);
    expect((await stranger.post(`${page.path}/cancel`, fields)).status).toBe(410);
    expect((await agent.get(page.path)).status).toBe(200);
  });

  it('a finished one, opened again with the back button, leads on and shows no data', async () => {
    const request = authorizationRequest(client);
    const page = await openSignIn(agent, request);
    await follow(agent, product.issuer, await submitSignIn(agent, page, person));
    for (const again of [await agent.get(page.path), await submitSignIn(agent, page, person)]) {
      expect(again.status).toBe(410);
      expect(again.body).not.toContain(person.email);
    }
    await agent.post('/session/end/confirm', {
      ...hiddenFields((await agent.get('/session/end')).body),
      logout: 'yes',
    });
    const after = await agent.get(page.path);
    expect(after.status).toBe(410);
    expect(after.body).not.toContain(person.email);
  });

  it('a consent cannot be given before the sign-in', async () => {
    const page = await openSignIn(agent, authorizationRequest(client));
    const form = { ...hiddenFields(page.body), decision: 'allow' };
    const answer = await agent.post(`${page.path}/consent`, form);
    expect(answer.status).toBe(403);
    expect(await isSignedIn(agent)).toBe(false);
    await codeFor(product, agent, client, person);
  });
});
