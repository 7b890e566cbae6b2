import { openMessage } from '../../src/notifications/outbox';
import { emptyDatabase, openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { testSecrets } from '../support/secrets';
import { openDesk, openDeskOver, type Desk } from './desk';

interface AccountJson {
  id: string;
  status: string;
  email: string;
  email_verified: boolean;
  has_password: boolean;
  block_reason: string | null;
  created_at: string;
}

interface PageJson {
  items: AccountJson[];
  next: string | null;
}

const PERSON = ['--family-name', 'Тестова', '--given-name', 'Анна', '--no-middle-name'];

describe.each(storageKinds)('accounts on %s storage', (kind) => {
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

  const create = (email: string) => desk.json<AccountJson>('accounts', 'create', '--email', email, ...PERSON);
  const events = async () =>
    (await desk.database.db.selectFrom('audit').selectAll().orderBy('id').execute()).map(
      ({ event, actor, subject }) => `${event} ${actor} ${subject ?? ''}`,
    );
  const mails = async () =>
    (await desk.database.db.selectFrom('outbox').selectAll().orderBy('createdAt').execute()).map((row) =>
      openMessage(testSecrets, row),
    );
  const prove = (id: string) =>
    desk.database.db
      .updateTable('identifiers')
      .set({ provedAt: desk.clock.now() })
      .where('accountId', '=', id)
      .execute();

  test('attack 76: create mails a link and shows neither link nor password', async () => {
    const { code, out, err } = await desk.run(
      'accounts',
      'create',
      '--email',
      ' Anna@Example.com ',
      ...PERSON,
    );
    expect([code, err]).toEqual([0, '']);
    const [mail] = await mails();
    expect(mail).toMatchObject({ to: 'Anna@example.com', template: 'set_password', locale: 'ru' });
    const link = mail?.channel === 'email' ? mail.values.link : '';
    const token = new URL(link).searchParams.get('token') ?? '';
    expect(token).toHaveLength(43);
    expect(out).toContain('Anna@example.com');
    expect(out).not.toContain(token);
    expect(out).not.toMatch(/https?:/);
    const account = await desk.json<AccountJson>('accounts', 'show', 'ANNA@example.com');
    expect(account).toMatchObject({
      status: 'active',
      family_name: 'Тестова',
      middle_name: null,
      email_verified: false,
      has_password: false,
      created_at: '2026-11-22T06:00:00.000Z',
    });
    expect(await events()).toEqual([`account_created operator:test-operator account:${account.id}`]);
    expect(await desk.json('accounts', 'show', account.id)).toEqual(account);
    for (const argv of [
      ['accounts', 'create', '--email', 'b@example.com', ...PERSON, '--password', 'x'],
      ['accounts', 'recover', account.id, '--password', 'x'],
      ['accounts', 'set-password', account.id],
    ])
      expect((await desk.run(...argv)).code).toBe(2);
    desk.clock.advance(60);
    const sent = await desk.run('accounts', 'recover', account.id);
    expect([sent.code, /token=|https?:/.test(sent.out + sent.err)]).toEqual([0, false]);
  });

  test('an address is given once, waiting or proved', async () => {
    const { id } = await create('anna@example.com');
    const again = await desk.run('accounts', 'create', '--email', 'ANNA@example.com', ...PERSON);
    expect([again.code, again.out]).toEqual([4, '']);
    expect(again.err).toContain(`accounts recover ${id}`);
    await prove(id);
    expect((await desk.run('accounts', 'create', '--email', 'anna@example.com', ...PERSON)).code).toBe(4);
    const other = await create('boris@example.com');
    expect((await desk.run('accounts', 'set-email', other.id, 'anna@example.com', '--yes')).code).toBe(4);
  });

  test('block ends refresh tokens and grants, keeps the reason, and is undone by unblock', async () => {
    const { id } = await create('anna@example.com');
    const { db } = desk.database;
    const at = desk.clock.now();
    const row = { accountId: id, clientId: 'cabinet', payload: 'sealed', expiresAt: at };
    await desk.run(
      'clients',
      'create',
      '--id',
      'cabinet',
      '--name',
      'C',
      '--redirect-uri',
      'https://c.example.com/cb',
    );
    await db
      .insertInto('grants')
      .values({ id: 'g', ...row })
      .execute();
    await db
      .insertInto('refreshTokens')
      .values({ id: 'r', grantId: 'g', consumedAt: null, ...row })
      .execute();
    desk.clock.advance(60);
    const reason = 'left \u001b[31mthe\u202e company';
    const { code, out } = await desk.run('accounts', 'block', 'anna@example.com', '--reason', reason);
    expect([code, out]).toEqual([0, `Account ${id} is blocked; its sign-ins and tokens have ended.\n`]);
    expect(await db.selectFrom('refreshTokens').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('grants').selectAll().execute()).toEqual([]);
    expect(await desk.json('accounts', 'show', id)).toMatchObject({
      status: 'blocked',
      block_reason: reason,
      blocked_at: '2026-11-22T06:01:00.000Z',
      // The line stands at the next whole second, so that nothing of this one outlives it.
      sessions_valid_after: '2026-11-22T06:01:01.000Z',
    });
    const shown = await desk.run('accounts', 'show', id);
    expect(shown.out).toContain('left \\u001b[31mthe\\u202e company');
    expect(shown.out).toContain('2026-11-22 09:01 GMT+3 (0 s ago)');
    expect((await desk.run('accounts', 'block', id, '--reason', 'again')).code).toBe(4);
    expect((await desk.run('accounts', 'recover', id)).code).toBe(1);
    expect((await desk.run('accounts', 'unblock', id)).code).toBe(0);
    expect((await desk.run('accounts', 'unblock', id)).code).toBe(4);
    expect((await events()).filter((event) => event.startsWith('account_'))).toEqual([
      `account_created operator:test-operator account:${id}`,
      `account_blocked operator:test-operator account:${id}`,
      `account_unblocked operator:test-operator account:${id}`,
    ]);
  });

  test('block without a reason, and a number that is none, are told in one line', async () => {
    const missing = await desk.run('accounts', 'block', 'anna@example.com');
    expect(missing).toEqual({ code: 2, out: '', err: 'Give --reason <text>; --help shows an example.\n' });
    const { code, err } = await desk.run('accounts', 'list', '--limit', 'many');
    expect([code, err.match(/\n/g)?.length]).toEqual([2, 1]);
  });

  test('set-email tells the old address too, where it was proved to be theirs', async () => {
    const { id } = await create('anna@example.com');
    await prove(id);
    await desk.run('accounts', 'set-email', id, 'stranger@example.com', '--yes');
    const [, ...sent] = await mails();
    const notice = sent.find(({ to }) => to === 'anna@example.com');
    expect(sent).toHaveLength(2);
    expect(notice).toMatchObject({ template: 'email_changed', locale: 'ru' });
    expect(JSON.stringify(notice)).not.toContain('stranger@');
  });

  test('set-email asks first, then mails the new address; recover makes earlier links useless', async () => {
    const { id } = await create('anna@example.com');
    const refused = await desk.run('accounts', 'set-email', id, 'new@example.com');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('--yes');
    const declined = await desk.runAsking(false, 'accounts', 'set-email', id, 'new@example.com');
    expect([declined.code, declined.questions.length, declined.err]).toEqual([1, 1, 'Nothing was done.\n']);
    expect((await desk.runAsking(true, 'accounts', 'set-email', id, 'new@example.com')).code).toBe(0);
    expect(await desk.json('accounts', 'show', id)).toMatchObject({ email: 'new@example.com' });
    desk.clock.advance(60);
    expect((await desk.run('accounts', 'recover', id)).code).toBe(0);
    expect((await mails()).map(({ to }) => to)).toEqual([
      'anna@example.com',
      'new@example.com',
      'new@example.com',
    ]);
    const live = await desk.database.db
      .selectFrom('singleUseTokens')
      .select('id')
      .where('consumedAt', 'is', null)
      .where('expiresAt', '>', desk.clock.now())
      .execute();
    expect(live).toHaveLength(1);
    expect((await desk.run('accounts', 'sign-out', id)).code).toBe(0);
    expect((await events()).slice(1)).toEqual([
      `email_changed operator:test-operator account:${id}`,
      `link_sent operator:test-operator account:${id}`,
      `sessions_ended operator:test-operator account:${id}`,
    ]);
  });

  test('attack 56: pages follow each other without gaps, and a forged cursor is refused in one sentence', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(`${name}@example.com`);
    const seen: string[] = [];
    let after: string[] = [];
    for (let pages = 0; pages < 3; pages += 1) {
      const page = await desk.json<PageJson>('accounts', 'list', '--limit', '2', ...after);
      seen.push(...page.items.map(({ email }) => email));
      after = page.next === null ? [] : ['--after', page.next];
    }
    expect(after).toEqual([]);
    expect(seen.sort()).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`));
    for (const forged of ["' or 1=1 --", '00000000-0000-4000-8000-000000000000', 'x'.repeat(9000), '1']) {
      const { code, out, err } = await desk.run('accounts', 'list', '--after', forged);
      expect([code, out]).toEqual([2, '']);
      expect(err).toBe('This cursor is not one that a page ended with; begin again without --after.\n');
    }
  });

  test('search takes wildcards as they are, and finds blocked people by their state', async () => {
    const { id } = await create('anna@example.com');
    await create('boris@example.com');
    const found = async (...filter: string[]) =>
      (await desk.json<PageJson>('accounts', 'list', ...filter)).items.map(({ email }) => email);
    expect(await found('--search', 'ANNA')).toEqual(['anna@example.com']);
    expect(await found('--search', '%')).toEqual([]);
    expect(await found('--search', 'te\0ст')).toEqual([]);
    await desk.run('accounts', 'block', id, '--reason', 'test');
    expect(await found('--status', 'blocked')).toEqual(['anna@example.com']);
  });

  test('the list fits 100 columns and keeps ids whole', async () => {
    const long = `${'long'.repeat(15)}@${'sub.'.repeat(20)}example.com`;
    const { id } = await create(long);
    const { out } = await desk.run('accounts', 'list');
    expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100);
    expect(out).toContain(id);
    expect(out).toMatch(/^ID +NAME +E-MAIL +STATUS +AGE$/m);
  });
});

describe('accounts, whatever the storage', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk('embedded');
  });
  afterAll(() => desk.close());

  test.each([
    ['no address', 'nobody', PERSON, /is not an e-mail address/],
    [
      'a name with an escape',
      'a@example.com',
      ['--family-name', '\u001b[2J', ...PERSON.slice(2)],
      /must be a name/,
    ],
    ['nothing about the middle name', 'a@example.com', PERSON.slice(0, 4), /--no-middle-name/],
    [
      'an unknown option',
      'a@example.com',
      [...PERSON, '--password', 'x'],
      /^Unknown option '--password'; --help shows an example\.\n$/,
    ],
  ])('create refuses %s', async (_what, email, options, sentence) => {
    const { code, out, err } = await desk.run('accounts', 'create', '--email', email, ...options);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(sentence);
    expect(await desk.database.db.selectFrom('audit').select('event').execute()).toEqual([]);
  });

  test.each([
    ['show', '00000000-0000-4000-8000-000000000000', 3],
    ['show', 'nobody@example.com', 3],
    ['show', "x' or 'a'='a", 2],
    ['unblock', 'nobody@example.com', 3],
    ['sign-out', 'nobody@example.com', 3],
  ])('%s %s ends with %i', async (verb, who, code) => {
    const answer = await desk.run('accounts', verb, who);
    expect([answer.code, answer.out]).toEqual([code, '']);
    expect(answer.err.trim().split('\n')).toHaveLength(1);
  });
});
