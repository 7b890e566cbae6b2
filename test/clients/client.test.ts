/** What may be registered as a relying party, and what may not. */
import { clientFaults, clientInput, redirectUriFault } from '../../src/clients/client';
import {
  changeClient,
  registerClient,
  removeClient,
  rotateClientSecret,
} from '../../src/clients/register-client';
import { findClient } from '../../src/clients/store';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';

const sound = {
  client_id: 'cabinet',
  client_name: 'Кабинет',
  redirect_uris: ['https://cabinet.example/callback'],
};

describe('a redirect address', () => {
  it.each([
    'https://cabinet.example/callback',
    'https://cabinet.example:8443/callback?fixed=1',
    'http://localhost/callback',
    'http://127.0.0.1:3000/callback',
    'http://[::1]:3000/callback',
    'com.example.cabinet:/callback',
  ])('may be %s', (uri) => {
    expect(redirectUriFault(uri)).toBeUndefined();
  });

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\tscript:alert(1)',
    ' javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://cabinet.example/x',
    'about:blank',
    'ftp://cabinet.example/',
    'http://cabinet.example/callback',
    'http://localhost.evil.example/',
    'http://localhost:80@evil.example/',
    'https://user:password@cabinet.example/',
    'https://user@cabinet.example/',
    'https://cabinet.example/#fragment',
    'https://cabinet.example/#',
    'https://*.example/callback',
    'https://cabinet.example/*',
    'https://cabinet.example\\callback',
    'https://cabinet.example/\r\nX: y',
    '//cabinet.example/callback',
    '/callback',
    'cabinet.example',
    '',
  ])('attack 3: may not be %j', (uri) => {
    expect(redirectUriFault(uri)).toEqual(expect.any(String));
    expect(clientInput.safeParse({ ...sound, redirect_uris: [uri] }).success).toBe(false);
    expect(clientInput.safeParse({ ...sound, post_logout_redirect_uris: [uri] }).success).toBe(false);
  });
});

describe('a registration', () => {
  it.each([
    ['an id like a person’s', { client_id: '0f8fad5b-d9cb-469f-a165-70867728950e' }],
    ['an id with other signs', { client_id: 'Кабинет' }],
    ['an id with a path', { client_id: '../x' }],
    ['no address', { redirect_uris: [] }],
    ['a name of nothing', { client_name: '  ' }],
    ['a field nobody knows', { pkce_exempt: true }],
    ['help on an open line', { help_uri: 'http://cabinet.example/help' }],
    ['rules that are a script', { tos_uri: 'javascript:alert(1)' }],
    ['a policy that is no address', { policy_uri: 'policy' }],
    ['a support phone with words', { support_phone: '8 800 <b>' }],
    ['a support address that is none', { support_email: 'support' }],
    ['an implicit grant', { grant_types: ['implicit'] }],
    ['a password grant', { grant_types: ['password'] }],
    ['an unsigned ID token', { id_token_signed_response_alg: 'none' }],
    ['a symmetric ID token', { id_token_signed_response_alg: 'HS256' }],
    [
      'machine tokens without a secret',
      { grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' },
    ],
    ['an app’s address on the web', { redirect_uris: ['com.example.cabinet:/callback'] }],
    ['a logout address in the clear', { backchannel_logout_uri: 'http://cabinet.example/logout' }],
    ['a link of script', { client_uri: 'javascript:alert(1)' }],
    ['a start in the clear', { initiate_login_uri: 'http://cabinet.example/' }],
    ['scopes of machines', { scope: 'x'.repeat(501) }],
  ])('is refused with %s, in a sentence', (_case, change) => {
    const result = clientInput.safeParse({ ...sound, ...change });
    expect(result.success).toBe(false);
    if (!result.success) for (const fault of clientFaults(result.error)) expect(fault).toMatch(/\w+ \w+/);
  });
});

describe.each(storageKinds)('relying parties on %s', (kind) => {
  let database: TestDatabase;
  const clock = movableClock();
  const tools = () => ({ db: database.db, clock });
  const actor = 'operator:test';

  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const events = async (id: string) =>
    (
      await database.db
        .selectFrom('audit')
        .select('event')
        .where('subject', '=', `client:${id}`)
        .orderBy('id')
        .execute()
    ).map(({ event }) => event);

  it('get a secret once, of which only the fingerprint is kept', async () => {
    const made = await registerClient(tools(), clientInput.parse(sound), { actor });
    if (made === 'id_taken') throw new Error('taken');
    expect(made.secret).toMatch(/^[\w-]{43}$/);
    const kept = await findClient(database.db, 'cabinet');
    expect(JSON.stringify(kept)).not.toContain(made.secret);
    expect(await registerClient(tools(), clientInput.parse(sound), { actor })).toBe('id_taken');
    const next = await rotateClientSecret(tools(), 'cabinet', actor);
    expect(next).not.toBe(made.secret);
    expect((await findClient(database.db, 'cabinet'))?.secretHash).not.toBe(kept?.secretHash);
  });

  it('are written down: made, exempted, changed, given a secret, removed', async () => {
    const input = clientInput.parse({ ...sound, client_id: 'legacy' });
    await registerClient(tools(), input, { actor, pkceExempt: true });
    await changeClient(tools(), 'legacy', { name: 'Старый кабинет' }, actor);
    await rotateClientSecret(tools(), 'legacy', actor);
    expect(await removeClient(tools(), 'legacy', actor)).toBe(true);
    expect(await removeClient(tools(), 'legacy', actor)).toBe(false);
    expect(await events('legacy')).toEqual([
      'client_created',
      'client_pkce_exempted',
      'client_updated',
      'client_secret_rotated',
      'client_deleted',
    ]);
  });

  it('of one id are one, however many are registered at once', async () => {
    const input = clientInput.parse({ ...sound, client_id: 'contested' });
    const made = await Promise.all(
      Array.from({ length: 10 }, () => registerClient(tools(), input, { actor })),
    );
    expect(made.filter((result) => result !== 'id_taken')).toHaveLength(1);
    expect(await events('contested')).toEqual(['client_created']);
  });

  it.each(['', 'x\0y', 'a'.repeat(5000), '%', "' or 1=1", '\uD800'])('are not found as %j', async (id) => {
    expect(await findClient(database.db, id)).toBeUndefined();
  });
});
