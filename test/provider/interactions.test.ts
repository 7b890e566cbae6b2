/** Interactions of nobody travel with the browser: what the cookie holds, and that nobody makes two sign-ins of one. */
import { sql } from 'kysely';
import { fingerprint } from '../../src/secrets';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { addClient, addPerson, startProduct } from '../support/app';
import type { TestClient, TestPerson, TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { authorizationRequest, follow, openSignIn, signIn, submitSignIn } from '../support/relying-party';

const PARALLEL = 50;
const STATE = 'interaction_state';

const headerBytes = ({ headers }: Answer): number =>
  Object.entries(headers)
    .flatMap(([name, values]) => [values ?? []].flat().map((value) => `${name}: ${value}\r\n`))
    .join('').length;

/** A browser with the same cookies. */
function copyOf(agent: Agent, issuer: string): Agent {
  const copy = createAgent(issuer);
  for (const [key, cookie] of agent.cookies) copy.cookies.set(key, { ...cookie });
  return copy;
}

const cookieOf = (agent: Agent, name: string) => {
  const cookie = [...agent.cookies.values()].find((one) => one.name === name && one.value !== '');
  if (!cookie) throw new Error(`no cookie ${name}`);
  return cookie;
};

describe.each(storageKinds)('interactions on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let browser: Agent;

  beforeAll(async () => {
    product = await startProduct(kind, {
      nodes: kind === 'postgres' ? 2 : 1,
      env: { DATABASE_POOL_SIZE: '30' },
    });
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());
  beforeEach(() => {
    browser = createAgent(product.issuer);
  });

  // 400 says oidc-provider, 410 our own pages; both show the same words.
  const isExpired = ({ status, body }: Answer): boolean =>
    [400, 410].includes(status) && body.includes('устарел');

  /** Sent, right, and not yet resumed. */
  async function settled(state = 'short'): Promise<string> {
    const page = await openSignIn(browser, authorizationRequest(client, { state }));
    const { location = '' } = await submitSignIn(browser, page, person);
    return new URL(location).pathname;
  }

  it.each([
    ['in a cookie', 8],
    ['in the store', 3000],
  ])(
    `resumes %s for one of ${PARALLEL} browsers with the same cookies, and for none later`,
    async (_, size) => {
      const path = await settled('s'.repeat(size));
      const thief = copyOf(browser, product.issuer);
      const answers = await Promise.all(
        Array.from({ length: PARALLEL }, (_, index) =>
          copyOf(browser, product.issuer).get(path, {
            port: product.nodes[index % product.nodes.length]?.port,
          }),
        ),
      );
      const codes = answers.filter(({ location }) => location?.startsWith(`${client.redirectUri}?code=`));
      expect(codes).toHaveLength(1);
      expect(answers.filter(isExpired)).toHaveLength(PARALLEL - 1);
      for (const { headers } of answers.filter(isExpired))
        expect(String(headers['set-cookie'])).not.toMatch(/session=[^;]/);
      expect(isExpired(await thief.get(path))).toBe(true);
    },
  );

  it('says that it is over to who comes back to the page of a finished sign-in', async () => {
    const page = await openSignIn(browser, authorizationRequest(client));
    await follow(browser, product.issuer, await submitSignIn(browser, page, person));
    expect(isExpired(await browser.get(page.path))).toBe(true);
  });

  it('keeps nothing of sign-ins that were only begun', async () => {
    const records = async () =>
      (await sql<{ key: string }>`select key from ephemeral order by key`.execute(product.app.db)).rows;
    const before = await records();
    for (let begun = 0; begun < 5; begun += 1)
      await createAgent(product.issuer).get(authorizationRequest(client).path);
    if (kind === 'embedded') expect(await records()).toEqual(before);
    const page = await openSignIn(browser, authorizationRequest(client));
    const state = cookieOf(browser, STATE);
    expect(state).toMatchObject({ path: page.path });
    expect(Buffer.from(state.value.split('.')[1] ?? '', 'base64url').toString('latin1')).not.toContain(
      client.id,
    );
  });

  it('takes no state that was altered or moved', async () => {
    const { path } = await openSignIn(browser, authorizationRequest(client));
    const own = cookieOf(browser, STATE);
    const other = createAgent(product.issuer);
    await openSignIn(other, authorizationRequest(client));
    const foreign = cookieOf(other, STATE).value;
    const cut = own.value.slice(0, -4);
    for (const value of [foreign, `${cut}AAAA`, cut, '']) {
      const thief = copyOf(browser, product.issuer);
      thief.cookies.set(`${own.path} ${own.name}`, { ...own, value });
      expect([value, isExpired(await thief.get(path))]).toEqual([value, true]);
    }
    expect((await browser.get(path)).status).toBe(200);
  });

  it('takes nobody for signed in by a state, even one that is sealed right', async () => {
    const { path } = await openSignIn(browser, authorizationRequest(client));
    const uid = path.slice('/interaction/'.length);
    const context = `Interaction:${fingerprint(uid)}`;
    const own = cookieOf(browser, STATE);
    const { secrets } = product.app;
    const begun = JSON.parse(secrets.open(own.value, context)) as Record<string, unknown>;
    const login = { login: { accountId: person.id, ts: Math.floor(Date.now() / 1000), amr: ['pwd'] } };
    const forgeries = [
      { result: login },
      { lastSubmission: login },
      { session: { accountId: person.id } },
      { accountId: person.id },
    ];
    for (const forged of forgeries) {
      const value = secrets.seal(JSON.stringify({ ...begun, ...forged }), context);
      browser.cookies.set(`${own.path} ${own.name}`, { ...own, value });
      browser.cookies.set(`/auth/${uid} ${own.name}`, { ...own, path: `/auth/${uid}`, value });
      expect([forged, isExpired(await browser.get(path))]).toEqual([forged, true]);
      expect([forged, isExpired(await browser.get(`/auth/${uid}`))]).toEqual([forged, true]);
    }
  });

  it('fits into the 4 KB that proxies have for the header of an answer', async () => {
    const started = await browser.get(authorizationRequest(client).path);
    const path = new URL(started.location ?? '').pathname;
    const page = { ...(await browser.get(path)), path };
    const sent = await submitSignIn(browser, page, person);
    const resumed = await browser.get(new URL(sent.location ?? '').pathname);
    expect(resumed.location).toContain('code=');
    for (const answer of [started, page, sent, resumed]) expect(headerBytes(answer)).toBeLessThan(4096);
  });

  it('lies in the store where it is too large for a cookie, with as little in the header', async () => {
    const state = 's'.repeat(3000);
    const request = authorizationRequest(client, { state });
    const started = await browser.get(request.path);
    expect(headerBytes(started)).toBeLessThan(4096);
    expect(() => cookieOf(browser, STATE)).toThrow('no cookie');
    const done = await signIn(browser, product.issuer, request, person);
    expect(done.searchParams.get('state')).toBe(state);
    expect(done.searchParams.get('code')).toEqual(expect.any(String));
  });
});
