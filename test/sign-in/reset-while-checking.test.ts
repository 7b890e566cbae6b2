/** Checking a password takes its time; what happens to the account meanwhile counts. */
import { createPasswordHasher, type PasswordHasher } from '../../src/accounts/passwords';
import { endSessions, updatePassword, updateStatus } from '../../src/accounts/store';
import { userinfoStatus } from '../provider/tokens';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import {
  authorizationRequest,
  openSignIn,
  redeemCode,
  refreshTokens,
  signIn,
  submitSignIn,
} from '../support/relying-party';

const hasher = createPasswordHasher({ memoryKib: 64, passes: 1, workers: 1 });
let meanwhile: () => Promise<unknown> = () => Promise.resolve();
const slow: PasswordHasher = {
  ...hasher,
  verify: async (hash, password) => {
    const right = await hasher.verify(hash, password);
    await meanwhile();
    return right;
  },
};

let product: TestProduct;
let person: TestPerson;
beforeAll(async () => {
  product = await startProduct('embedded', { passwords: slow });
});
afterAll(() => product.close());
beforeEach(async () => {
  meanwhile = () => Promise.resolve();
  person = await addPerson(product.app);
});

const tryToSignIn = async () => {
  const agent = createAgent(product.issuer);
  const page = await openSignIn(agent, authorizationRequest(await addClient(product.app)));
  return submitSignIn(agent, page, person);
};

it('a password that was reset meanwhile no longer signs in', async () => {
  const { db, clock } = product.app;
  const other = await hasher.hash('совсем другой пароль');
  meanwhile = async () => {
    await updatePassword(db, person.id, other, clock.now());
    await endSessions(db, person.id, clock.now());
  };
  expect((await tryToSignIn()).status).toBe(422);
});

it('an account that was blocked meanwhile is told so', async () => {
  const { db, clock } = product.app;
  meanwhile = () => updateStatus(db, person.id, { status: 'blocked', reason: 'проверка' }, clock.now());
  const answer = await tryToSignIn();
  expect([answer.status, answer.body.includes('проверка')]).toEqual([403, true]);
});

it('refresh tokens outlive a lost session store, and end with the sign-ins', async () => {
  const { db, clock } = product.app;
  const agent = createAgent(product.issuer);
  const client = await addClient(product.app);
  const request = authorizationRequest(client);
  const back = await signIn(agent, product.issuer, request, person);
  const first = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
  await db.deleteFrom('ephemeral').execute();
  const second = await refreshTokens(agent, client, String(first.json.refresh_token));
  expect(second.status).toBe(200);
  await endSessions(db, person.id, clock.now());
  expect((await refreshTokens(agent, client, String(second.json.refresh_token))).status).toBe(400);
});

it('whoever signs in before the second is over in which all sign-ins were ended has tokens that hold', async () => {
  const { db, clock } = product.app;
  // That second, made longer.
  await endSessions(db, person.id, new Date(clock.now().getTime() + 5000));
  const agent = createAgent(product.issuer);
  const client = await addClient(product.app);
  const request = authorizationRequest(client);
  const back = await signIn(agent, product.issuer, request, person);
  const first = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
  const next = await refreshTokens(agent, client, String(first.json.refresh_token));
  for (const { json } of [first, next])
    expect(await userinfoStatus(product, String(json.access_token))).toBe(200);
});
