/** What strangers try at the pages of those who have an account, at what leads back, and with slow or long requests. */
import { request as openRequest } from 'node:http';
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { enterAt } from '../approvals/office';
import { dataOf, newRegistrant, ROOMY, startWizard } from '../registration/wizard';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import { codeSentTo, messagesTo, recoveryVisitor } from '../support/recovery';
import { follow, hiddenFields } from '../support/relying-party';
import { isActive, tokensFor } from '../provider/tokens';

const NEW_PASSWORD = 'семь вагонов угля 7';

let product: TestProduct;
beforeAll(async () => {
  product = await startProduct('embedded', { env: ROOMY });
});
afterAll(() => product.close());

const newAgent = () => createAgent(product.issuer);
const newWizard = () => startWizard(product.app, product.issuer, newAgent());

const ELSEWHERE = [
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  'https:evil.example',
  '/%0d%0aLocation:%20https://evil.example',
  'javascript:alert(1)//evil.example',
];

it.each(ELSEWHERE)(
  'attack 5: no page leads to %s, which stands in its address or came before it',
  async (target) => {
    const agent = newAgent();
    const word = encodeURIComponent(target);
    const names = [
      'next',
      'return_to',
      'back',
      'redirect',
      'url',
      'uri',
      'client',
      'locale',
      'state',
      'done',
    ];
    const query = names.map((name) => `${name}=${word}`).join('&');
    for (const path of [
      '/',
      '/register',
      '/recovery',
      '/account',
      '/approvals',
      '/session/end',
      '/signed-in',
      '/set-password',
      '/nowhere',
    ]) {
      const answer = await agent.get(`${path}?${query}&lang=en`, {
        headers: { referer: 'https://evil.example/' },
      });
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers).not.toHaveProperty('refresh');
      if (answer.location) expect(answer.location.startsWith(`${product.issuer}/`)).toBe(true);
      const end = await follow(agent, product.issuer, answer);
      if (end.location) expect(end.location.startsWith(`${product.issuer}/`)).toBe(true);
      expect(end.body).not.toMatch(/(?:href|src|action)="(?:https?:)?[/\\]{0,2}evil\.example/);
    }
  },
);

it('attack 56: places in lists that no page ended with show nothing else and are no fault', async () => {
  const agent = newAgent();
  await enterAt(agent, product.issuer, '/account', await addPerson(product.app));
  const forged = [
    "' or 1=1 --",
    '-1',
    '1e9',
    '999999999999999999',
    '9'.repeat(30),
    '\0',
    '%',
    '1;select',
    '[]',
  ];
  const days = ['0000-00-00', '-271821-04-20T00:00:00.000Z', '+275760-09-13T00:00:00.000Z', '1-1-1', 'now'];
  const names = ['after', 'page', 'limit', 'sort', 'order', 'filter', 'before[]', 'before[$gt]'];
  for (const path of ['/account/log', '/account/messages', '/account/sessions', '/approvals'])
    for (const name of ['before', ...names])
      for (const value of name === 'before' ? [...forged, ...days] : forged.slice(0, 2)) {
        const { status, body } = await agent.get(`${path}?${name}=${encodeURIComponent(value)}`);
        expect([path, name, value, [200, 400, 403, 404].includes(status)]).toEqual([path, name, value, true]);
        expect(body).not.toMatch(/syntax error|postgres|relation|memberships/i);
      }
});

it('attack 73: the token of a mailed link leaves the address at once, for a page that loads nothing from elsewhere', async () => {
  const { app, issuer } = product;
  const address = parseEmail('linked@example.com');
  if (!address) throw new Error('no address');
  const name = { familyName: 'Вымышленная', givenName: 'Анна', middleName: null, locale: 'ru' } as const;
  await createAccount({ ...app, issuer }, { ...name, email: address }, 'operator:test');
  const [mail] = await messagesTo(product, address.value);
  const link = (mail?.links[0] ?? '').slice(issuer.length);
  const token = new URL(link, issuer).searchParams.get('token') ?? '';
  expect(token).toHaveLength(43);
  const agent = newAgent();
  const entered = await agent.get(link);
  expect([entered.status, entered.location]).toEqual([303, `${issuer}/set-password`]);
  const page = await agent.get('/set-password');
  expect(page.status).toBe(200);
  for (const answer of [entered, page]) {
    expect(answer.headers['referrer-policy']).toMatch(/^(no-referrer|same-origin)$/);
    expect(answer.headers['cache-control']).toContain('no-store');
    expect(answer.body).not.toContain(token);
  }
  const loaded = [...page.body.matchAll(/(?:src|href|action)="([^"]+)"/g)].map(
    ([, url = '']) => new URL(url, issuer),
  );
  expect(loaded.length).toBeGreaterThan(0);
  for (const { origin, protocol } of loaded)
    expect(origin === issuer || ['mailto:', 'tel:'].includes(protocol)).toBe(true);
});

describe('a password that was reset', () => {
  it.each(['code', 'link'] as const)(
    'attack 74, attack 75: ends what was open, and a change of e-mail that waited for its %s',
    async (way) => {
      const person = await addPerson(product.app);
      const client = await addClient(product.app);
      const thief = newAgent();
      await enterAt(thief, product.issuer, '/account', person);
      const tokens = await tokensFor(product, thief, client, person);
      const next = `thief-${way}@example.com`;
      const { form_token = '' } = hiddenFields((await thief.get('/account/email')).body);
      expect((await thief.post('/account/email', { form_token, email: next })).location).toContain(
        '/account/email/code',
      );
      const code = await codeSentTo(product, next);
      const link = ((await messagesTo(product, next))[0]?.links[0] ?? '').slice(product.issuer.length);
      const typing = hiddenFields((await thief.get('/account/email/code')).body);
      await thief.get(link);
      const pressing = hiddenFields((await thief.get('/account/email/link')).body);

      const owner = recoveryVisitor(product);
      await owner.begin(person.email);
      await owner.send('code', { code: await codeSentTo(product, person.email) });
      const changed = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
      expect((await owner.send('password', changed)).status).toBe(303);
      // Nobody is signed in by that, neither they nor whoever was.
      expect((await owner.agent.get('/account')).location).toContain('/auth?');
      expect((await thief.get('/account')).location).toContain('/auth?');
      expect(await isActive(product, client, tokens.access)).toBe(false);
      expect(await isActive(product, client, tokens.refresh)).toBe(false);
      const notices = (await messagesTo(product, person.email)).map(({ template }) => template);
      expect(notices).toContain('password_changed');

      const late = way === 'code' ? { ...typing, code } : pressing;
      await thief.post(`/account/email/${way}`, late);
      // Not even in a session of the owner.
      await enterAt(thief, product.issuer, '/account', { ...person, password: NEW_PASSWORD });
      if (way === 'link') await thief.get(link);
      const page = await thief.get(`/account/email/${way}`);
      expect([410, 303]).toContain(page.status);
      expect(page.body).not.toContain(next);
      const own = await thief.get('/account/personal');
      expect(own.body).toContain(person.email);
      expect(own.body).not.toContain(next);
    },
  );
});

it('attack 77: slow requests have 10 s for their headers and 30 s in all, and hold up nobody', async () => {
  const { server } = product.app.listener;
  expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
  expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
  const { host, port } = new URL(product.issuer);
  const slow = Array.from({ length: 200 }, () => {
    const asked = openRequest({
      host: '127.0.0.1',
      port,
      path: '/token',
      method: 'POST',
      headers: { host, 'content-length': '9999' },
    });
    asked.on('error', () => undefined);
    asked.write('a');
    return asked;
  });
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const begun = performance.now();
    expect((await newAgent().get('/register')).status).toBe(200);
    times.push(performance.now() - begun);
  }
  for (const asked of slow) asked.destroy();
  expect(times.toSorted((a, b) => a - b)[18]).toBeLessThan(500);
});

it.each([
  ['letters', 'а'.repeat(8000)],
  ['dots', 'a.'.repeat(25_000)],
  ['an address that never ends', `a@${'b-'.repeat(24_000)}`],
  ['digits', '7'.repeat(50_000)],
  ['spaces', ' '.repeat(50_000)],
  ['spaces and a letter', `${' '.repeat(49_000)}x`],
  ['dashes', 'а-'.repeat(7000)],
  ['quotes', '«"'.repeat(5000)],
])('attack 79: 50 KB of %s in any field take no time', async (_what, evil) => {
  const wizard = newWizard();
  const fields = hiddenFields((await wizard.open()).body);
  // Of no company that is known already, so that its name is read, and cut.
  const data = { ...dataOf(newRegistrant()), kpp: '780101002' };
  for (const field of ['family_name', 'phone', 'email', 'inn', 'kpp', 'company_name', 'captcha']) {
    const times: number[] = [];
    // The best of three: what a pattern that runs away takes, it takes each time.
    for (let turn = 0; turn < 3 && (times.length === 0 || Math.min(...times) > 50); turn += 1) {
      const begun = performance.now();
      const { status } = await wizard.agent.post(
        '/register/data',
        { ...fields, ...data, [field]: evil },
        { headers: { 'user-agent': evil.slice(0, 4000).replace(/[^\x20-\x7e]/g, 'x') } },
      );
      times.push(performance.now() - begun);
      expect([303, 422]).toContain(status);
    }
    expect([field, Math.min(...times) < 150]).toEqual([field, true]);
  }
});
