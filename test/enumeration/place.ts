/** A product beside a slow post, and the people in it: some whose names have an account, some whose names have none. */
import { insertAccount, insertIdentifier, updatePassword } from '../../src/accounts/store';
import type { PasswordHasher } from '../../src/accounts/passwords';
import { createAgent, type Agent } from '../support/agent';
import { addClient, startProduct, TEST_PASSWORD, type TestClient, type TestProduct } from '../support/app';
import type { StorageKind } from '../support/database';
import { until } from '../support/processes';
import { openSlowPost, type SlowPost } from './slow-post';

export interface Names {
  email: string;
  phone: string;
  landline: string;
}

export type Kind = 'known' | 'unknown';

export interface Place {
  product: TestProduct;
  post: SlowPost;
  /** Signs people in by e-mail or phone. */
  client: TestClient;
  /** Names that nobody has tried yet: of somebody with an account, or of nobody. Both look alike when masked. */
  newNames(kind: Kind, pair: number): Promise<Names>;
  /** The number of another pair, or of somebody who belongs to none. */
  nextNumber(): number;
  /** A browser at an address of its own, so that no limit of another one is met. */
  newBrowser(): Agent;
  /** Seconds to move the product's time on. */
  wait(seconds: number): void;
  close(): Promise<void>;
}

const ROOM = '1000000';
const ROOMY = {
  ...{ SMS_LIMIT_ADDRESS: ROOM, SMS_LIMIT_PREFIX: ROOM, SMS_LIMIT_GLOBAL: ROOM },
  ...{ SIGN_IN_LIMIT_ADDRESS: ROOM, SIGN_IN_LIMIT_GLOBAL: ROOM },
  ...{ TRUSTED_PROXIES: '127.0.0.1', REGISTRATION_PATHS: 'port-one,kit,psk-company' },
};

/** @param passwords absent: hashing as in production, which is what a real run should measure */
export async function openPlace(kind: StorageKind, passwords?: PasswordHasher): Promise<Place> {
  const post = await openSlowPost();
  let moved = 0;
  const begun = Date.now();
  // Stands still otherwise: pages that count seconds say the same to both.
  const clock = { now: () => new Date(begun + moved * 1000) };
  const product = await startProduct(kind, { env: { ...ROOMY, ...post.env }, clock, passwords }).catch(
    async (error: unknown) => {
      await post.close();
      throw error;
    },
  );
  await until(
    'the product to be ready',
    async () => (await createAgent(product.issuer).get('/health/ready')).status === 200,
    30,
  );
  const client = await addClient(product.app, { sign_in_names: ['email', 'phone'] });
  const passwordHash = await product.app.passwords.hash(TEST_PASSWORD);
  let made = 0;
  let browsers = 0;
  return {
    product,
    post,
    client,
    nextNumber: () => {
      made += 1;
      return made;
    },
    newNames: async (which, pair) => {
      const names = namesOf(which, pair);
      if (which === 'known') await addKnown(product, names, passwordHash);
      return names;
    },
    newBrowser: () => {
      browsers += 1;
      const address = `198.${18 + (browsers >> 16)}.${(browsers >> 8) & 255}.${browsers & 255}`;
      return from(createAgent(product.issuer), address);
    },
    wait: (seconds) => {
      moved += seconds;
    },
    close: async () => {
      await product.close();
      await post.close();
    },
  };
}

function namesOf(kind: Kind, number: number): Names {
  const [word, digit] = kind === 'known' ? ['resident', 1] : ['rumour', 2];
  // What pages show of a masked number, its last four digits, is the same.
  const digits = `${Math.floor(number / 10_000)}${String(number % 10_000).padStart(4, '0')}`.padStart(6, '0');
  return {
    email: `${word}-${number}@example.com`,
    phone: `+7909${digit}${digits}`,
    landline: `+7812${digit}${digits}`,
  };
}

/** One who has proved the e-mail and the mobile; the landline is somebody else's, since an account has one phone. */
async function addKnown({ app }: TestProduct, names: Names, passwordHash: string): Promise<void> {
  const at = app.clock.now();
  const name = { familyName: 'Вымышленный', givenName: 'Иван', middleName: 'Иванович', locale: 'ru' };
  await app.db.transaction().execute(async (trx) => {
    const { id: accountId } = await insertAccount(trx, name, at);
    const { email, phone } = names;
    await insertIdentifier(trx, { accountId, kind: 'email', value: email, canonical: email, provedAt: at });
    await insertIdentifier(trx, { accountId, kind: 'phone', value: phone, canonical: phone, provedAt: at });
    await updatePassword(trx, accountId, passwordHash, at);
    const other = await insertAccount(trx, name, at);
    const facts = { accountId: other.id, provedAt: at };
    const mailbox = `line-${email}`;
    await insertIdentifier(trx, { ...facts, kind: 'email', value: mailbox, canonical: mailbox });
    await insertIdentifier(trx, {
      ...{ ...facts, kind: 'phone', value: names.landline, canonical: names.landline },
    });
    await updatePassword(trx, other.id, passwordHash, at);
  });
}

/** Every request of the agent says that a proxy has it from this address. */
function from(agent: Agent, address: string): Agent {
  const headers = { 'x-forwarded-for': address };
  const send: Agent['send'] = (method, path, body, options) =>
    agent.send(method, path, body, { ...options, headers: { ...headers, ...options?.headers } });
  return {
    cookies: agent.cookies,
    send,
    get: (path, options) => send('GET', path, undefined, options),
    post: (path, form, options) => send('POST', path, new URLSearchParams(form).toString(), options),
  };
}
