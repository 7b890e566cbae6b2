/** Principle 4: guessing is bounded exactly, across nodes, names and addresses, and locks no owner out. */
import { createPasswordHasher, type PasswordHasher } from '../../src/accounts/passwords';
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
import { authorizationRequest, openSignIn, submitSignIn } from '../support/relying-party';

const WRONG = 'Почта или пароль не подошли';
const LIMIT = 5;

/** Counts the work that is done, to compare it for known and unknown names. */
function countingHasher(): PasswordHasher & { verified: number; hashed: number } {
  const hasher = createPasswordHasher({ memoryKib: 64, passes: 1, workers: 1, queueLimit: 500 });
  const counting = {
    ...hasher,
    verified: 0,
    hashed: 0,
    verify: (hash: string | null | undefined, password: string) => {
      counting.verified += 1;
      return hasher.verify(hash, password);
    },
    hash: (password: string) => {
      counting.hashed += 1;
      return hasher.hash(password);
    },
  };
  return counting;
}

describe.each(storageKinds)('limits on %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;
  const passwords = countingHasher();

  beforeAll(async () => {
    // A connection for each that races, so that none is told to come back later instead of taking part.
    const env = {
      SIGN_IN_LIMIT_ACCOUNT: String(LIMIT),
      TRUSTED_PROXIES: '127.0.0.1',
      DATABASE_POOL_SIZE: '30',
    };
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1, env, passwords });
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const portOf = (index: number) => product.nodes[index % product.nodes.length]?.port;

  interface Try {
    email: string;
    password: string;
    from?: string;
    browser?: Agent;
    port?: number;
  }
  /** A page of its own, filled in but not sent yet: what it sends goes out when the result is called. */
  const prepare = async ({ email, password, from, port, browser }: Try): Promise<() => Promise<Answer>> => {
    const agent = browser ?? createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(client));
    const headers: Record<string, string> = from === undefined ? {} : { 'x-forwarded-for': from };
    return () => submitSignIn(agent, page, { email, password }, { headers, port });
  };
  const attempt = async (made: Try): Promise<Answer> => (await prepare(made))();
  const evaluated = (answers: Answer[]) =>
    answers.filter(({ status, body }) => status === 422 && body.includes(WRONG)).length;
  const limited = (answers: Answer[]) => answers.filter(({ status }) => status === 429);

  it(`evaluates exactly ${LIMIT} of 50 parallel wrong passwords`, async () => {
    const { email } = await addPerson(product.app);
    const sends = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        prepare({ email, password: `не тот ${index}`, port: portOf(index) }),
      ),
    );
    const before = passwords.verified;
    const answers = await Promise.all(sends.map((send) => send()));
    expect(evaluated(answers)).toBe(LIMIT);
    // Nobody else got further; a node out of breath may say so instead.
    const others = answers.map(({ status }) => status).filter((status) => status !== 422);
    expect(others).toHaveLength(50 - LIMIT);
    expect(others.filter((status) => status !== 429 && status !== 503)).toEqual([]);
    expect(passwords.verified - before).toBe(LIMIT);
    for (const { headers } of limited(answers)) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    const later = await attempt({ email, password: 'не тот 51' });
    expect(later.status).toBe(429);
  });

  it('counts an unknown name like a known one', async () => {
    const tries = [];
    for (let index = 0; index <= LIMIT; index += 1)
      tries.push(await attempt({ email: 'nobody@example.com', password: 'не тот', port: portOf(index) }));
    expect(tries.map(({ status }) => status)).toEqual([...Array<number>(LIMIT).fill(422), 429]);
  });

  it('attack 29: counts every spelling of one e-mail together', async () => {
    const { email } = await addPerson(product.app, { email: 'owner.one@example.com' });
    const spellings = [
      email,
      'OWNER.one@Example.COM',
      '  owner.one@example.com ',
      'ｏｗｎｅｒ.one@example.com',
      'owner.one@ｅｘａｍｐｌｅ.com',
      'Owner.One@EXAMPLE.com',
    ];
    const tries = [];
    for (const spelling of spellings) tries.push(await attempt({ email: spelling, password: 'не тот' }));
    expect(tries.map(({ status }) => status)).toEqual([...Array<number>(LIMIT).fill(422), 429]);
  });

  it('attack 29: counts every spelling of an unknown e-mail together', async () => {
    const spellings = ['ghost@example.com', 'GHOST@example.com', ' ghost@example.com', 'ｇhost@example.com'];
    const tries = [];
    for (const spelling of [...spellings, 'Ghost@Example.com', 'ghost@EXAMPLE.com'])
      tries.push(await attempt({ email: spelling, password: 'не тот' }));
    expect(tries.map(({ status }) => status)).toEqual([...Array<number>(LIMIT).fill(422), 429]);
  });

  it('attack 30: stops guesses at one account from many addresses', async () => {
    const { email } = await addPerson(product.app);
    const tries = [];
    for (let index = 1; index <= LIMIT + 3; index += 1)
      tries.push(await attempt({ email, password: 'не тот', from: `198.51.100.${index}` }));
    expect(limited(tries)).toHaveLength(3);
  });

  it('attack 31: a stranger locks nobody out of a browser that signed in before', async () => {
    const owner = await addPerson(product.app);
    const home = createAgent(product.issuer);
    expect((await attempt({ ...owner, browser: home })).status).toBe(303);
    for (const name of ['session', 'session.sig']) home.cookies.delete(`/ ${name}`);
    for (let index = 0; index < LIMIT + 5; index += 1)
      await attempt({ email: owner.email, password: `чужая догадка ${index}` });
    expect((await attempt(owner)).status).toBe(429);
    expect((await attempt({ ...owner, browser: home })).status).toBe(303);
  });

  it('counts no more guesses for a browser that was known to another account', async () => {
    const other = await addPerson(product.app);
    const victim = await addPerson(product.app);
    const browser = createAgent(product.issuer);
    expect((await attempt({ ...other, browser })).status).toBe(303);
    for (const name of ['session', 'session.sig']) browser.cookies.delete(`/ ${name}`);
    const tries = [];
    for (let index = 0; index < LIMIT; index += 1)
      tries.push(await attempt({ email: victim.email, password: 'не тот' }));
    expect((await attempt({ email: victim.email, password: 'не тот', browser })).status).toBe(429);
    expect(evaluated(tries)).toBe(LIMIT);
  });

  it('gives the place of a right password back', async () => {
    const person = await addPerson(product.app);
    for (let index = 0; index < LIMIT * 2; index += 1) expect((await attempt(person)).status).toBe(303);
    expect((await attempt({ email: person.email, password: 'не тот' })).status).toBe(422);
  });

  it('does the same work for a name that nobody has, for one without a password and for a wrong one', async () => {
    const known = await addPerson(product.app);
    const bare = await addPerson(product.app);
    await product.app.db
      .updateTable('accounts')
      .set({ passwordHash: null })
      .where('id', '=', bare.id)
      .execute();
    const work = [];
    for (const email of [known.email, bare.email, 'stranger@example.com', 'нет собаки']) {
      const before = { verified: passwords.verified, hashed: passwords.hashed };
      const answer = await attempt({ email, password: 'не тот пароль' });
      expect(answer.body).toContain(WRONG);
      work.push([answer.status, passwords.verified - before.verified, passwords.hashed - before.hashed]);
    }
    expect(work).toEqual(Array(4).fill([422, 1, 0]));
  });
});

describe.each(storageKinds)('limits by address on %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;

  beforeAll(async () => {
    const env = { SIGN_IN_LIMIT_ADDRESS: '3', TRUSTED_PROXIES: '127.0.0.1' };
    product = await startProduct(kind, { env });
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const attemptFrom = async (forwarded: string, person: { email: string; password: string }) => {
    // Straight to a node: it is the test that says what a proxy would.
    const agent = createAgent(product.issuer, { port: product.nodes[0]?.port });
    const page = await openSignIn(agent, authorizationRequest(client));
    return (await submitSignIn(agent, page, person, { headers: { 'x-forwarded-for': forwarded } })).status;
  };
  let made = 0;
  const sprayFrom = (forwarded: string) =>
    attemptFrom(forwarded, { email: `target-${(made += 1)}@example.com`, password: 'лето2026лето' });

  it('attack 30: stops one password tried on many accounts from one address', async () => {
    const person: TestPerson = await addPerson(product.app);
    const tries = [];
    for (let index = 0; index < 5; index += 1) tries.push(await sprayFrom('203.0.113.7'));
    expect(tries).toEqual([422, 422, 422, 429, 429]);
    expect(await attemptFrom('203.0.113.7', person)).toBe(429);
    expect(await attemptFrom('203.0.113.8', person)).toBe(303);
  });

  it('does not let the sender choose the address it is counted by', async () => {
    const tries = [];
    for (let index = 0; index < 5; index += 1) tries.push(await sprayFrom(`192.0.2.${index}, 203.0.113.20`));
    expect(tries).toEqual([422, 422, 422, 429, 429]);
  });

  it('counts a whole IPv6 network as one address', async () => {
    const tries = [];
    for (let index = 1; index <= 5; index += 1) tries.push(await sprayFrom(`2001:db8:1:2::${index}`));
    expect(tries).toEqual([422, 422, 422, 429, 429]);
    expect(await sprayFrom('2001:db8:1:3::1')).toBe(422);
  });
});
