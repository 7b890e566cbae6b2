/** Principle 2: nothing of a request decides where a link or an endpoint leads. */
import { connect } from 'node:net';
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { tokensFor } from '../provider/tokens';
import { createAgent, type Agent, type Answer } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { openSmtpSink, type SmtpSink } from '../support/smtp';
import { until } from '../support/processes';
import { authorizationRequest, follow, openSignIn, submitSignIn } from '../support/relying-party';

const EVIL = 'evil.example';
const FORWARDED = {
  'x-forwarded-host': EVIL,
  'x-forwarded-server': EVIL,
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '666',
  'x-forwarded-prefix': `/${EVIL}`,
  'x-original-url': `https://${EVIL}/`,
  'x-rewrite-url': `https://${EVIL}/`,
  'x-original-host': EVIL,
  'x-host': EVIL,
  forwarded: `for=127.0.0.1;host=${EVIL};proto=https`,
  referer: `https://${EVIL}/page`,
};

/** Also as if they came through a proxy that is believed about addresses. */
describe.each(['', '127.0.0.1'])('the origin, with TRUSTED_PROXIES=%j', (trustedProxies) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let mail: SmtpSink;
  let agent: Agent;

  beforeAll(async () => {
    mail = await openSmtpSink();
    const env = { TRUSTED_PROXIES: trustedProxies, SMTP_URL: mail.url };
    product = await startProduct('embedded', { env });
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(async () => {
    await product.close();
    await mail.close();
  });
  beforeEach(() => {
    agent = createAgent(product.issuer);
  });

  const everything = (answer: Answer) => JSON.stringify(answer.headers) + answer.body;
  const headers = FORWARDED;

  it.each([
    '/.well-known/openid-configuration',
    '/jwks',
    '/',
    '/auth',
    '/nowhere',
    '/session/end',
    '/set-password?token=x',
    '/health/ready',
    '/interaction/unknown',
  ])('is not taken from headers at %s', async (path) => {
    const plain = await agent.get(path);
    const answer = await createAgent(product.issuer).get(path, { headers });
    expect(answer.status).toBe(plain.status);
    expect(everything(answer)).not.toContain(EVIL);
    expect(answer.location).toBe(plain.location);
  });

  it('stays the issuer in discovery', async () => {
    const { body } = await agent.get('/.well-known/openid-configuration', { headers });
    const metadata = JSON.parse(body) as Record<string, unknown>;
    const endpoints = Object.entries(metadata).filter(([name]) => /_endpoint$|_uri$/.test(name));
    expect(endpoints.length).toBeGreaterThan(5);
    for (const [, url] of endpoints) expect(String(url)).toMatch(new RegExp(`^${product.issuer}/`));
    expect(metadata.issuer).toBe(product.issuer);
  });

  it('stays the issuer through a whole sign-in', async () => {
    const request = authorizationRequest(client);
    const started = await agent.get(request.path, { headers });
    expect(started.location).toMatch(new RegExp(`^${product.issuer}/interaction/`));
    expect(everything(started)).not.toContain(EVIL);
    const page = await openSignIn(agent, request, { headers });
    expect(everything(page)).not.toContain(EVIL);
    const sent = await submitSignIn(agent, page, person, { headers });
    expect(sent.location).toMatch(new RegExp(`^${product.issuer}/auth/`));
    const done = await follow(agent, product.issuer, sent, { headers });
    const back = new URL(done.location ?? '');
    expect(back.origin).toBe('https://cabinet.example');
    expect(back.searchParams.get('iss')).toBe(product.issuer);
    expect(everything(done)).not.toContain(EVIL);
  });

  it('stays the issuer in the page that signs out', async () => {
    const { id } = await tokensFor(product, agent, client, person);
    const page = await agent.get(`/session/end?id_token_hint=${id}`, { headers });
    expect(page.status).toBe(200);
    expect(everything(page)).not.toContain(EVIL);
  });

  it('is not needed to mail a link', async () => {
    const { app } = product;
    const email = parseEmail('mailed@example.com');
    if (!email) throw new Error('no address');
    const named = { familyName: 'Почтин', givenName: 'Пётр', middleName: null, locale: 'ru' as const, email };
    await createAccount({ ...app, issuer: product.issuer }, named, 'operator:test');
    await until('the mail', () => mail.mails.some(({ recipients }) => recipients[0] === email.value));
    const text = mail.mails.map(({ mail: { html = '', text: plain = '' } }) => html + plain).join();
    const links = [...text.matchAll(/https?:\/\/[^\s"<>)]+/g)].map(([link]) => new URL(link).origin);
    expect(links.length).toBeGreaterThan(0);
    expect(new Set(links)).toEqual(new Set([product.issuer]));
  });

  it.each(['evil.example', 'evil.example:3000', 'localhost', 'localhost:1'])(
    'is refused as Host: %j',
    async (host) => {
      for (const path of ['/.well-known/openid-configuration', '/', '/jwks', '/session/end', '/assets/x']) {
        const answer = await agent.get(path, { headers: { host } });
        expect([400, 421]).toContain(answer.status);
        expect(everything(answer)).not.toContain(EVIL);
        expect(answer.location).toBeUndefined();
      }
    },
  );

  /** Writes a request line and headers as they stand. */
  const raw = (lines: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(product.issuer).port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('utf8')));
      socket.once('error', reject).once('close', () => resolve(text));
      socket.end(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
    });

  it('is not taken from an absolute request line', async () => {
    const host = `Host: ${new URL(product.issuer).host}`;
    const answers = [
      await raw([`GET http://${EVIL}/.well-known/openid-configuration HTTP/1.1`, host]),
      await raw([`GET http://${EVIL}${authorizationRequest(client).path} HTTP/1.1`, host]),
      await raw([`GET //${EVIL}/.well-known/openid-configuration HTTP/1.1`, host]),
      await raw([`GET //${EVIL}/%2f..?lang=en HTTP/1.1`, host]),
      await raw([`GET /\\${EVIL}/ HTTP/1.1`, host]),
    ];
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 [2-4]/);
      expect(answer).not.toMatch(/(location: |href="|src="|action="|":")(https?:)?[/\\]{2}evil/i);
    }
  });

  it('is refused when two hosts are named, or none', async () => {
    const host = `Host: ${new URL(product.issuer).host}`;
    for (const hosts of [[`Host: ${EVIL}`, host], [host, `Host: ${EVIL}`], []]) {
      const answer = await raw(['GET /.well-known/openid-configuration HTTP/1.1', ...hosts]);
      if (answer.startsWith('HTTP/1.1 200')) {
        // Node keeps the first of two; whoever it believes, no link may follow the other.
        expect(answer).toContain(`"issuer":"${product.issuer}"`);
      } else expect(answer).toMatch(/^HTTP\/1\.1 4(00|21)/);
      expect(answer).not.toContain(EVIL);
    }
  });
});
