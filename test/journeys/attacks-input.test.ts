/** Hostile input in every place a stranger may write to: a refusal or a clean answer, never a fault. */
import { connect } from 'node:net';
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
import {
  authorizationRequest,
  clientAuthentication,
  follow,
  hiddenFields,
  openSignIn,
  submitSignIn,
} from '../support/relying-party';
import { relyingParty, tokensFor, userinfoStatus } from '../provider/tokens';

const XSS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  '{{1234*5}}',
  '<%= 1234*5 %>',
  '</title><svg onload=alert(1)>',
  'javascript:alert(1)',
  '&lt;script&gt;',
];

/** Nothing that was sent has become a tag, an attribute or a template. */
function harmless({ body }: Answer): void {
  expect(body).not.toMatch(/<script>|<img src=x|<svg onload|onerror=alert\(1\)>|href="javascript:/);
  // 1234 × 5, said by nobody but a template.
  expect(body).not.toContain('6170');
}

describe.each(storageKinds)('hostile input on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let agent: Agent;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());
  beforeEach(() => {
    agent = createAgent(product.issuer);
  });

  const auth = (extra: string, change: Record<string, string | undefined> = {}) =>
    agent.get(`${authorizationRequest(client, change).path}${extra}`);
  const noFault = (answer: Answer) => expect(answer.status).toBeLessThan(500);

  describe('attack 17', () => {
    it.each([
      '&client_id=client-x',
      '&client_id[]=x',
      '&client_id[a]=x',
      '&state=1&state=2',
      '&redirect_uri=https://evil.example/',
      '&scope[]=openid',
      '&response_type=code&response_type=code',
      '&__proto__[x]=1',
      '&constructor[prototype][x]=1',
      '&%00=1',
      '&%ff=%ff',
      `&${'a[b]'.repeat(500)}=1`,
      `&x=${'y'.repeat(8000)}`,
      '&claims=%7B',
      `&claims=${encodeURIComponent('{"a":'.repeat(2000))}`,
      '&max_age=-1',
      '&max_age=1e309',
      '&max_age=abc',
      '&prompt=none+login',
      '&prompt=nonsense',
      '&ui_locales=%00',
      '&acr_values=%00',
      '&id_token_hint=%00',
      '&id_token_hint=a.b.c',
      '&response_mode=nonsense',
      '&response_mode=fragment',
      '&resource=%00',
      '&dpop_jkt=x',
    ])('an authorization request with %s is no fault', async (extra) => {
      const answer = await auth(extra);
      noFault(answer);
      if (answer.location) expect(answer.location).not.toContain('evil.example');
    });

    it.each([
      ['NUL', '%00'],
      ['bytes that are no UTF-8', '%FF%FE'],
      ['a lone surrogate', '%ED%A0%80'],
      ['line ends', '%0d%0aSet-Cookie:x=1'],
      ['direction marks', '%E2%80%AE%E2%80%8B'],
      ['12 KiB', 'x'.repeat(12_288)],
    ])('%s in state, nonce and login_hint goes through a whole sign-in', async (_case, value) => {
      const request = authorizationRequest(client, { state: undefined, nonce: undefined });
      const path = `${request.path}&state=s${value.slice(0, 4000)}&nonce=n${value.slice(0, 4000)}&login_hint=h${value.slice(0, 4000)}`;
      const started = await agent.get(path);
      noFault(started);
      expect(String(started.headers['set-cookie'])).not.toContain('x=1');
      if (started.status === 400) return;
      const page = await openSignIn(agent, { ...request, path });
      expect(page.status).toBe(200);
      const done = await follow(agent, product.issuer, await submitSignIn(agent, page, person));
      noFault(done);
      expect(done.location).toMatch(/^https:\/\/cabinet\.example\/callback\?/);
    });

    it('a state of 16 KiB and more is refused before it is read', async () => {
      for (const size of [16_384, 65_536]) {
        const answer = await auth(`&extra=${'x'.repeat(size)}`).catch((error: unknown) => error as Error);
        if (answer instanceof Error) expect(answer.message).toMatch(/ECONNRESET|EPIPE|socket hang up/);
        else expect([400, 414, 431]).toContain(answer.status);
      }
      expect((await agent.get('/jwks')).status).toBe(200);
    });

    it.each([
      ['JSON', 'application/json', '{"grant_type":"client_credentials"}'],
      ['no type', 'application/octet-stream', 'grant_type=client_credentials'],
      ['multipart', 'multipart/form-data; boundary=x', '--x\r\n\r\n--x--'],
      ['twice', 'application/x-www-form-urlencoded', 'grant_type=a&grant_type=b'],
      ['arrays', 'application/x-www-form-urlencoded', 'grant_type[]=a&code[x]=b'],
      ['NUL', 'application/x-www-form-urlencoded', 'grant_type=authorization_code&code=%00&redirect_uri=%00'],
      ['NUL token', 'application/x-www-form-urlencoded', 'grant_type=refresh_token&refresh_token=a%00b'],
      ['no UTF-8', 'application/x-www-form-urlencoded', 'grant_type=refresh_token&refresh_token=%ff'],
      ['nothing', 'application/x-www-form-urlencoded', ''],
      ['another charset', 'application/x-www-form-urlencoded; charset=utf-7', 'grant_type=x'],
    ])('a token request of %s is refused', async (_case, type, body) => {
      const headers = { ...clientAuthentication(client).headers, 'content-type': type };
      for (const path of ['/token', '/token/introspection', '/token/revocation']) {
        const answer = await relyingParty(product).send('POST', path, body, { headers });
        noFault(answer);
        if (path === '/token') expect(answer.status).toBeGreaterThanOrEqual(400);
      }
    });

    it.each(['client_id', 'client_secret'])('NUL in %s is a wrong client', async (name) => {
      const form = {
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_id: client.id,
        client_secret: 'x',
      };
      const answer = await relyingParty(product).post('/token', { ...form, [name]: 'a\0b' });
      expect([400, 401]).toContain(answer.status);
    });

    it('NUL in the form, the address and cookies is no fault', async () => {
      const page = await openSignIn(agent, authorizationRequest(client));
      const sent = await submitSignIn(agent, page, { email: 'a\0b', password: 'c\0d' });
      expect(sent.status).toBe(422);
      for (const path of [
        `${page.path}/captcha/%00.png`,
        '/interaction/%00',
        '/interaction/%ff',
        '/clients/%00/logo',
        '/clients/%ff/logo',
        '/set-password?token=%00',
        '/set-password?token=%ff',
        '/set-password?token[]=1',
        '/?lang=%00',
        '/?lang[]=en',
        '/%',
        '/%c0%ae%c0%ae/etc/passwd',
        '/assets/..%2f..%2fpackage.json',
      ])
        noFault(await agent.get(path));
      const odd = createAgent(product.issuer);
      for (const cookie of ['session=%00', 'session=\x01', 'known=a; known=b', '=;;=', 'x='.repeat(500)])
        noFault(await odd.get('/auth', { headers: { cookie } }).catch(() => ({ status: 400 }) as Answer));
    });
  });

  it('attack 35: passwords of 8 to 128 signs are taken as they are, longer ones refused without work', async () => {
    const long = '𝕬'.repeat(20) + 'я'.repeat(108);
    for (const password of ['восемь 8', ' пробел в начале и в конце ', 'tab\there', 'x'.repeat(128), long]) {
      const owner = await addPerson(product.app, { password });
      const browser = createAgent(product.issuer);
      const page = await openSignIn(browser, authorizationRequest(client));
      expect((await submitSignIn(browser, page, owner)).status).toBe(303);
    }
    const composed = await addPerson(product.app, { password: 'ёлка и йод é'.normalize('NFC') });
    const browser = createAgent(product.issuer);
    const page = await openSignIn(browser, authorizationRequest(client));
    const typed = { ...composed, password: 'ёлка и йод é'.normalize('NFD') };
    expect((await submitSignIn(browser, page, typed)).status).toBe(303);

    const other = await openSignIn(agent, authorizationRequest(client));
    const tooLong = { email: person.email, password: 'x'.repeat(129) };
    expect((await submitSignIn(agent, other, tooLong)).status).toBe(422);
    const huge = await submitSignIn(agent, other, { email: person.email, password: 'x'.repeat(2 ** 20) });
    expect(huge.status).toBe(413);
  });

  it('attack 36: no default account, no empty hash, no hash of another person', async () => {
    const bare = await addPerson(product.app);
    const { db } = product.app;
    await db.updateTable('accounts').set({ passwordHash: null }).where('id', '=', bare.id).execute();
    const { passwordHash } = await db
      .selectFrom('accounts')
      .select('passwordHash')
      .where('id', '=', person.id)
      .executeTakeFirstOrThrow();
    const tries = [
      ...['', 'null', 'undefined', bare.password, passwordHash ?? ''].map((password) => ({
        ...bare,
        password,
      })),
      { ...person, password: passwordHash ?? '' },
      ...['admin', 'root', 'admin@example.com', 'demo@example.com'].map((email) => ({
        email,
        password: 'admin',
      })),
    ];
    const bodies = [];
    for (const given of tries) {
      const browser = createAgent(product.issuer);
      const page = await openSignIn(browser, authorizationRequest(client));
      const answer = await submitSignIn(browser, page, given);
      expect(answer.status).toBe(422);
      if (given.password !== '') bodies.push(answer.body.includes('Почта или пароль не подошли'));
    }
    expect(new Set(bodies)).toEqual(new Set([true]));
  });

  it.each(XSS)('attack 63: %s stays text on every page', async (text) => {
    const named = await addClient(product.app, { client_name: text.slice(0, 100) });
    const change = { login_hint: text, ui_locales: text, state: text };
    const page = await openSignIn(agent, authorizationRequest(named, change), {
      headers: { 'accept-language': text },
    });
    harmless(page);
    harmless(
      await submitSignIn(
        agent,
        page,
        { email: text, password: text },
        { form: { captcha: text, captcha_id: text } },
      ),
    );
    harmless(
      await agent.get(
        `/auth?client_id=${encodeURIComponent(text)}&error_description=${encodeURIComponent(text)}`,
      ),
    );
    harmless(await auth('', { redirect_uri: text }));
    harmless(await auth('', { scope: text }));
    harmless(await agent.get(`/${encodeURIComponent(text)}?lang=${encodeURIComponent(text)}`));
    harmless(await agent.get(`/session/end?id_token_hint=${encodeURIComponent(text)}`));
    harmless(await agent.get(`/session/end/success?client_id=${encodeURIComponent(named.id)}`));
    harmless(await agent.get(`${page.path}/register`));
    const { db } = product.app;
    await db
      .updateTable('accounts')
      .set({ familyName: text.slice(0, 90) })
      .where('id', '=', person.id)
      .execute();
    await tokensFor(product, agent, named, person);
    const out = await agent.get('/session/end');
    harmless(out);
    const consent = await agent.get(authorizationRequest(named, { prompt: 'consent' }).path);
    harmless(await follow(agent, product.issuer, consent));
  });

  it('attack 64: no field reaches an option of the templates', async () => {
    const nested = { 'settings[view options][outputFunctionName]': 'x;globalThis.smuggled=1;x' };
    const smuggled = {
      outputFunctionName: 'x;globalThis.smuggled=1;x',
      client: 'true',
      escapeFunction: '1;globalThis.smuggled=1',
      delimiter: '?',
      _with: 'false',
      cache: 'false',
      page: '{}',
    };
    const query = new URLSearchParams({ ...smuggled, ...nested }).toString();
    const page = await openSignIn(agent, authorizationRequest(client, smuggled));
    const answers = [
      page,
      await agent.get(`/?${query}`),
      await agent.get(`/nowhere?${query}`),
      await submitSignIn(agent, page, { ...person, password: 'не тот' }, { form: smuggled }),
      await submitSignIn(agent, page, person, { form: nested }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 422, 400]);
    expect(globalThis).not.toHaveProperty('smuggled');
  });

  it('attack 68: quotes and metacharacters make no difference', async () => {
    const strip = (html: string) => html.replace(/value="[^"]*"|captcha\/[\w-]+|interaction\/[\w-]+/g, '');
    const answers = [];
    for (const email of [
      'nobody@example.com',
      "nobody'@example.com",
      "' or 1=1 --",
      `${person.email}' --`,
      '$1',
      '%',
      '_@example.com',
      `${person.email}%`,
      '{"a":1}',
      '*)(uid=*',
    ]) {
      const browser = createAgent(product.issuer);
      const page = await openSignIn(browser, authorizationRequest(client));
      const { status, body } = await submitSignIn(browser, page, { email, password: person.password });
      answers.push(`${status} ${strip(body)}`);
    }
    expect(new Set(answers).size).toBe(1);
    for (const id of ["client-1'--", '%', 'client_1', '$1'])
      expect((await auth('', { client_id: id })).status).toBe(400);
  });

  it('attack 70: no request changes what objects inherit', async () => {
    await agent.get('/auth?__proto__[polluted]=1&constructor[prototype][polluted]=1&__proto__.polluted=1');
    const page = await openSignIn(
      agent,
      authorizationRequest(client, { claims: '{"__proto__":{"polluted":1}}' }),
    );
    const form = {
      ...hiddenFields(page.body),
      '__proto__[polluted]': '1',
      __proto__x: '1',
      'constructor[prototype][polluted]': '1',
    };
    noFault(await agent.post(`${page.path}/sign-in`, form));
    noFault(await agent.send('POST', `${page.path}/sign-in`, '__proto__=1&polluted=1'));
    noFault(
      await agent.send('POST', '/token', '{"__proto__":{"polluted":1}}', {
        headers: { 'content-type': 'application/json' },
      }),
    );
    expect({}).not.toHaveProperty('polluted');
    expect((await openSignIn(createAgent(product.issuer), authorizationRequest(client))).status).toBe(200);
  });

  describe('attack 78', () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(Number(new URL(product.issuer).port), '127.0.0.1');
        let received = '';
        socket.on('data', (chunk) => (received += chunk.toString('utf8')));
        socket.on('error', () => undefined);
        socket.once('close', () => resolve(received));
        socket.write(text);
      });
    const host = () => `Host: ${new URL(product.issuer).host}\r\n`;

    it.each([
      ['one header of 64 KiB', `X-Long: ${'x'.repeat(65_536)}\r\n`],
      ['10,000 headers', 'X-Many: x\r\n'.repeat(10_000)],
      ['10,000 cookies', `Cookie: ${'a=b; '.repeat(10_000)}\r\n`],
    ])('%s are refused', async (_case, headers) => {
      const answer = await raw(`GET /jwks HTTP/1.1\r\n${host()}${headers}Connection: close\r\n\r\n`);
      expect(answer).toMatch(/^(HTTP\/1\.1 (400|431) |$)/);
      expect((await agent.get('/jwks')).status).toBe(200);
    });

    it.each([
      ['10 MB', 'password=', 10 * 2 ** 20],
      ['100,000 fields', 'a=b&', 400_000],
      ['deep brackets', 'a[a]', 400_000],
    ])('a form of %s is refused at once', async (_case, piece, size) => {
      const body = piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
      const page = await openSignIn(agent, authorizationRequest(client));
      for (const path of [`${page.path}/sign-in`, '/token', '/set-password']) {
        const begun = performance.now();
        const answer = await agent.send('POST', path, body).catch(() => undefined);
        if (answer) {
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
        }
        expect(performance.now() - begun).toBeLessThan(2000);
      }
      expect((await agent.get('/jwks')).status).toBe(200);
    });

    it('many small fields within the limit are no burden', async () => {
      const page = await openSignIn(agent, authorizationRequest(client));
      const body = 'a=b&'.repeat(14_000);
      const answer = await agent.send('POST', `${page.path}/sign-in`, body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    });

    it('a compressed body is refused', async () => {
      const page = await openSignIn(agent, authorizationRequest(client));
      const headers = { 'content-encoding': 'gzip' };
      const answer = await agent.send('POST', `${page.path}/sign-in`, 'x', { headers });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    });
  });

  it('still signs people in afterwards', async () => {
    const { access } = await tokensFor(product, agent, client, person);
    expect(await userinfoStatus(product, access)).toBe(200);
  });
});
