/** 2,000 spoiled requests to the product in this process; `npm run fuzz` sends 100,000 to one of its own. */
import { startProduct, type TestProduct } from '../support/app';
import { prepareCast } from './cast';
import { fuzz, type Target } from './run';
import { ISSUER, ROOMY } from './start';

const REQUESTS = 2000;
const SEED = 20;

let product: TestProduct;
let target: Target;

beforeAll(async () => {
  product = await startProduct('postgres', { env: { ...ROOMY, ISSUER, LOG_LEVEL: 'silent' } });
  const [{ port = 0 } = {}] = product.nodes;
  target = {
    ...{ issuer: ISSUER, at: { host: '127.0.0.1', port, tls: false } },
    cast: await prepareCast(product.app, 4),
    memory: () => process.memoryUsage().rss,
    // It is this one.
    alive: () => true,
  };
}, 180_000);
afterAll(() => product.close());

it('answers every one of them in order', async () => {
  const { failure, tally } = await fuzz(target, { requests: REQUESTS, seed: SEED, renewAfter: 500 });
  expect(failure && `${failure.request}\n${failure.faults}`).toBeUndefined();
  expect(tally.total()).toBe(REQUESTS);
  expect(tally.names().length).toBeGreaterThan(80);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}, 300_000);
