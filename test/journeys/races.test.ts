/** Principle 1 of what is single use: one winner among any number of callers, on any number of nodes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from 'oidc-provider';
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { openMessage } from '../../src/notifications/outbox';
import { createAdapters } from '../../src/provider/adapters';
import { codeFor, isActive, relyingParty, tokensFor, userinfoStatus } from '../provider/tokens';
import { createAgent, type Agent } from '../support/agent';
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
  hiddenFields,
  openSignIn,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';

const ROUNDS = 20;
const PARALLEL = 50;

describe.each(storageKinds)('races on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let agent: Agent;

  beforeAll(async () => {
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1 });
    person = await addPerson(product.app);
    client = await addClient(product.app);
    agent = createAgent(product.issuer);
  });
  afterAll(() => product.close());

  /** The same call many times at once, spread over the nodes. */
  const atOnce = <T>(call: (port: number | undefined, index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(
      Array.from({ length: PARALLEL }, (_, index) =>
        call(product.nodes[index % product.nodes.length]?.port, index),
      ),
    );
  const outcomes = (answers: { status: number; json: Record<string, unknown> }[]) => {
    const counts: Record<string, number> = {};
    for (const { status, json } of answers) {
      const name = status === 200 ? 'tokens' : `${status} ${String(json.error)}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };
  const oneWinner = { tokens: 1, '400 invalid_grant': PARALLEL - 1 };

  it(`gives one code of ${PARALLEL} parallel redemptions to one, ${ROUNDS} times`, async () => {
    const party = relyingParty(product);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { code, request } = await codeFor(product, agent, client, person);
      const answers = await atOnce((port) => redeemCode(party, client, request, code, { port }));
      expect(outcomes(answers)).toEqual(oneWinner);
    }
  }, 180_000);

  it(`attack 11: gives one refresh token of ${PARALLEL} parallel uses to one, ${ROUNDS} times`, async () => {
    const party = relyingParty(product);
    for (let round = 0; round < ROUNDS; round += 1) {
      const { refresh } = await tokensFor(product, agent, client, person);
      const answers = await atOnce((port) => refreshTokens(party, client, refresh, { port }));
      expect(outcomes(answers)).toEqual(oneWinner);
      const replay = await refreshTokens(party, client, refresh);
      expect(replay).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
      const heir = String(answers.find(({ status }) => status === 200)?.json.refresh_token);
      expect(await refreshTokens(party, client, heir)).toMatchObject({
        status: 400,
        json: { error: 'invalid_grant' },
      });
    }
  }, 180_000);

  it.each([0, 1])('attack 9: a code that comes again after %i s ends what it gave', async (seconds) => {
    const tokens = await tokensFor(product, agent, client, person);
    expect(await userinfoStatus(product, tokens.access)).toBe(200);
    expect(await isActive(product, client, tokens.access)).toBe(true);
    await sleep(seconds * 1000);
    const again = await redeemCode(relyingParty(product), client, tokens.request, tokens.code);
    expect(again).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(again.json).not.toHaveProperty('access_token');
    for (const node of product.nodes)
      expect(await userinfoStatus(product, tokens.access, node.port)).toBe(401);
    expect(await isActive(product, client, tokens.access)).toBe(false);
    expect(await isActive(product, client, tokens.refresh)).toBe(false);
    const refreshed = await refreshTokens(relyingParty(product), client, tokens.refresh);
    expect(refreshed).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
  });

  it(`lets one of ${PARALLEL} parallel sends of one sign-in form past its captcha`, async () => {
    const browser = createAgent(product.issuer);
    const page = await openSignIn(browser, authorizationRequest(client));
    const wrong = { email: person.email, password: 'не тот пароль' };
    const answers = await atOnce((port) => submitSignIn(browser, page, wrong, { port }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([422]));
    expect(answers.filter(({ body }) => body.includes('Почта или пароль не подошли'))).toHaveLength(1);
    expect(answers.filter(({ body }) => body.includes('Цифры не совпали'))).toHaveLength(PARALLEL - 1);
  });

  it(`attack 72: sets one of ${PARALLEL} passwords that come with one link`, async () => {
    const { app } = product;
    const email = parseEmail('new-person@example.com');
    if (!email) throw new Error('no address');
    const named = { familyName: 'Новая', givenName: 'Анна', middleName: null, locale: 'ru' as const, email };
    const account = await createAccount({ ...app, issuer: product.issuer }, named, 'operator:test');
    if (account === 'email_taken') throw new Error('taken');
    const row = await app.db.selectFrom('outbox').selectAll().executeTakeFirstOrThrow();
    const { values } = openMessage(app.secrets, row);
    const link = new URL(String((values as { link: string }).link));

    const browser = createAgent(product.issuer);
    await browser.get(link.pathname + link.search);
    const page = await browser.get('/set-password');
    expect(page.status).toBe(200);
    const passwordOf = (index: number) => `корабль уходит в море ${index}`;
    const answers = await atOnce((port, index) => {
      const form = {
        ...hiddenFields(page.body),
        password: passwordOf(index),
        password_repeated: passwordOf(index),
      };
      return browser.post('/set-password', form, { port });
    });
    const winners = answers.flatMap(({ status }, index) => (status === 303 ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(PARALLEL - 1);

    const events = await app.db
      .selectFrom('audit')
      .select('event')
      .where('subject', '=', `account:${account.id}`)
      .where('event', '=', 'password_set')
      .execute();
    expect(events).toHaveLength(1);
    const [winner = 0] = winners;
    const signedIn = { id: account.id, email: email.value, password: passwordOf(winner) };
    expect((await codeFor(product, createAgent(product.issuer), client, signedIn)).code).not.toBe('');
    const loser = { id: account.id, email: email.value, password: passwordOf((winner + 1) % PARALLEL) };
    await expect(codeFor(product, createAgent(product.issuer), client, loser)).rejects.toThrow('422');
  });

  it('writes one mark of an assertion that comes many times at once', async () => {
    const { app } = product;
    const replays = createAdapters(app)('ReplayDetection');
    const mark = { kind: 'ReplayDetection', iss: 'https://cabinet.example' };
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => replays.upsert('mark-1', mark, 60)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(errors.InvalidRequest);
    }
  });
});
