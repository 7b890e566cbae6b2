/** SECRET_KEY changes step by step while people are signed in: nobody notices, and operators see when a key can go. */
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { runCli } from '../../src/admin/cli';
import { adminTools } from '../../src/node/admin-socket';
import { issueCode, tryCode } from '../../src/tokens/codes';
import { noteNewestKey } from '../../src/storage/secret-keys';
import { recordingIo } from '../admin/desk';
import { relyingParty, tokensFor, type Tokens } from '../provider/tokens';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestNode,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { movableClock } from '../support/clock';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  postAsClient,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';

const OLD = 'an-older-master-key-of-no-value-1234567890';
const NEW = 'the-newer-master-key-of-no-value-abcdefghi';
/** One node for each step that docs/keys.md tells; neighbours serve together while the step is under way. */
const STEPS = [OLD, `${OLD},${NEW}`, `${NEW},${OLD}`];

interface KeyUse {
  id: string;
  place: number | null;
  state: string;
  sessions_until: string | null;
  holds: Record<string, number>;
}

describe('a change of SECRET_KEY', () => {
  const clock = movableClock(new Date());
  let product: TestProduct;
  let client: TestClient;

  beforeAll(async () => {
    product = await startProduct('postgres', {
      nodes: STEPS.length,
      envOf: (node) => ({ SECRET_KEY: STEPS[node] ?? '' }),
      clock,
    });
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const nodeAt = (step: number): TestNode => {
    const node = product.nodes[step];
    if (!node) throw new Error('no such step');
    return node;
  };
  const keyUses = async (step: number): Promise<KeyUse[]> => {
    const { io, answer } = recordingIo(new Map());
    const { app } = nodeAt(step);
    const tools = () => Promise.resolve(adminTools(app));
    const loadConfig = () => app.config;
    expect(await runCli(['secret-keys', 'list', '--json'], { io, tools, loadConfig })).toBe(0);
    return (JSON.parse(answer.out) as { items: KeyUse[] }).items;
  };
  const refreshAt = async (step: number, tokens: Tokens): Promise<Tokens> => {
    const { port } = nodeAt(step);
    const { status, json } = await refreshTokens(relyingParty(product), client, tokens.refresh, { port });
    expect([step, status]).toEqual([step, 200]);
    const keys = JSON.parse((await relyingParty(product).get('/jwks', { port })).body) as JSONWebKeySet;
    await jwtVerify(String(json.id_token), createLocalJWKSet(keys), { audience: client.id });
    return { ...tokens, refresh: String(json.refresh_token) };
  };
  const isKnownAt = async (step: number, agent: Agent): Promise<void> => {
    const { path } = authorizationRequest(client, { prompt: 'none' });
    const { location = '' } = await agent.get(path, { port: nodeAt(step).port });
    expect([step, new URL(location).searchParams.get('error')]).toEqual([step, null]);
  };

  it('signs nobody out and fails no token, with two nodes at each step of it', async () => {
    const person = await addPerson(product.app);
    const agent = createAgent(product.issuer);
    let tokens = await tokensFor(product, agent, client, person);
    for (const step of [0, 1, 0, 1, 1, 2, 1, 2, 2]) {
      await isKnownAt(step, agent);
      tokens = await refreshAt(step, tokens);
    }
  });

  it('takes the forms, codes and devices that were given out a step before', async () => {
    const person: TestPerson = await addPerson(product.app);
    for (const [before, after] of [
      [0, 1],
      [1, 2],
      [2, 1],
    ] as const) {
      const agent = createAgent(product.issuer);
      const given = { port: nodeAt(before).port };
      const taken = { port: nodeAt(after).port };
      const request = authorizationRequest(client);
      const page = await openSignIn(agent, request, given);
      const signedIn = await submitSignIn(agent, page, person, taken);
      const { location } = await follow(agent, product.issuer, signedIn, taken);
      expect(new URL(location ?? '').searchParams.get('code')).toMatch(/./);

      const { app } = nodeAt(before);
      const wanted = { purpose: 'prove_email' as const, accountId: person.id, ttlSeconds: 600 };
      const { id, code } = await issueCode(app.db, app.secrets, wanted, clock);
      const attempt = { purpose: wanted.purpose, id, code };
      const tried = await tryCode(nodeAt(after).app.db, nodeAt(after).app.secrets, attempt, clock);
      expect(tried).toMatchObject({ state: 'right' });

      const device = await addClient(product.app, {
        client_name: 'Терминал склада',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [],
      });
      const { json } = await postAsClient(relyingParty(product), '/device/auth', device, {}, given);
      const form = hiddenFields((await agent.get('/device', taken)).body);
      const found = await agent.post('/device', { ...form, user_code: String(json.user_code) }, taken);
      expect(found.body).toContain('Терминал склада');
    }
  });

  it('ends for a key when nothing is left that only it opens', async () => {
    await noteNewestKey(nodeAt(1).app.db, nodeAt(1).app.secrets, clock);
    const [first, second] = await keyUses(1);
    expect([first, second]).toMatchObject([{ place: 1, state: 'newest' }, { place: 2 }]);
    clock.advance(60);
    await noteNewestKey(nodeAt(2).app.db, nodeAt(2).app.secrets, clock);

    const [, old] = await keyUses(2);
    expect(old).toMatchObject({ id: first?.id, place: 2, state: 'needed' });
    expect(Object.keys(old?.holds ?? {})).toContain('grants');
    // Sealed anew at the start of the first node that had the new key in front.
    expect(old?.holds).not.toHaveProperty('signing keys');

    const { db } = product.app;
    const underOld = `${first?.id}.%`;
    await db.deleteFrom('grants').where('payload', 'like', underOld).execute();
    for (const column of ['answers', 'draft'] as const)
      await db.deleteFrom('registrations').where(column, 'like', underOld).execute();
    await db.deleteFrom('outbox').where('sealed', 'like', underOld).execute();
    expect((await keyUses(2))[1]).toMatchObject({ state: 'needed', holds: {} });
    clock.advance(30 * 86_400 + 600);
    expect((await keyUses(2))[1]).toMatchObject({ state: 'removable' });
    // The other way round: what the newest key has sealed, seen with a list that lacks it.
    const missing = (await keyUses(0)).find(({ place }) => place === null);
    expect(missing).toMatchObject({ id: second?.id, state: 'missing' });
  });
});
