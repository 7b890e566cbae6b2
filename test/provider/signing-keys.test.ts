/** Rotation and revocation of signing keys, as relying parties on two nodes see them. */
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { revokeSigningKey, rotateSigningKeys, tendSigningKeys } from '../../src/provider/keys/rotation';
import { ensureSigningKeys, listSigningKeys } from '../../src/provider/keys/signing-keys';
import { openDesk, type Desk } from '../admin/desk';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import { authorizationRequest, refreshTokens } from '../support/relying-party';
import { relyingParty, tokensFor, type Tokens } from './tokens';

const LEAKED = { actor: 'operator:test', reason: 'leaked' };

/** A relying party that believes its copy of the keys for the whole of max-age, whatever it meets meanwhile. */
class Party {
  private keys: JSONWebKeySet = { keys: [] };
  private fetchedAt = -Infinity;
  private maxAge = 0;
  verified = 0;

  constructor(
    private readonly product: TestProduct,
    private readonly client: TestClient,
    private readonly clock: { now(): Date },
    readonly agent: Agent,
    public tokens: Tokens,
  ) {}

  private async keySet(port: number | undefined): Promise<JSONWebKeySet> {
    const now = this.clock.now().getTime() / 1000;
    if (now - this.fetchedAt >= this.maxAge) {
      const { body, headers } = await relyingParty(this.product).get('/jwks', { port });
      this.keys = JSON.parse(body) as JSONWebKeySet;
      this.maxAge = Number(/max-age=(\d+)/.exec(String(headers['cache-control']))?.[1]);
      this.fetchedAt = now;
    }
    return this.keys;
  }

  async verify(token: string, port?: number): Promise<string | undefined> {
    const keys = createLocalJWKSet(await this.keySet(port));
    await jwtVerify(token, keys, { issuer: this.product.issuer, audience: this.client.id });
    this.verified += 1;
    return decodeProtectedHeader(token).kid;
  }

  /** Refreshes at a node and checks the new ID token; gives the kid that signed it. */
  async refresh(port: number | undefined): Promise<string | undefined> {
    const { status, json } = await refreshTokens(
      relyingParty(this.product),
      this.client,
      this.tokens.refresh,
      { port },
    );
    if (status !== 200) throw new Error(`refresh: ${status} ${JSON.stringify(json)}`);
    this.tokens = { ...this.tokens, refresh: String(json.refresh_token), id: String(json.id_token) };
    return this.verify(this.tokens.id, port);
  }
}

describe.each(storageKinds)('signing keys on %s', (kind) => {
  const clock = movableClock(new Date());
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;

  beforeAll(async () => {
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1, clock });
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const published = async (port?: number): Promise<JSONWebKeySet> =>
    JSON.parse((await relyingParty(product).get('/jwks', { port })).body) as JSONWebKeySet;
  const kidsOf = (set: JSONWebKeySet) => set.keys.map(({ kid }) => kid);
  const idToken = async () => (await tokensFor(product, createAgent(product.issuer), client, person)).id;
  const verify = (token: string, set: JSONWebKeySet) =>
    jwtVerify(token, createLocalJWKSet(set), { issuer: product.issuer, audience: client.id });
  const kidIn = async (state: string) =>
    (await listSigningKeys(product.app.db)).find((key) => key.alg === 'RS256' && key.state === state)?.kid;
  const portOf = (index: number) => product.nodes[index % product.nodes.length]?.port;
  /** Milliseconds: nodes that were not told look for themselves, after five seconds at the earliest. */
  const AT_ONCE = 4000;
  /** Asks until the answer is yes, or too late; the milliseconds that it took. */
  const within = async (asked: () => Promise<boolean>): Promise<number> => {
    const begun = performance.now();
    while (!(await asked()) && performance.now() - begun < AT_ONCE)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return performance.now() - begun;
  };

  it('rotate twice under load: no relying party fails to verify, nobody is signed out', async () => {
    const parties: Party[] = [];
    for (let index = 0; index < 4; index += 1) {
      const agent = createAgent(product.issuer);
      const somebody = await addPerson(product.app);
      parties.push(
        new Party(product, client, clock, agent, await tokensFor(product, agent, client, somebody)),
      );
    }
    const firstHints = parties.map(({ tokens }) => tokens.id);
    const kids = new Set<string | undefined>();
    const results: string[] = [];
    const round = async (tick: number) => {
      for (const kid of await Promise.all(parties.map((party, index) => party.refresh(portOf(tick + index)))))
        kids.add(kid);
    };
    for (let tick = 0; tick < 26; tick += 1) {
      clock.advance(61);
      // At every tick each node tries: it must work twice, and never too early.
      const tries = product.nodes.map(({ app }) => rotateSigningKeys(app, 'operator:test'));
      const [rotations] = await Promise.all([Promise.all(tries), round(tick)]);
      results.push(...rotations.map(({ result }) => result));
    }
    expect(results.filter((result) => result === 'rotated')).toHaveLength(2);
    expect(kids.size).toBe(3);
    expect(parties.map(({ verified }) => verified)).toEqual([26, 26, 26, 26]);

    for (const [index, party] of parties.entries()) {
      const port = portOf(index);
      const quiet = await party.agent.get(authorizationRequest(client, { prompt: 'none' }).path, { port });
      expect(new URL(quiet.location ?? '').searchParams.get('code')).toMatch(/./);
      await expect(party.verify(firstHints[index] ?? '', port)).resolves.toBeDefined();
      const hint = await relyingParty(product).get(`/session/end?id_token_hint=${firstHints[index]}`, {
        port,
      });
      expect(hint.status).toBe(200);
    }
  });

  it('are published by their max-age, the next ones too, and never the private parts', async () => {
    const { headers, body } = await relyingParty(product).get('/jwks');
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(kidsOf(JSON.parse(body) as JSONWebKeySet)).toContain(await kidIn('next'));
    expect(body).not.toMatch(/"(d|p|q|dp|dq|qi|oth|k)":/);
  });

  it('leave every node at once when revoked; what they signed verifies no more, the next one signs', async () => {
    const compromised = await idToken();
    const { kid = '' } = decodeProtectedHeader(compromised);
    const next = await kidIn('next');
    const begun = await revokeSigningKey(product.app, kid, LEAKED);
    expect(begun).toEqual({ alg: 'RS256', was: 'current', active: next });
    for (const { port } of product.nodes) {
      expect(await within(async () => !kidsOf(await published(port)).includes(kid))).toBeLessThan(AT_ONCE);
      const hint = await relyingParty(product).get(`/session/end?id_token_hint=${compromised}`, { port });
      expect(hint.status).toBe(400);
    }
    const after = await published();
    await expect(verify(compromised, after)).rejects.toThrow(errors.JWKSNoMatchingKey);
    const fresh = await idToken();
    expect(decodeProtectedHeader(fresh).kid).toBe(next);
    await expect(verify(fresh, after)).resolves.toBeDefined();

    const row = await product.app.db
      .selectFrom('signingKeys')
      .select('privateSealed')
      .where('kid', '=', kid)
      .executeTakeFirstOrThrow();
    expect(row.privateSealed).toBeNull();
    expect(await revokeSigningKey(product.app, kid, LEAKED)).toBeUndefined();
  });

  it('are taken up by running nodes at once', async () => {
    clock.advance(601);
    const next = await kidIn('next');
    expect(await rotateSigningKeys(product.app, 'operator:test')).toEqual({ result: 'rotated' });
    const used = async () => decodeProtectedHeader(await idToken()).kid;
    expect(await within(async () => (await used()) === next)).toBeLessThan(AT_ONCE);
  });
});

describe.each(storageKinds)('the schedule on %s', (kind) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(kind);
    await ensureSigningKeys(desk.tools);
  });
  afterAll(() => desk.close());

  const kidsIn = async (state: string) =>
    (await listSigningKeys(desk.tools.db)).filter((key) => key.state === state).map(({ kid }) => kid);
  const events = async (event: string) =>
    (await desk.json<{ items: { event: string; actor: string }[] }>('audit', 'list', '--event', event)).items;
  const DAY = 86_400;

  it('rotates once when it is due, whoever many nodes look, and retires what nobody can hold any more', async () => {
    const first = await kidsIn('current');
    const second = await kidsIn('next');
    desk.clock.advance(89 * DAY);
    await tendSigningKeys(desk.tools);
    expect(await kidsIn('current')).toEqual(first);
    desk.clock.advance(DAY);
    await Promise.all(Array.from({ length: 8 }, () => tendSigningKeys(desk.tools)));
    expect(new Set(await kidsIn('current'))).toEqual(new Set(second));
    expect(await kidsIn('previous')).toHaveLength(3);
    expect(await events('key_rotated')).toMatchObject([{ actor: 'system' }]);

    // Refresh tokens and sessions end 30 days after a sign-in; a day more for good measure.
    desk.clock.advance(30 * DAY);
    await tendSigningKeys(desk.tools);
    expect(new Set(await kidsIn('previous'))).toEqual(new Set(first));
    desk.clock.advance(DAY);
    await Promise.all(Array.from({ length: 8 }, () => tendSigningKeys(desk.tools)));
    expect([await kidsIn('previous'), new Set(await kidsIn('retired'))]).toEqual([[], new Set(first)]);
    expect(await events('key_retired')).toHaveLength(1);
    const held = (await listSigningKeys(desk.tools.db)).filter(({ privateSealed }) => privateSealed !== null);
    expect(held).toHaveLength(6);
  });

  it('leaves everything to the operator when it is off', async () => {
    const { db, secrets, clock, config } = desk.tools;
    const before = await kidsIn('current');
    desk.clock.advance(1000 * DAY);
    await tendSigningKeys({ db, secrets, clock, config: { ...config, signingKeyRotationDays: 0 } });
    expect(await kidsIn('current')).toEqual(before);
  });
});
