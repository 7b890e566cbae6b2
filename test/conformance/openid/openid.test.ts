/** The conformance pack as far as it need not wait, against the product in this process. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistrationToken } from '../../../src/clients/registration-tokens';
import { startProduct, type TestProduct } from '../../support/app';
import { openListener, type Listener } from './listener';
import { PACK } from './pack';
import { preparePlace } from './prepare';
import { runPack, type Result } from './run';
import { table } from './table';

const DOCUMENT = join(__dirname, '../../../docs/conformance.md');
/** What this test leaves to `npm run conformance`, since it takes a server that runs by itself. */
const NEEDS_A_SERVER = /^nothing can be published/;

let product: TestProduct;
let listener: Listener;
let results: Result[];

async function registrationToken(): Promise<string> {
  const { db, clock } = product.app;
  const token = {
    ...{ name: 'Conformance', scope: 'openid profile email', uses: 1, createdBy: 'operator:test' },
    expiresAt: new Date(clock.now().getTime() + 3_600_000),
  };
  return (await createRegistrationToken(db, token, clock.now())).token;
}

beforeAll(async () => {
  listener = await openListener();
  product = await startProduct('embedded', {
    env: {
      ISSUER: 'https://id.conformance.example',
      SIGN_IN_LIMIT_ACCOUNT: '1000',
      CLIENT_REGISTRATION: 'token',
    },
  });
  const [{ port = 0 } = {}] = product.nodes;
  const place = {
    ...(await preparePlace(product.app, listener.logoutUri)),
    at: { host: '127.0.0.1', port, tls: false },
    logoutTokens: listener.logoutTokens,
    operator: { registrationToken, rotateKeys: () => Promise.reject(new Error('not here')) },
  };
  const groups = PACK.map((group) => ({ ...group, modules: group.modules.filter(({ alone }) => !alone) }));
  results = await runPack(place, groups, { lanes: 4, patience: 0 });
}, 300_000);
afterAll(async () => {
  await product.close();
  await listener.close();
});

it('has no failure in any group', () => {
  const failed = results.filter(({ verdict }) => verdict === 'fail');
  expect(table(failed)).toBe(table([]));
  expect(results.filter(({ verdict }) => verdict === 'pass').length).toBeGreaterThan(120);
});

it('waives nothing that docs/conformance.md does not give the reason for', () => {
  const document = readFileSync(DOCUMENT, 'utf8').replace(/\s+/g, ' ');
  const unexplained = results
    .filter(({ verdict }) => verdict === 'waived')
    .flatMap(({ module, remarks: [reason = ''] }) =>
      NEEDS_A_SERVER.test(reason) ? [] : [{ module, reason }],
    )
    .filter(({ module, reason }) => !document.includes(module) || !document.includes(reason));
  expect(unexplained).toEqual([]);
});
