/**
 * The journeys of other files once more, each request sent to another of two nodes by a real reverse proxy
 * (deploy/haproxy.cfg). `BEHIND_PROXY=yes npm test` does the same to every test there is.
 */
import '../support/behind-proxy';
import { globalAgent } from 'node:http';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import { authorizationRequest, follow, openSignIn, submitSignIn } from '../support/relying-party';

describe.each([
  ['signing in', './sign-in.test'],
  ['registering', './registration.test'],
  ['recovery', './recovery.test'],
  ['approvals', './approvals.test'],
  ['own pages', './account.test'],
])('behind a proxy: %s', (_story, file) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- its tests become tests of this file
  require(file);
});

/** Options of every connection that the agents of this file make. */
const { options: sockets } = globalAgent as unknown as { options: { localAddress?: string } };

describe('behind a proxy: who sent a request', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('postgres');
  });
  afterAll(() => product.close());

  it('is whoever the proxy saw, whatever they say of themselves', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const agent = createAgent(issuer);
    const headers = { 'x-forwarded-for': '203.0.113.7, 127.0.0.1', forwarded: 'for=203.0.113.7' };
    const options = { headers };
    sockets.localAddress = '127.0.0.9';
    try {
      const page = await openSignIn(agent, authorizationRequest(await addClient(app)), options);
      await follow(agent, issuer, await submitSignIn(agent, page, person, options), options);
    } finally {
      delete sockets.localAddress;
    }
    const sessions = await app.db
      .selectFrom('accountSessions')
      .select('address')
      .where('accountId', '=', person.id)
      .execute();
    expect(sessions).toEqual([{ address: '127.0.0.9' }]);
  });
});
