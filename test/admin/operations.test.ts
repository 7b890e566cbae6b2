import { createHash } from 'node:crypto';
import { linkEvents } from '../../src/audit/chain';
import { widthOf } from '../../src/admin/print/plain-text';
import { SET_PASSWORD } from '../../src/accounts/create-account';
import { loadConfig } from '../../src/config';
import { runCli } from '../../src/admin/cli';
import { Failure, type AdminTools } from '../../src/admin/admin';
import { updateSent } from '../../src/notifications/store';
import { ensureSigningKeys } from '../../src/provider/keys/signing-keys';
import { emptyDatabase, openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { testSecrets } from '../support/secrets';
import { openDeskOver, recordingIo, type Desk } from './desk';

interface Page<Item> {
  items: Item[];
  next: string | null;
}

interface Key {
  kid: string;
  alg: string;
  state: string;
  until: string | null;
}

const CREATE = ['accounts', 'create', '--family-name', 'Тестова', '--given-name', 'Анна', '--no-middle-name'];

describe.each(storageKinds)('on %s storage', (kind) => {
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

  const actors = async (event: string) =>
    (
      await desk.database.db
        .selectFrom('audit')
        .selectAll()
        .where('event', '=', event as never)
        .execute()
    ).map(({ actor }) => actor);

  test('keys rotate only after a yes, and not before relying parties know the next ones', async () => {
    await ensureSigningKeys(desk.tools);
    const keys = async () => (await desk.json<Page<Key>>('keys', 'list')).items;
    const before = await keys();
    expect(before).toHaveLength(6);
    const early = await desk.runAsking(true, 'keys', 'rotate');
    expect([early.code, early.questions]).toEqual([4, []]);
    expect(early.err).toContain(before.find(({ state }) => state === 'next')?.until);
    desk.clock.advance(600);
    const silent = await desk.run('keys', 'rotate');
    expect([silent.code, silent.out]).toEqual([1, '']);
    expect(silent.err).toMatch(/^[^\n]*--yes\.\n$/);
    expect((await desk.runAsking(false, 'keys', 'rotate')).code).toBe(1);
    expect(await keys()).toEqual(before);
    expect((await desk.runAsking(true, 'keys', 'rotate')).code).toBe(0);
    expect((await desk.run('keys', 'rotate', '--yes')).code).toBe(4);
    const next = before.find(({ alg, state }) => alg === 'ES256' && state === 'next');
    const now = (await keys()).find(({ kid }) => kid === next?.kid);
    expect(now?.state).toBe('current');
    const rows = await desk.run('keys', 'list', '--json');
    expect(rows.out).not.toMatch(/"d"|private|sealed/i);
    expect(await actors('key_rotated')).toEqual(['operator:test-operator']);
  });

  test('keys revoke takes one key or all out of use for good, says what that means and why it was done', async () => {
    await ensureSigningKeys(desk.tools);
    const keys = async () => (await desk.json<Page<Key>>('keys', 'list')).items;
    const kid = (await keys()).find(({ alg, state }) => alg === 'ES256' && state === 'current')?.kid ?? '';
    const reason = ['--reason', 'stolen backup'];
    expect((await desk.run('keys', 'revoke', kid, '--yes')).code).toBe(2);
    expect((await desk.run('keys', 'revoke', ...reason, '--yes')).code).toBe(2);
    expect((await desk.run('keys', 'revoke', kid, '--reason', ' ', '--yes')).code).toBe(2);
    expect((await desk.run('keys', 'revoke', kid, ...reason)).code).toBe(1);
    const { code, out, err } = await desk.run('keys', 'revoke', kid, ...reason, '--yes');
    const active = (await keys()).find(({ alg, state }) => alg === 'ES256' && state === 'current')?.kid;
    expect([code, out]).toEqual([0, `Revoked ${kid}. Now signing ES256: ${active}.\n`]);
    expect(err).toContain('5 minutes');
    for (const again of [kid, 'no-such-key', '-no-such-key', '--no-such-key'])
      expect((await desk.run('keys', 'revoke', again, ...reason, '--yes')).code).toBe(3);
    expect((await keys()).find((key) => key.kid === kid)).toMatchObject({
      state: 'revoked',
      reason: reason[1],
    });
    expect((await desk.run('keys', 'list')).out).toMatch(new RegExp(`${kid} .* revoked `));

    const used = (await keys()).filter(({ state }) => state !== 'revoked').map((key) => key.kid);
    expect((await desk.run('keys', 'revoke', '--all', ...reason, '--yes')).code).toBe(0);
    const states = (await keys()).map((key) => [used.includes(key.kid), key.state]);
    expect(states.filter(([old, state]) => old && state !== 'revoked')).toEqual([]);
    expect(states.filter(([, state]) => state === 'current')).toHaveLength(3);
    expect(states.filter(([, state]) => state === 'next')).toHaveLength(3);
    expect(new Set(await actors('key_revoked'))).toEqual(new Set(['operator:test-operator']));
    expect((await desk.run('audit', 'list', '--event', 'key_revoked', '--json')).out).toContain(reason[1]);
  });

  test('audit verify passes a sound chain and names the first broken row', async () => {
    for (const name of ['a', 'b', 'c']) await desk.run(...CREATE, '--email', `${name}@example.com`);
    await linkEvents(desk.database.db, testSecrets);
    const sound = await desk.run('audit', 'verify');
    expect([sound.code, sound.out.split('\n')[0]]).toEqual([0, '3 rows sound, 0 not linked yet.']);
    const { head } = await desk.json<{ head: string }>('audit', 'verify');
    expect((await desk.run('audit', 'verify', '--known', head)).code).toBe(0);
    for (const malformed of ['nonsense', head.slice(0, -1), `${head}x`, head.replace(':', '')]) {
      const { code, err } = await desk.run('audit', 'verify', '--known', malformed);
      expect([code, err.trim().split('\n').length]).toEqual([2, 1]);
      expect(err).toContain('copy it whole');
      expect(err).not.toContain('broken');
    }
    expect((await desk.run('audit', 'verify', '--known', '0:')).code).toBe(0);
    const [, second] = await desk.database.db.selectFrom('audit').selectAll().orderBy('id').execute();
    await desk.database.db
      .updateTable('audit')
      .set({ actor: 'operator:\u001b[31mmallory' })
      .where('id', '=', second?.id ?? '')
      .execute();
    const broken = await desk.run('audit', 'verify');
    expect(broken.code).toBe(1);
    expect(broken.err).toContain(`broken at place 2 (row ${second?.id})`);
    const json = await desk.run('audit', 'verify', '--json');
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      1,
      { sound: false, checked: 1, broken: { seq: 2, id: second?.id, reason: 'altered' } },
    ]);
    const table = await desk.run('audit', 'list');
    expect(table.out).toContain('\\u001b[31mmallory');
    expect(table.out).not.toContain('\u001b');
    const shown = await desk.run('audit', 'show', second?.id ?? '');
    expect(shown.out).toContain('account_created: an account was made');
  });

  test('attack 56: audit list filters, pages newest first and refuses forged cursors', async () => {
    for (const name of ['a', 'b', 'c']) await desk.run(...CREATE, '--email', `${name}@example.com`);
    type Event = { id: string; event: string; at: string; subject: string };
    const first = await desk.json<Page<Event>>('audit', 'list', '--limit', '2');
    expect(first.items[0]?.at).toBe('2026-11-22T06:00:00.000Z');
    const second = await desk.json<Page<Event>>('audit', 'list', '--limit', '2', '--after', first.next ?? '');
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
    const { subject = '' } = second.items[0] ?? {};
    const filtered = await desk.json<Page<Event>>(
      'audit',
      'list',
      '--subject',
      subject,
      '--event',
      'account_created',
    );
    expect(filtered.items).toEqual(second.items);
    for (const forged of ['1 or 1=1', '-1', '9'.repeat(40), '\0']) {
      const { code, err } = await desk.run('audit', 'list', '--after', forged);
      expect([code, err]).toEqual([
        2,
        'This cursor is not one that a page ended with; begin again without --after.\n',
      ]);
    }
    expect((await desk.run('audit', 'list', '--event', 'nothing')).code).toBe(2);
    expect((await desk.run('audit', 'show', '999999')).code).toBe(3);
    expect((await desk.run('audit', 'show', "1'")).code).toBe(3);
  });

  test('outbox tells how delivery goes, never the link or the whole address', async () => {
    await desk.run(...CREATE, '--email', 'anna@example.com');
    const { db } = desk.database;
    await db
      .updateTable('outbox')
      .set({ status: 'dead', attempts: 12, lastError: '550 no \u001b[2Jsuch user\r\n' })
      .execute();
    type Row = { id: string; status: string; last_error: string; to_masked?: string };
    const { items } = await desk.json<Page<Row>>('outbox', 'list', '--status', 'dead');
    const id = items[0]?.id ?? '';
    const texts = await Promise.all(
      [['list'], ['show', id], ['show', id, '--json']].map((words) => desk.run('outbox', ...words)),
    );
    const all = texts.map(({ out }) => out).join('\n');
    expect(all).toContain('a•••@example.com');
    expect(all).toContain('550 no \\u001b[2Jsuch user');
    expect(all).not.toMatch(/anna@|token|https?:/);
    expect(all).not.toContain('\u001b');
    expect((await desk.run('outbox', 'retry', id)).code).toBe(0);
    expect(await desk.json<Row>('outbox', 'show', id)).toMatchObject({ status: 'waiting', attempts: 0 });
    expect(await actors('message_retried')).toEqual(['operator:test-operator']);
    await updateSent(db, id, desk.clock.now(), true);
    expect((await desk.run('outbox', 'retry', id)).code).toBe(4);
    expect(await desk.json<Row>('outbox', 'show', id)).toMatchObject({ status: 'sent', to_masked: null });
    for (const forged of ["'", '00000000-0000-4000-8000-000000000000'])
      expect((await desk.run('outbox', 'list', '--after', forged)).code).toBe(2);
    expect((await desk.run('outbox', 'show', 'x')).code).toBe(3);
    const links = await db
      .selectFrom('singleUseTokens')
      .select('hash')
      .where('purpose', '=', SET_PASSWORD)
      .execute();
    expect(links).toHaveLength(1);
  });

  test('migrate says that nothing is left to run', async () => {
    expect(await desk.json('migrate')).toMatchObject({ applied: [] });
    expect((await desk.run('migrate')).out).toMatch(/^Nothing to run/);
    expect(await actors('schema_migrated')).toEqual([]);
  });

  test('the name of the operator cannot forge another actor or steer a terminal', async () => {
    const { io, answer } = recordingIo(desk.files, { operator: `\u001b[2J${'x'.repeat(200)}` });
    answer.code = await runCli([...CREATE, '--email', 'a@example.com'], {
      io,
      tools: () => Promise.resolve(desk.tools),
      loadConfig,
    });
    const [actor = ''] = await actors('account_created');
    expect(actor).toMatch(/^operator:\\u001b\[2Jx+$/);
    expect(actor.length).toBeLessThan(80);
  });
});

describe('without a database', () => {
  const run = async (
    argv: string[],
    options: { env?: Record<string, string>; tools?: () => Promise<AdminTools> } = {},
  ) => {
    const { io, answer } = recordingIo(new Map());
    answer.code = await runCli(argv, {
      io,
      tools: options.tools ?? (() => Promise.reject(new Failure('unavailable', 'no database'))),
      loadConfig: () => loadConfig(options.env ?? {}),
    });
    return answer;
  };

  const VERBS = [
    'serve',
    'migrate',
    'check-config',
    ...['create', 'list', 'show', 'block', 'unblock', 'set-email', 'recover', 'update', 'sign-out'].map(
      (verb) => `accounts ${verb}`,
    ),
    ...['create', 'list', 'show', 'update', 'delete', 'import', 'rotate-secret'].map(
      (verb) => `clients ${verb}`,
    ),
    'keys list',
    'keys rotate',
    'keys revoke',
    'secret-keys list',
    'audit list',
    'audit show',
    'audit verify',
    'outbox list',
    'outbox show',
    'outbox retry',
  ];

  test.each([...VERBS, 'accounts', 'clients', 'keys', 'audit', 'outbox', ''])(
    'the help of "%s" opens with an example and fits 100 columns',
    async (words) => {
      const { code, out, err } = await run([...words.split(' ').filter(Boolean), '--help']);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(new RegExp(`^Examples?:\\n  .*port-one-id ${words}`));
      expect(Math.max(...out.split('\n').map(widthOf))).toBeLessThanOrEqual(100);
    },
  );

  test('the help lists every exit code', async () => {
    const { out } = await run(['--help']);
    for (const code of [0, 1, 2, 3, 4, 5]) expect(out).toMatch(new RegExp(`^  ${code}  \\w`, 'm'));
  });

  test.each([
    [[]],
    [['frob']],
    [['accounts']],
    [['accounts', 'frob']],
    [['accounts', 'show']],
    [['accounts', 'list', '--limit', '501']],
    [['accounts', 'list', '\u001b[2J']],
  ])('%j is a usage error on stderr', async (argv) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
    expect(err).not.toContain('\u001b');
  });

  test('check-config shows every setting with its source and no secret', async () => {
    const secret = createHash('sha256').update('test').digest('base64url');
    const env = { PORT: '3999', SECRET_KEY: secret, SMTP_URL: 'smtps://u:hidden@mail.example.com' };
    const text = await run(['check-config'], { env });
    expect(text.code).toBe(0);
    expect(text.out).toMatch(/^PORT +set +3999$/m);
    expect(text.out).toMatch(/^HOST +default +127\.0\.0\.1$/m);
    expect(text.out).toMatch(/^REDIS_URL +not set/m);
    expect(text.out).toMatch(/^SECRET_KEY +set +\(secret, not shown; newest [\w-]{6}\)$/m);
    const json = await run(['check-config', '--json'], { env });
    for (const { out } of [text, json]) expect(out).not.toMatch(new RegExp(`${secret}|hidden`));
    const { settings } = JSON.parse(json.out) as { settings: object[] };
    expect(settings).toContainEqual(
      expect.objectContaining({ name: 'PORT', value: '3999', source: 'set', secret: false }),
    );
  });

  test('check-config names every fault at once', async () => {
    const env = { NODE_ENV: 'production', PORT: 'x' };
    const text = await run(['check-config'], { env });
    expect([text.code, text.out]).toEqual([1, '']);
    for (const name of ['PORT', 'ISSUER', 'SECRET_KEY', 'DATABASE_URL'])
      expect(text.err).toContain(`- ${name} `);
    const json = await run(['check-config', '--json'], { env });
    expect([json.code, JSON.parse(json.out)]).toMatchObject([1, { usable: false }]);
  });

  test('an unreachable database ends with 5, a fault of ours with 1, both in a sentence without SQL', async () => {
    const failing = (error: Error) => ({ tools: () => Promise.reject(error) });
    const away = await run(
      ['accounts', 'list'],
      failing(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
    );
    expect([away.code, away.out]).toEqual([5, '']);
    expect(away.err).toMatch(/^The database cannot be reached;[^\n]*\n$/);
    const fault = Object.assign(new Error('syntax error in select * from accounts'), { code: '42601' });
    const ours = await run(['accounts', 'list'], failing(fault));
    expect([ours.code, ours.out]).toEqual([1, '']);
    expect(ours.err).toMatch(/\(42601\)/);
    expect(ours.err).not.toContain('select');
  });
});
