import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { emptyDatabase, openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { openDesk, openDeskOver, type Desk } from './desk';

interface ClientJson {
  client_id: string;
  client_name: string;
  client_secret?: string;
  redirect_uris: string[];
  pkce_exempt: boolean;
  has_secret: boolean;
  has_logo: boolean;
}

const CABINET = ['clients', 'create', '--id', 'cabinet', '--name', 'Кабинет'];
const REDIRECT = ['--redirect-uri', 'https://lk.example.com/callback'];
const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100)]);

describe.each(storageKinds)('clients on %s storage', (kind) => {
  let database: TestDatabase;
  let desk: Desk;
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await emptyDatabase(database);
    desk = openDeskOver(database);
  });

  const events = async () =>
    (
      await desk.database.db.selectFrom('audit').select(['event', 'actor', 'subject']).orderBy('id').execute()
    ).map(({ event, subject }) => `${event} ${subject ?? ''}`);
  const make = (...more: string[]) => desk.json<ClientJson>(...CABINET, ...REDIRECT, ...more);

  /** Every table as text, so that nothing is overlooked. */
  async function wholeDatabase(): Promise<string> {
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = 'public'`.execute(
      desk.database.db,
    );
    const texts = await Promise.all(
      rows.map(async ({ name }) =>
        JSON.stringify((await sql`select t::text from ${sql.table(name)} t`.execute(desk.database.db)).rows),
      ),
    );
    expect(texts.length).toBeGreaterThan(10);
    return texts.join('\n');
  }

  test('create and update say when certificates of a relying party will reach nobody', async () => {
    const certificate = ['--auth-method', 'tls_client_auth', '--certificate-name', 'dn:CN=cabinet'];
    const made = await desk.run(...CABINET, ...REDIRECT, ...certificate, '--json');
    expect([made.code, made.err]).toEqual([0, expect.stringContaining('MTLS_CERTIFICATE_HEADER is not set')]);
    const changed = await desk.run('clients', 'update', 'cabinet', '--certificate-bound');
    expect([changed.code, changed.err]).toEqual([0, expect.stringContaining('MTLS_CERTIFICATE_HEADER')]);
    const plain = await desk.run(
      'clients',
      'update',
      'cabinet',
      '--name',
      'Кабинет 2',
      '--no-certificate-bound',
    );
    expect(plain.err).toContain('MTLS_CERTIFICATE_HEADER');
    const secret = ['--auth-method', 'client_secret_basic', '--certificate-name', ''];
    expect((await desk.run('clients', 'update', 'cabinet', ...secret)).err).not.toContain('MTLS');
  });

  test('create shows the secret once and no table holds it', async () => {
    const made = await make();
    expect(made).toMatchObject({
      client_id: 'cabinet',
      client_name: 'Кабинет',
      has_secret: true,
      pkce_exempt: false,
    });
    const secret = made.client_secret ?? '';
    expect(secret).toMatch(/^[\w-]{43}$/);
    const shown = await desk.run('clients', 'show', 'cabinet');
    const listed = await desk.run('clients', 'list', '--json');
    const rotated = await desk.json<ClientJson>('clients', 'rotate-secret', 'cabinet', '--yes');
    expect(rotated.client_secret).toMatch(/^[\w-]{43}$/);
    const everything = [await wholeDatabase(), shown.out, listed.out].join('\n');
    expect(everything).toContain('Кабинет');
    for (const known of [secret, rotated.client_secret ?? '']) expect(everything).not.toContain(known);
    expect(rotated.client_secret).not.toBe(secret);
    expect(await events()).toEqual(['client_created client:cabinet', 'client_secret_rotated client:cabinet']);
  });

  test('the profile fapi2 asks for a public key and switches everything on; an API is shared', async () => {
    const { kty, crv, x, y, d } = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43), d: 'c' };
    desk.files.set('keys.json', Buffer.from(JSON.stringify({ keys: [{ kty, crv, x, y }] })));
    desk.files.set('private.json', Buffer.from(JSON.stringify({ keys: [{ kty, crv, x, y, d }] })));
    const bank = [...CABINET, ...REDIRECT, '--profile', 'fapi2'];
    expect((await desk.run(...bank)).err).toContain('private_key_jwt');
    expect((await desk.run(...bank, '--jwks', 'private.json')).err).toContain('public keys only');
    expect((await desk.run(...bank, '--jwks', 'keys.json', '--no-dpop')).err).toContain('dpop_bound');
    expect((await desk.run(...bank, '--jwks', 'keys.json', '--pkce-exempt')).err).toContain('PKCE');
    const phone = [...CABINET, ...REDIRECT, '--public', '--pkce-exempt'];
    expect((await desk.run(...phone)).err).toContain('public client cannot do without PKCE');
    const api = ['https://api.example.com/stock', '--name', 'Склад', '--scope', 'stock:read companies'];
    await desk.json('resources', 'create', ...api);
    expect((await desk.run('resources', 'create', ...api)).code).toBe(4);
    expect(
      (await desk.run('resources', 'create', 'https://x.example', '--name', 'X', '--scope', 'openid')).err,
    ).toContain('colon');
    const made = await desk.json<ClientJson>(...bank, '--jwks', 'keys.json', '--resource', api[0] ?? '');
    expect(made).toMatchObject({
      ...{ has_secret: false, token_endpoint_auth_method: 'private_key_jwt' },
      ...{ require_pushed_authorization_requests: true, dpop_bound_access_tokens: true },
      ...{ id_token_signed_response_alg: 'ES256', resources: ['https://api.example.com/stock'] },
    });
    await desk.run(
      'clients',
      'update',
      'cabinet',
      '--jwks-uri',
      'https://lk.example.com/jwks',
      '--signed-requests',
    );
    const shown = (await desk.run('clients', 'show', 'cabinet')).out;
    expect(shown).toContain('https://lk.example.com/jwks');
    expect(shown).not.toContain('"kty"');
    expect((await desk.run('resources', 'list')).out).toContain('jwt ES256');
    expect((await desk.run('resources', 'delete', api[0] ?? '', '--yes')).code).toBe(0);
    expect(await events()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^resource_created resource:/),
        'client_updated client:cabinet',
      ]),
    );
  });

  test('an id is taken once, and must not look like a subject', async () => {
    await make();
    const again = await desk.run(...CABINET, ...REDIRECT);
    expect([again.code, again.out]).toEqual([4, '']);
    expect(again.err).toBe(
      'The id cabinet is taken; change that relying party with clients update cabinet.\n',
    );
    const uuid = '0b6f1c1e-5d0a-4b52-9a0e-6f0b3c1d2e4f';
    expect((await desk.run('clients', 'create', '--id', uuid, '--name', 'x', ...REDIRECT)).code).toBe(2);
  });

  test('a public native app has no secret to rotate', async () => {
    const app = await desk.json<ClientJson>(
      ...['clients', 'create', '--id', 'app', '--name', 'App', '--public', '--native'],
      ...['--redirect-uri', 'com.example.app:/callback'],
    );
    expect(app.has_secret).toBe(false);
    expect(app).not.toHaveProperty('client_secret');
    expect((await desk.run('clients', 'rotate-secret', 'app', '--yes')).code).toBe(1);
  });

  test('leaving out PKCE is audited, at creation and later', async () => {
    await make('--pkce-exempt');
    await desk.run('clients', 'update', 'cabinet', '--no-pkce-exempt');
    await desk.run('clients', 'update', 'cabinet', '--pkce-exempt');
    expect(await events()).toEqual([
      'client_created client:cabinet',
      'client_pkce_exempted client:cabinet',
      'client_updated client:cabinet',
      'client_updated client:cabinet',
      'client_pkce_exempted client:cabinet',
    ]);
    expect(await desk.json('clients', 'show', 'cabinet')).toMatchObject({ pkce_exempt: true });
  });

  test('update changes what is said, checks the whole again and can take a value away', async () => {
    await make(
      ...['--client-uri', 'https://lk.example.com/', '--help-uri', 'https://lk.example.com/help'],
      ...['--tos-uri', 'https://lk.example.com/rules', '--policy-uri', 'https://lk.example.com/policy'],
      ...['--support-phone', '8 800 000-00-00', '--support-email', 'help@example.com'],
    );
    const changed = await desk.json<ClientJson>(
      ...['clients', 'update', 'cabinet', '--name', 'Новый', '--client-uri', '', '--alg', 'ES256'],
      ...['--redirect-uri', 'https://new.example.com/cb', '--redirect-uri', 'http://localhost:3001/cb'],
    );
    expect(changed).toMatchObject({
      client_name: 'Новый',
      redirect_uris: ['https://new.example.com/cb', 'http://localhost:3001/cb'],
      id_token_signed_response_alg: 'ES256',
      ...{ help_uri: 'https://lk.example.com/help', support_phone: '8 800 000-00-00' },
      ...{ tos_uri: 'https://lk.example.com/rules', policy_uri: 'https://lk.example.com/policy' },
      support_email: 'help@example.com',
      has_secret: true,
    });
    expect(changed).not.toHaveProperty('client_uri');
    expect(changed).not.toHaveProperty('client_secret');
    const refused = await desk.run('clients', 'update', 'cabinet', '--redirect-uri', 'javascript:x');
    expect(refused.code).toBe(2);
    expect((await desk.run('clients', 'update', 'cabinet')).code).toBe(2);
    expect((await desk.run('clients', 'update', 'nobody', '--name', 'x')).code).toBe(3);
    expect(await desk.json('clients', 'show', 'cabinet')).toEqual(changed);
  });

  test('a client that stops being public gets its first secret, and the other way round loses it', async () => {
    await make('--public');
    const confidential = await desk.json<ClientJson>(
      'clients',
      'update',
      'cabinet',
      '--auth-method',
      'client_secret_post',
    );
    expect(confidential.client_secret).toMatch(/^[\w-]{43}$/);
    expect(confidential.has_secret).toBe(true);
    expect(await desk.json('clients', 'update', 'cabinet', '--public')).toMatchObject({ has_secret: false });
  });

  test.each([
    ['PNG', PNG, 'image/png'],
    ['JPEG', Buffer.from('ffd8ffe000104a46', 'hex'), 'image/jpeg'],
    ['WebP', Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1'), 'image/webp'],
  ])('a %s logo is taken by its first bytes', async (_name, bytes, type) => {
    desk.files.set('logo', bytes);
    expect((await make('--logo', 'logo')).has_logo).toBe(true);
    const row = await desk.database.db.selectFrom('clients').selectAll().executeTakeFirstOrThrow();
    expect([row.logoType, row.logo?.equals(bytes)]).toEqual([type, true]);
    expect(await desk.json('clients', 'update', 'cabinet', '--no-logo')).toMatchObject({ has_logo: false });
  });

  test('delete asks first and removes', async () => {
    await make();
    expect((await desk.run('clients', 'delete', 'cabinet')).code).toBe(1);
    expect((await desk.runAsking(false, 'clients', 'delete', 'cabinet')).code).toBe(1);
    expect((await desk.json<{ items: ClientJson[] }>('clients', 'list')).items).toHaveLength(1);
    expect((await desk.runAsking(true, 'clients', 'delete', 'cabinet')).code).toBe(0);
    expect((await desk.run('clients', 'delete', 'cabinet', '--yes')).code).toBe(3);
    expect((await desk.run('clients', 'show', 'cab\0inet')).code).toBe(3);
  });

  test('a registration path that is not there is refused by name, with those that are', async () => {
    const create = (id: string, ...paths: string[]) =>
      desk.run(
        ...[
          'clients',
          'create',
          '--id',
          id,
          '--name',
          'Кабинет',
          '--redirect-uri',
          'https://c.example.com/cb',
        ],
        ...paths.flatMap((path) => ['--registration-path', path]),
      );
    const sentence =
      'There is no registration path kti; there are port-one, kit, kit-retail, psk-person, psk-company, agency.';
    const refused = await create('typing', 'kit', 'kti');
    expect([refused.code, refused.out, refused.err.trim()]).toEqual([2, '', sentence]);
    expect((await desk.run('clients', 'show', 'typing')).code).toBe(3);
    expect((await create('right', 'kit', 'agency')).code).toBe(0);
    const update = await desk.run('clients', 'update', 'right', '--registration-path', 'kti');
    expect([update.code, update.err.trim()]).toEqual([2, sentence]);
    const entry = { client_id: 'file', client_name: 'F', redirect_uris: ['https://f.example.com/cb'] };
    const file = JSON.stringify([{ ...entry, registration_paths: ['kti'] }]);
    desk.files.set('paths.json', Buffer.from(file));
    const imported = await desk.run('clients', 'import', 'paths.json');
    expect([imported.code, imported.err.trim()]).toEqual([2, sentence]);
  });

  test('pages by id; a forged cursor is refused', async () => {
    for (const id of ['one', 'three', 'two'])
      await desk.run('clients', 'create', '--id', id, '--name', id, ...REDIRECT);
    const first = await desk.json<{ items: ClientJson[]; next: string }>('clients', 'list', '--limit', '2');
    expect(first.items.map((item) => item.client_id)).toEqual(['one', 'three']);
    const second = await desk.json('clients', 'list', '--limit', '2', '--after', first.next);
    expect(second).toMatchObject({ items: [{ client_id: 'two' }], next: null });
    const forged = await desk.run('clients', 'list', '--after', "'; drop table clients; --");
    expect([forged.code, forged.err]).toEqual([
      2,
      'This cursor is not one that a page ended with; begin again without --after.\n',
    ]);
  });

  describe('import', () => {
    const file = (...entries: unknown[]) => desk.files.set('f.json', Buffer.from(JSON.stringify(entries)));
    const entry = (id: string, more: object = {}) => ({
      client_id: id,
      client_name: id,
      redirect_uris: ['https://rp.example.com/cb'],
      ...more,
    });
    const ids = async () =>
      (await desk.json<{ items: ClientJson[] }>('clients', 'list')).items.map((item) => item.client_id);

    test('stores all, takes a given secret, shows only made ones', async () => {
      const given = 'an-old-secret-of-forty-three-characters-000';
      file(entry('old', { client_secret: given, pkce_exempt: true }), entry('new'));
      const dry = await desk.json<{ dry_run: boolean; items: object[] }>(
        'clients',
        'import',
        'f.json',
        '--dry-run',
      );
      expect(dry).toEqual({
        dry_run: true,
        items: [
          { client_id: 'old', action: 'create' },
          { client_id: 'new', action: 'create' },
        ],
      });
      expect([await ids(), await events()]).toEqual([[], []]);
      const { items } = await desk.json<{ items: { client_secret?: string }[] }>(
        'clients',
        'import',
        'f.json',
      );
      expect(items[0]).not.toHaveProperty('client_secret');
      expect(items[1]?.client_secret).toMatch(/^[\w-]{43}$/);
      expect(await ids()).toEqual(['new', 'old']);
      expect(await events()).toEqual([
        'client_imported client:old',
        'client_pkce_exempted client:old',
        'client_imported client:new',
      ]);
      const everything = await wholeDatabase();
      for (const secret of [given, items[1]?.client_secret ?? '']) expect(everything).not.toContain(secret);
    });

    test('one faulty entry keeps all out, and every fault is named', async () => {
      file(
        entry('good'),
        entry('bad', { redirect_uris: ['http://rp.example.com/cb'] }),
        entry('weak', { client_secret: 'short' }),
        entry('odd', { sector_identifier_uri: 'https://rp.example.com/sector' }),
        entry('good'),
        7,
      );
      const { code, err } = await desk.run('clients', 'import', 'f.json');
      expect(code).toBe(2);
      for (const part of [
        /entry 2: .*must be https/,
        /entry 3: .*32 characters/,
        /entry 4: .*sector_identifier_uri/,
        /entry 6/,
        /good stands more than once/,
      ])
        expect(err).toMatch(part);
      expect([await ids(), await events()]).toEqual([[], []]);
    });

    test('ids that stand need --replace, which keeps their secrets', async () => {
      await desk.run('clients', 'create', '--id', 'old', '--name', 'Before', ...REDIRECT);
      const before = await desk.database.db.selectFrom('clients').selectAll().executeTakeFirstOrThrow();
      file(entry('old', { client_name: 'After' }), entry('new'));
      const refused = await desk.run('clients', 'import', 'f.json');
      expect([refused.code, await ids()]).toEqual([4, ['old']]);
      expect((await desk.run('clients', 'import', 'f.json', '--replace')).code).toBe(0);
      const after = await desk.database.db
        .selectFrom('clients')
        .selectAll()
        .where('id', '=', 'old')
        .executeTakeFirstOrThrow();
      expect([after.name, after.secretHash]).toEqual(['After', before.secretHash]);
    });
  });
});

describe('clients, whatever the storage', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk('embedded');
  });
  afterAll(() => desk.close());

  test.each([
    ['an http redirect', ['--redirect-uri', 'http://lk.example.com/cb'], /must be https/],
    ['javascript:', ['--redirect-uri', 'javascript:alert(1)'], /must not use the scheme javascript:/],
    ['data:', ['--redirect-uri', 'data:text/html,x'], /must not use the scheme data:/],
    ['a wildcard', ['--redirect-uri', 'https://*.example.com/cb'], /wildcards are not supported/],
    ['a fragment', ['--redirect-uri', 'https://lk.example.com/cb#x'], /must not have a fragment/],
    ['no redirect', [], /needs at least one address/],
    ['a scheme of its own at a web client', ['--redirect-uri', 'com.example.app:/cb'], /must be native/],
    ['an unknown algorithm', [...REDIRECT, '--alg', 'none'], /Allowed choices are ES256, RS256, EdDSA/],
    ['an unknown grant', [...REDIRECT, '--grant', 'password'], /grant_types/],
    ['public with a secret', [...REDIRECT, '--public', '--auth-method', 'client_secret_post'], /contradict/],
    [
      'a back-channel address without TLS',
      [...REDIRECT, '--backchannel-logout-uri', 'http://10.0.0.1/'],
      /must be an https URL/,
    ],
  ])('create refuses %s and stores nothing', async (_what, options, sentence) => {
    const { code, out, err } = await desk.run(...CABINET, ...options);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(sentence);
    expect(await desk.database.db.selectFrom('audit').select('event').execute()).toEqual([]);
  });

  test.each([
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>')],
    ['too large', Buffer.concat([PNG, Buffer.alloc(64 * 1024)])],
    ['empty', Buffer.alloc(0)],
  ])('a logo that is %s is refused before anything is stored', async (_name, bytes) => {
    desk.files.set('logo', bytes);
    expect((await desk.run(...CABINET, ...REDIRECT, '--logo', 'logo')).code).toBe(2);
    expect(await desk.database.db.selectFrom('audit').select('event').execute()).toEqual([]);
  });

  test.each([
    ['no JSON', 'client_id: x', /is not JSON/],
    ['no array', '{}', /must hold a JSON array/],
  ])('a file that is %s is refused', async (_what, text, sentence) => {
    desk.files.set('f.json', Buffer.from(text));
    const { code, err } = await desk.run('clients', 'import', 'f.json');
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
  });

  test('the example file of the repository can be imported', async () => {
    desk.files.set('f.json', readFileSync(join(__dirname, '..', '..', 'config', 'clients.example.json')));
    expect((await desk.run('clients', 'import', 'f.json', '--dry-run')).code).toBe(0);
  });
});
