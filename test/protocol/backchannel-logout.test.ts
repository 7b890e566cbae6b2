/** Back-channel logout (OIDC Back-Channel Logout 1.0): who is told of which end, tries, dead letters, two nodes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import { runCli } from '../../src/admin/cli';
import { adminTools } from '../../src/node/admin-socket';
import { blockAccount } from '../../src/accounts/change-account';
import type { ClientInput } from '../../src/clients/client';
import { MAX_ATTEMPTS } from '../../src/notifications/notifications';
import { findMessage, listMessages } from '../../src/notifications/store';
import { recordingIo } from '../admin/desk';
import { tokensFor } from '../provider/tokens';
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
import { until } from '../support/processes';
import { authorizationRequest, hiddenFields, signIn } from '../support/relying-party';

interface Listener {
  url: string;
  tokens: string[];
  /** What the next requests are answered; 200 when none is left. */
  answers: ((respond: (status: number, headers?: Record<string, string>) => void) => void)[];
  server: Server;
}

/** A relying party's endpoint for logout tokens. */
async function listen(): Promise<Listener> {
  const listener: Omit<Listener, 'url' | 'server'> = { tokens: [], answers: [] };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      listener.tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
      const answer = listener.answers.shift() ?? ((respond) => respond(200));
      answer((status, headers) => response.writeHead(status, headers).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`;
  return Object.assign(listener, { url, server });
}

/** Stands still, so that what failed is tried again when a test says so. */
const clock = movableClock(new Date());
let product: TestProduct;
let person: TestPerson;
let listener: Listener;
let listening: TestClient;

const register = (change: Partial<ClientInput> = {}): Promise<TestClient> =>
  addClient(product.app, {
    backchannel_logout_uri: listener.url,
    backchannel_logout_session_required: true,
    ...change,
  });

const notices = () => listMessages(product.app.db, { channel: 'logout' });
/** Until the nodes' own workers have tried all that is due: none is waiting without a failure. */
const tried = async (attempts = 1): Promise<void> => {
  const began = Date.now();
  const undone = async () =>
    (await notices()).some(
      (one) => one.leasedUntil !== null || (one.status === 'waiting' && one.attempts < attempts),
    );
  while (await undone()) {
    if (Date.now() - began > 8000) throw new Error('the outbox was not served');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
/** Until a node knows of a client's end: what it was told is a moment behind. */
const forgotten = ({ app }: TestNode, id: string): Promise<void> =>
  until('the client to be forgotten', async () => !(await app.holder.provider().Client.find(id)), 10);
const cli = async (...argv: string[]) => {
  const { io, answer } = recordingIo(new Map());
  const tools = adminTools(product.app);
  const loadConfig = () => product.app.config;
  answer.code = await runCli(argv, { io, tools: () => Promise.resolve(tools), loadConfig });
  if (answer.code !== 0) throw new Error(`${argv.join(' ')}: ${answer.err}`);
  return answer;
};
const signOutEverywhere = async (agent: Agent, idToken: string): Promise<void> => {
  const page = await agent.get(`/session/end?${new URLSearchParams({ id_token_hint: idToken }).toString()}`);
  const done = await agent.post('/session/end/confirm', { ...hiddenFields(page.body), logout: 'yes' });
  expect(done.status).toBe(303);
};
const checked = async (token: string, client: TestClient): Promise<JWTPayload> => {
  const keys = createRemoteJWKSet(new URL(`${product.issuer}/jwks`));
  const { payload } = await jwtVerify(token, keys, {
    ...{ issuer: product.issuer, audience: client.id, typ: 'logout+jwt', maxTokenAge: 120 },
  });
  return payload;
};

beforeAll(async () => {
  listener = await listen();
  product = await startProduct('postgres', { nodes: 2, clock });
  person = await addPerson(product.app);
  listening = await register();
});
afterAll(async () => {
  await product.close();
  listener.server.close();
});
beforeEach(async () => {
  // What the test before left to the workers is on its way, and must not come to the next one.
  await tried();
  await product.app.db.deleteFrom('outbox').execute();
  listener.tokens.length = 0;
  listener.answers.length = 0;
});

describe('a sign-out', () => {
  it('is told to every relying party of the session, once, and to no other', async () => {
    const agent = createAgent(product.issuer);
    const second = await register({ id_token_signed_response_alg: 'ES256' });
    await register();
    const first = await tokensFor(product, agent, listening, person);
    const other = await tokensFor(product, agent, second, person);
    await tokensFor(product, createAgent(product.issuer), listening, person);
    await signOutEverywhere(agent, first.id);
    expect(await notices()).toHaveLength(2);
    await tried();
    expect(listener.tokens).toHaveLength(2);
    const byAudience = new Map(listener.tokens.map((token) => [decodeJwt(token).aud, token]));
    const payload = await checked(byAudience.get(listening.id) ?? '', listening);
    expect(payload).toMatchObject({
      ...{ sub: person.id, sid: decodeJwt(first.id).sid, jti: expect.any(String) as unknown },
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(payload).not.toHaveProperty('nonce');
    expect((await checked(byAudience.get(second.id) ?? '', second)).sid).toBe(decodeJwt(other.id).sid);
  });

  it('at one relying party only is told to that one', async () => {
    const agent = createAgent(product.issuer);
    const second = await register();
    const { id } = await tokensFor(product, agent, listening, person);
    await tokensFor(product, agent, second, person);
    const page = await agent.get(`/session/end?${new URLSearchParams({ id_token_hint: id }).toString()}`);
    expect((await agent.post('/session/end/confirm', hiddenFields(page.body))).status).toBe(303);
    expect((await notices()).map(({ facts }) => facts?.clientId)).toEqual([listening.id]);
  });

  it('names only the person where the relying party keeps no session ids', async () => {
    const plain = await register({ backchannel_logout_session_required: false });
    const agent = createAgent(product.issuer);
    const { id } = await tokensFor(product, agent, plain, person);
    await signOutEverywhere(agent, id);
    await tried();
    const payload = await checked(listener.tokens[0] ?? '', plain);
    expect(payload).toMatchObject({ sub: person.id });
    expect(payload).not.toHaveProperty('sid');
  });

  it('that is written down nowhere has not happened', async () => {
    const agent = createAgent(product.issuer);
    const one = await addPerson(product.app);
    const { id } = await tokensFor(product, agent, listening, one);
    const page = await agent.get(`/session/end?${new URLSearchParams({ id_token_hint: id }).toString()}`);
    await product.app.pool.query('alter table outbox rename to outbox_away');
    const answer = await agent
      .post('/session/end/confirm', { ...hiddenFields(page.body), logout: 'yes' })
      .finally(() => product.app.pool.query('alter table outbox_away rename to outbox'));
    expect(answer.status).toBeGreaterThanOrEqual(500);
    const session = await product.app.db
      .selectFrom('accountSessions')
      .select('endedAt')
      .where('accountId', '=', one.id)
      .executeTakeFirstOrThrow();
    expect(session.endedAt).toBeNull();
  });
});

describe('every other end of a session', () => {
  const ends: [string, (one: TestPerson) => Promise<unknown>][] = [
    ['a block', (one) => blockAccount({ ...product.app, issuer: product.issuer }, one.id, 'x', 'operator:t')],
    ['accounts sign-out', (one) => cli('accounts', 'sign-out', one.id)],
    [
      'the end of the last membership',
      async (one) => {
        const given = await cli(
          ...['members', 'add', one.email, '--inn', '7707083893', '--kpp', '773601001'],
          ...['--name', 'ООО Ромашка', '--json'],
        );
        const { id } = JSON.parse(given.out) as { id: string };
        await cli('members', 'revoke', id, '--reason', 'x');
      },
    ],
  ];
  it.each(ends)('%s is told', async (_name, end) => {
    const one = await addPerson(product.app);
    const { id } = await tokensFor(product, createAgent(product.issuer), listening, one);
    await end(one);
    await tried();
    expect(listener.tokens.map((token) => decodeJwt(token).sid)).toEqual([decodeJwt(id).sid]);
  });

  it('ending a session, and all the others, on one’s own pages is told', async () => {
    const one = await addPerson(product.app);
    const here = createAgent(product.issuer);
    await tokensFor(product, here, listening, one);
    const there = await tokensFor(product, createAgent(product.issuer), listening, one);
    const page = await here.get('/account/sessions');
    expect(page.status).toBe(200);
    await here.post('/account/sessions', { ...hiddenFields(page.body), others: 'yes' });
    await tried();
    expect(listener.tokens.map((token) => decodeJwt(token).sid)).toEqual([decodeJwt(there.id).sid]);
  });

  it('of two who end it at once, on two nodes, one tells', async () => {
    const one = await addPerson(product.app);
    await tokensFor(product, createAgent(product.issuer), listening, one);
    const block = (node: number) => {
      const app = product.nodes[node]?.app ?? product.app;
      return blockAccount({ ...app, issuer: product.issuer }, one.id, 'x', 'operator:t');
    };
    await Promise.all([block(0), block(1)]);
    expect(await notices()).toHaveLength(1);
  });
});

describe('delivery', () => {
  const signedOut = async (client = listening): Promise<string> => {
    const agent = createAgent(product.issuer);
    const { id } = await tokensFor(product, agent, client, person);
    await signOutEverywhere(agent, id);
    return (await notices())[0]?.id ?? '';
  };

  it('is tried again with a token of its own, until it is taken', async () => {
    listener.answers.push(
      (respond) => respond(500),
      (respond) => respond(302, { location: 'http://127.0.0.1:1/' }),
    );
    const id = await signedOut();
    await tried();
    expect(await findMessage(product.app.db, id)).toMatchObject({ status: 'waiting', attempts: 1 });
    clock.advance(10);
    await tried(2);
    clock.advance(30);
    await tried(3);
    expect(await findMessage(product.app.db, id)).toMatchObject({ status: 'sent', attempts: 3 });
    expect(new Set(listener.tokens.map((token) => decodeJwt(token).jti)).size).toBe(3);
  });

  it('waits three seconds at most, and holds up no other relying party', async () => {
    const other = await listen();
    const beside = await register({ backchannel_logout_uri: other.url });
    listener.answers.push(() => undefined);
    const agent = createAgent(product.issuer);
    const { id } = await tokensFor(product, agent, listening, person);
    await tokensFor(product, agent, beside, person);
    await signOutEverywhere(agent, id);
    const began = Date.now();
    while (other.tokens.length === 0 && Date.now() - began < 2900)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(other.tokens).toHaveLength(1);
    await tried();
    expect(Date.now() - began).toBeLessThan(8000);
    other.server.close();
    const waiting = (await notices()).find(({ status }) => status === 'waiting');
    expect(waiting?.lastError).toBe('no answer within 3 seconds');
  });

  it('that fails twelve times lies dead where operators see it, and is sent when they ask', async () => {
    listener.answers.push(
      (respond) => respond(503),
      (respond) => respond(503),
    );
    const id = await signedOut();
    await tried();
    await product.app.db
      .updateTable('outbox')
      .set({ attempts: MAX_ATTEMPTS - 1 })
      .where('id', '=', id)
      .execute();
    clock.advance(60);
    await tried(MAX_ATTEMPTS);
    const list = await cli('outbox', 'list', '--status', 'dead', '--channel', 'logout', '--json');
    expect(JSON.parse(list.out)).toMatchObject({
      items: [{ id, channel: 'logout', attempts: 12, last_error: 'the relying party answered 503' }],
    });
    expect((await cli('outbox', 'show', id)).out).toContain(listening.id);
    listener.tokens.length = 0;
    expect((await cli('outbox', 'retry', id)).code).toBe(0);
    await tried();
    expect(listener.tokens).toHaveLength(1);
    expect(await findMessage(product.app.db, id)).toMatchObject({ status: 'sent' });
  });

  it('goes to no address of ours, whatever was registered', async () => {
    const hidden = await register({ backchannel_logout_uri: 'https://169.254.169.254/latest' });
    const id = await signedOut(hidden);
    await tried();
    expect(await findMessage(product.app.db, id)).toMatchObject({
      ...{ status: 'dead', attempts: 1 },
      lastError: expect.stringContaining('must not be called') as unknown,
    });
  });

  it('ends without a word where the relying party is gone', async () => {
    const gone = await register();
    const one = await addPerson(product.app);
    await signIn(createAgent(product.issuer), product.issuer, authorizationRequest(gone), one);
    listener.answers.push((respond) => respond(500));
    await blockAccount({ ...product.app, issuer: product.issuer }, one.id, 'x', 'operator:t');
    await tried();
    await cli('clients', 'delete', gone.id, '--yes');
    await Promise.all(product.nodes.map((node) => forgotten(node, gone.id)));
    clock.advance(10);
    await tried(2);
    expect(listener.tokens).toHaveLength(1);
    expect(await notices()).toMatchObject([{ status: 'dead' }]);
  });
});

it('discovery says that it is there', async () => {
  const answer = await createAgent(product.issuer).get('/.well-known/openid-configuration');
  expect(JSON.parse(answer.body)).toMatchObject({
    ...{ backchannel_logout_supported: true, backchannel_logout_session_supported: true },
  });
});
