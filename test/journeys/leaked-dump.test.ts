/**
 * Somebody got hold of a dump: every table, and everything in Redis. What people and relying parties were given in the
 * course of real flows must not be in it, in no way of writing it down, and nothing that is in it may open anything.
 */
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { issueActivationCodes } from '../../src/contracts/issue-codes';
import { cookieSignatures } from '../../src/http/cookie-signatures';
import { loadSigningKeys } from '../../src/provider/keys/signing-keys';
import { relyingParty, tokensFor, codeFor, userinfoStatus } from '../provider/tokens';
import { mailedLink, newRegistrant, NEW_PASSWORD, ROOMY, startWizard } from '../registration/wizard';
import { createAgent, type Agent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestClient, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { addPhone, codeSentTo, recoveryVisitor } from '../support/recovery';
import { authorizationRequest, postAsClient, refreshTokens } from '../support/relying-party';

/** Table → its rows as text. Names come from the schema, so that tables of tomorrow are read, too. */
async function readTables({ app }: TestProduct): Promise<Map<string, string[]>> {
  const { db } = app;
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`.execute(db);
  const dump = new Map<string, string[]>();
  for (const { name } of tables) {
    const { rows } = await sql<{ text: string }>`select t::text as text from ${sql.table(name)} t`.execute(
      db,
    );
    dump.set(
      name,
      rows.map(({ text }) => text),
    );
  }
  return dump;
}

/** Every key of Redis with what it holds, whatever its type. */
async function readRedis(url: string | undefined): Promise<string[]> {
  if (url === undefined) return [];
  const redis = new Redis(url);
  const contents: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, 0, '-1'),
  };
  try {
    const lines = (await redis.keys('*')).map(async (key) => {
      const read = contents[await redis.type(key)];
      if (!read) throw new Error(`${key} is of a type that is not read here`);
      return `${key} ${JSON.stringify(await read(key))}`;
    });
    return await Promise.all(lines);
  } finally {
    redis.disconnect();
  }
}

/** A secret as a dump might hold it; `guessable` ones also as the hashes that are found by trying them all. */
function writings(secret: string, guessable: boolean): string[] {
  const bytes = Buffer.from(secret);
  const plain = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  const coded = (['base64', 'base64url', 'hex'] as const).map((encoding) =>
    bytes.toString(encoding).replace(/=+$/, ''),
  );
  const hashes = (guessable ? ['md5', 'sha1', 'sha256', 'sha512'] : []).flatMap((name) =>
    (['base64', 'base64url', 'hex'] as const).map((encoding) =>
      createHash(name).update(secret).digest(encoding).replace(/=+$/, ''),
    ),
  );
  return [...plain, ...coded, ...hashes];
}

/** Short ones also occur by chance inside of other things, so they count only where they stand alone. */
function holds(dump: string, written: string): boolean {
  if (written.length >= 12) return dump.includes(written);
  const escaped = written.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w.:+-])${escaped}(?![\\w.:-])`).test(dump);
}

/** All but those that say what everybody may know: the language, and where the person came from. */
const cookiesOf = (agent: Agent): string[] =>
  [...agent.cookies.values()].filter(({ name }) => !/^(client|locale)$/.test(name)).map(({ value }) => value);

type Opens = (word: string) => Promise<boolean>;

describe.each(storageKinds)('a leaked dump of %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;
  const handedOut = new Map<string, { value: string; guessable: boolean }>();
  let tables: Map<string, string[]>;
  let lines: string[];

  const give = (name: string, value: string | undefined, guessable = false): void => {
    if (!value) throw new Error(`no ${name} was handed out`);
    handedOut.set(name, { value, guessable });
  };
  const giveCookies = (name: string, agent: Agent): void =>
    cookiesOf(agent).forEach((value, index) => give(`${name}, cookie ${index}`, value));

  beforeAll(async () => {
    product = await startProduct(kind, { env: ROOMY });
    client = await addClient(product.app);
    give('client secret', client.secret);
    await signInAndRefresh();
    await pushAndDevice();
    await register();
    await recover();
    await handOutCodes();
    await takeKeys();
    tables = await readTables(product);
    lines = [...[...tables.values()].flat(), ...(await readRedis(product.app.config.redisUrl))];
  }, 180_000);
  afterAll(() => product.close());

  async function signInAndRefresh(): Promise<void> {
    const person = await addPerson(product.app, { password: 'очень тайная фраза 77' });
    const agent = createAgent(product.issuer);
    const tokens = await tokensFor(product, agent, client, person);
    const { json } = await refreshTokens(relyingParty(product), client, tokens.refresh);
    const { code, request } = await codeFor(product, agent, client, person);
    give('password', person.password, true);
    give('spent refresh token', tokens.refresh);
    give('refresh token', String(json.refresh_token));
    give('access token', tokens.access);
    give('second access token', String(json.access_token));
    give('ID token', tokens.id);
    give('spent code', tokens.code);
    give('code', code);
    give('verifier', request.verifier);
    give('session', [...agent.cookies.values()].find(({ name }) => name === 'session')?.value);
    giveCookies('signed-in browser', agent);
  }

  async function pushAndDevice(): Promise<void> {
    const party = relyingParty(product);
    const request = new URL(authorizationRequest(client).path, product.issuer).searchParams;
    const pushed = await postAsClient(party, '/request', client, Object.fromEntries(request));
    give('request_uri', String(pushed.json.request_uri).split(':').pop());
    const device = await addClient(product.app, {
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      redirect_uris: [],
    });
    const { json } = await postAsClient(party, '/device/auth', device, {});
    give('device code', String(json.device_code));
    give('user code', String(json.user_code), true);
    give('user code without its dash', String(json.user_code).replace('-', ''), true);
  }

  async function register(): Promise<void> {
    const person = newRegistrant();
    const agent = createAgent(product.issuer);
    await startWizard(product.app, product.issuer, agent).fill(person);
    give('code by text message', await codeSentTo(product, person.phone), true);
    const link = new URL(await mailedLink(product.app, product.issuer, person.email), product.issuer);
    give('mailed token', link.searchParams.get('token') ?? undefined);
    give('code by mail', await codeSentTo(product, person.email), true);
    give('new password', NEW_PASSWORD, true);
    giveCookies('registering browser', agent);
  }

  async function recover(): Promise<void> {
    const person = await addPerson(product.app);
    await addPhone(product, person, '+79090009999');
    for (const name of [person.email, '+79090009999']) {
      const visitor = recoveryVisitor(product);
      await visitor.begin(name);
      give(`recovery code to ${name.slice(0, 1)}`, await codeSentTo(product, name), true);
      giveCookies(`recovering browser ${name.slice(0, 1)}`, visitor.agent);
    }
  }

  async function handOutCodes(): Promise<void> {
    const wanted = { contract: '78000000000017', role: 'member' as const, canAct: false, maxUses: 1 };
    const request = { ...wanted, ttlSeconds: 3600, count: 1 };
    const issued = await issueActivationCodes(product.app, request, 'operator:test');
    if (typeof issued === 'string') throw new Error(issued);
    give('activation code', issued[0]?.code, true);
    const email = parseEmail('invited@example.com');
    if (!email) throw new Error('no address');
    const named = { familyName: 'Гостев', givenName: 'Глеб', middleName: null, locale: 'ru' as const, email };
    await createAccount({ ...product.app, issuer: product.issuer }, named, 'operator:test');
    const invitation = new URL(await mailedLink(product.app, product.issuer, email.value), product.issuer);
    give('token to set a password', invitation.searchParams.get('token') ?? undefined);
  }

  async function takeKeys(): Promise<void> {
    const { db, secrets } = product.app;
    for (const { kid, ...jwk } of (await loadSigningKeys(db, secrets)).keys)
      for (const part of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const)
        if (jwk[part] !== undefined) give(`${part} of ${kid}`, jwk[part]);
    for (const purpose of ['audit', 'cookie', 'dpop', 'form', 'lookup', 'seal'] as const)
      secrets.keys(purpose).forEach((key) => give(`key for ${purpose}`, key));
    give('SECRET_KEY', 'test-master-key-of-no-value-0000000000000000');
  }

  it('was read whole', () => {
    const filled = [...tables].filter(([, rows]) => rows.length > 0).map(([name]) => name);
    for (const name of [
      ...['accounts', 'identifiers', 'clients', 'signing_keys', 'grants', 'refresh_tokens', 'registrations'],
      ...['single_use_tokens', 'outbox', 'audit', 'account_sessions', 'activation_codes', 'contracts'],
    ])
      expect(filled).toContain(name);
    const short =
      kind === 'embedded'
        ? tables.get('ephemeral')?.length
        : lines.length - [...tables.values()].flat().length;
    expect(short).toBeGreaterThan(5);
    expect(handedOut.size).toBeGreaterThan(50);
    expect(lines.join('\n')).toContain('invited@example.com');
  });

  it('holds nothing of what was handed out, however it is written', () => {
    const dump = lines.join('\n');
    const found = [...handedOut].flatMap(([name, { value, guessable }]) =>
      writings(value, guessable)
        .filter((written) => holds(dump, written))
        .map((written) => `${name}: ${written}`),
    );
    expect(found).toEqual([]);
    expect(dump).not.toMatch(/"(d|p|q|dp|dq|qi)" ?: ?"/);
    expect(dump).not.toContain('PRIVATE KEY');
  });

  it('keeps short codes in a way that trying all of them does not find: not without our key', async () => {
    const rows = await product.app.db
      .selectFrom('singleUseTokens')
      .select(['id', 'hash'])
      .where('purpose', 'in', ['prove_phone', 'prove_email_code', 'recover'])
      .execute();
    expect(rows.length).toBeGreaterThan(2);
    const codes = [...handedOut.values()].map(({ value }) => value).filter((value) => /^\d{6}$/.test(value));
    expect(codes.length).toBeGreaterThan(2);
    for (const { id, hash } of rows)
      for (const code of codes)
        for (const text of [code, `${id}:${code}`, `${id}${code}`, `${code}:${id}`, `${code}${id}`])
          expect(writings(text, true)).not.toContain(hash);
  });

  it('opens nothing: what is stored is no credential', async () => {
    const words = new Set(lines.flatMap((line) => line.match(/[\w-]{20,}(?:\.[\w-]+)*/g) ?? []));
    // An identifier that somebody was given is a secret only where it opens something, which is tried here.
    const candidates = [...words].filter((word) => word.length <= 100);
    expect(candidates.length).toBeGreaterThan(50);
    const ways = credentials();
    // Each way opens for what was really handed out, so that a no further down means something.
    for (const [way, name] of [
      ['access token', 'access token'],
      ['session', 'session'],
      ['link', 'token to set a password'],
      ['client secret', 'client secret'],
    ] as const)
      expect([way, await ways[way](handedOut.get(name)?.value ?? '')]).toEqual([way, true]);

    const opened: string[] = [];
    for (const word of candidates) {
      const tries = Object.entries(ways).map(async ([way, opens]) => {
        if (await opens(word)) opened.push(`${way}: ${word}`);
      });
      await Promise.all(tries);
    }
    expect(opened).toEqual([]);
  }, 300_000);

  /** Whether a word opens something, by what it is taken for. */
  function credentials(): Record<'access token' | 'session' | 'link' | 'client secret' | 'token', Opens> {
    const party = relyingParty(product);
    const request = authorizationRequest(client);
    const redeem = async (form: Record<string, string>) =>
      (await postAsClient(party, '/token', client, form)).status === 200;
    return {
      'access token': async (word) => (await userinfoStatus(product, word)) === 200,
      // Even with a signature as ours.
      session: async (word) => {
        const mac = cookieSignatures(product.app.secrets).sign(`session=${word}`);
        const headers = { cookie: `session=${word}; session.sig=${mac}` };
        const quiet = authorizationRequest(client, { prompt: 'none' }).path;
        const { location = '' } = await createAgent(product.issuer).get(quiet, { headers });
        return new URL(location).searchParams.has('code');
      },
      link: async (word) => {
        const browser = createAgent(product.issuer);
        await browser.get(`/set-password?token=${encodeURIComponent(word)}`);
        return (await browser.get('/set-password')).status !== 410;
      },
      'client secret': async (word) => {
        const form = { grant_type: 'refresh_token', refresh_token: 'none' };
        const { json } = await postAsClient(party, '/token', { ...client, secret: word }, form);
        return json.error !== 'invalid_client';
      },
      token: async (word) => {
        const code = { grant_type: 'authorization_code', code: word, code_verifier: request.verifier };
        return (
          (await redeem({ grant_type: 'refresh_token', refresh_token: word })) ||
          (await redeem({ ...code, redirect_uri: client.redirectUri }))
        );
      },
    };
  }
});
