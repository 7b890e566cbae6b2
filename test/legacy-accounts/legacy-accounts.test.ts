/** Logins of an older portal: kinds of hashes, the file they come from, the portal that is asked, two people at one login. */
import { insertAccount } from '../../src/accounts/store';
import { createPasswordHasher } from '../../src/accounts/passwords';
import type { LegacyAnswer, LegacyCheck } from '../../src/legacy-accounts/legacy-account';
import { confirmLegacyLinks, declineLegacyLinks, requestLegacyLink } from '../../src/legacy-accounts/link';
import { createLegacyCheck } from '../../src/legacy-accounts/providers';
import { listConfirmedLogins, listLegacyLinks } from '../../src/legacy-accounts/store';
import { openDesk, type Desk } from '../admin/desk';
import { storageKinds } from '../support/database';
import { LEGACY_TOKEN, startLegacyPortal, type LegacyFault, type LegacyStandIn } from '../support/legacy';
import { movableClock } from '../support/clock';

const PASSWORD = 'U*U';
/** One of each kind, made by other programs: coreutils' digests, OpenBSD's bcrypt vector, the argon2 package. */
const HASHES: Record<string, string> = {
  md5: '5cd143212df6526aabc6e60437837646',
  'md5-upper': '5CD143212DF6526AABC6E60437837646',
  sha1: '77b4bfad4edd778d216fe9dfdddccafb629c2a9f',
  'md5-salted': 'md5$salt7$ba4144723f643427a58b5a82bc0d8ade',
  'sha1-salted': 'sha1$salt7$1dbdb2e2a7c10aeb7c770f2e7e1d46d117dfbf35',
  ldap: '{SHA}d7S/rU7dd40hb+nf3dzK+2KcKp8=',
  'ldap-salted': '{SSHA}JJ8228G0cz3RyqH9HlPSqNxCXKkBAgME',
  'bcrypt-2a': '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  'bcrypt-2y': '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  argon2i: '$argon2i$v=19$m=64,p=4,t=2$MmMrMQjcInPahP4TAQUH+Q$dAbSIVgPPoHsBsdZn9mDXmBVOCODOOUuXDZm9uORSmc',
};
const GOOD_LINES = Object.entries(HASHES).map(([login, hash]) => `${login};${hash}`);

describe.each(storageKinds)('logins of an older portal on %s', (kind) => {
  let desk: Desk;
  const passwords = createPasswordHasher({ memoryKib: 64, passes: 1, workers: 1 });
  const config = { legacyCheck: 'import', legacyCheckUrl: undefined, legacyCheckToken: undefined } as const;
  beforeAll(async () => {
    desk = await openDesk(kind);
  });
  afterAll(async () => {
    await passwords.close();
    await desk.close();
  });

  const addAccount = async (): Promise<string> => {
    const name = { familyName: 'Вымышленный', givenName: 'Иван', middleName: null, locale: 'ru' };
    return (await insertAccount(desk.database.db, name, desk.clock.now())).id;
  };
  const request = (accountId: string, login: string, proved: boolean) =>
    desk.database.db
      .transaction()
      .execute((trx) =>
        requestLegacyLink(trx, { accountId, portal: 'ktsp', login, proved }, desk.clock.now()),
      );

  test('a file is imported, its bad lines told without what stands there', async () => {
    const lines = [
      'Логин;Хеш',
      ...GOOD_LINES,
      'MD5 ;5cd143212df6526aabc6e60437837646',
      ';5cd143212df6526aabc6e60437837646',
      'plain;secret-in-the-clear',
      'costly;$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
      'huge;$argon2id$v=19$m=4194304,t=2,p=1$MmMrMQjcInPahP4TAQUH+Q$dAbSIVgPPoHsBsdZn9mDXmBVOCODOOUuXDZm9uORSmc',
    ];
    desk.files.set('logins.csv', Buffer.from(lines.join('\r\n')));
    const counts = { added: GOOD_LINES.length, updated: 0, duplicates: 1, refused: 4 };
    expect(await desk.json('legacy', 'import', 'logins.csv', '--dry-run')).toMatchObject(counts);
    const imported = await desk.json<{ refused_lines: unknown; kinds: unknown }>(
      'legacy',
      'import',
      'logins.csv',
    );
    expect(imported).toMatchObject(counts);
    const after = GOOD_LINES.length + 2;
    expect(imported.refused_lines).toEqual([
      { line: after + 1, problem: 'login' },
      { line: after + 2, problem: 'hash' },
      { line: after + 3, problem: 'hash' },
      { line: after + 4, problem: 'hash' },
    ]);
    expect(imported.kinds).toEqual({ digest: 3, salted: 2, ldap: 2, bcrypt: 2, argon2: 1 });
    expect((await desk.run('legacy', 'import', 'logins.csv')).out).toMatch(/^updated +10$/m);
    expect((await desk.run('legacy', 'import', 'logins.csv')).out).not.toContain('secret-in-the-clear');
    desk.files.set('other.csv', Buffer.from('a;b\n1;2'));
    expect(await desk.run('legacy', 'import', 'other.csv')).toMatchObject({ code: 2 });
  });

  test('every kind of hash tells the right password from a wrong one', async () => {
    const check = createLegacyCheck({ db: desk.database.db, clock: desk.clock, config, passwords });
    for (const login of Object.keys(HASHES)) {
      const answers: LegacyAnswer[] = [];
      for (const password of [PASSWORD, 'U*u', ''])
        answers.push((await check?.check(login, password)) ?? 'wrong');
      expect([login, ...answers]).toEqual([login, 'right', 'wrong', 'wrong']);
    }
    expect(await check?.check(' BCRYPT-2A ', PASSWORD)).toBe('right');
    expect(await check?.check('nobody', PASSWORD)).toBe('wrong');
    expect(
      createLegacyCheck({
        db: desk.database.db,
        clock: desk.clock,
        passwords,
        config: { ...config, legacyCheck: 'none' },
      }),
    ).toBeUndefined();
  });

  test('of people at one login the old password or the reviewer decides, and one account has it', async () => {
    const [first, second] = [await addAccount(), await addAccount()];
    expect(await request(first, 'Ivanov', false)).toBe('requested');
    expect(await request(first, ' ivanov', false)).toBe('requested');
    expect(await request(second, 'IVANOV ', true)).toBe('confirmed');
    expect(await request(first, 'ivanov', true)).toBe('requested');
    expect(await listLegacyLinks(desk.database.db, first)).toHaveLength(1);
    expect(await listConfirmedLogins(desk.database.db, second)).toEqual([
      { portal: 'ktsp', login: 'IVANOV' },
    ]);

    const refused = await desk.run('legacy', 'confirm', first);
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining('Another account') as string });
    const { items } = await desk.json<{ items: { id: string; account: string }[] }>(
      'legacy',
      'list',
      '--status',
      'confirmed',
    );
    expect(items.map(({ account }) => account)).toEqual([second]);
    expect(await desk.run('legacy', 'decline', items[0]?.id ?? '')).toMatchObject({ code: 0 });
    expect(await desk.run('legacy', 'confirm', first)).toMatchObject({
      code: 0,
      out: 'Confirmed: Ivanov.\n',
    });
    expect(await desk.run('legacy', 'confirm', first)).toMatchObject({ code: 4 });
    const events = await desk.database.db
      .selectFrom('audit')
      .select('event')
      .where('subject', '=', `account:${first}`)
      .orderBy('id')
      .execute();
    expect(events.map(({ event }) => event)).toEqual(['legacy_link_requested', 'legacy_link_confirmed']);
  });

  test('a race of fifty, twenty times: one account is confirmed, the others wait', async () => {
    const people = await Promise.all(Array.from({ length: 50 }, addAccount));
    for (let round = 0; round < 20; round += 1) {
      const login = `race-${round}`;
      const asked = people.slice(0, 25);
      for (const accountId of asked.slice(0, 5)) await request(accountId, login, false);
      const at = desk.clock.now();
      const results = await Promise.all(
        people.map((accountId, index) =>
          index < 5
            ? desk.database.db
                .transaction()
                .execute((trx) => confirmLegacyLinks(trx, accountId, 'operator:test', at))
                .then(({ confirmed }) => (confirmed.length > 0 ? 'confirmed' : 'requested'))
            : request(accountId, index % 2 === 0 ? login : login.toUpperCase(), true),
        ),
      );
      expect(results.filter((result) => result === 'confirmed')).toHaveLength(1);
      const stored = await desk.database.db
        .selectFrom('legacyLinks')
        .select('status')
        .where('loginKey', '=', login)
        .execute();
      expect(stored.filter(({ status }) => status === 'confirmed')).toHaveLength(1);
      expect(stored.filter(({ status }) => status === 'requested')).toHaveLength(49);
      for (const accountId of people.slice(0, 5))
        await desk.database.db
          .transaction()
          .execute((trx) => declineLegacyLinks(trx, accountId, 'operator:test', at));
    }
  }, 300_000);
});

describe('the older portal asked over HTTP', () => {
  let portal: LegacyStandIn;
  let check: LegacyCheck;
  const clock = movableClock();
  beforeEach(async () => {
    portal = await startLegacyPortal();
    portal.passwords.set('ivanov', 'старый пароль');
    const made = createLegacyCheck({
      db: undefined as never,
      passwords: undefined as never,
      clock,
      config: { legacyCheck: 'http', legacyCheckUrl: portal.url, legacyCheckToken: LEGACY_TOKEN },
    });
    if (!made) throw new Error('no check');
    check = made;
  });
  afterEach(() => portal.close());

  test('it tells right from wrong', async () => {
    expect(await check.check('ivanov', 'старый пароль')).toBe('right');
    expect(await check.check('ivanov', 'другой')).toBe('wrong');
    expect(await check.check('petrov', 'старый пароль')).toBe('wrong');
    expect(portal.requests[0]).toEqual({ login: 'ivanov', password: 'старый пароль' });
  });

  test.each<LegacyFault>([
    'unauthorized',
    'server_error',
    'garbage',
    'strange_json',
    'endless',
    'redirect',
    'drops',
    'hang',
  ])('the fault %s is no answer, and none within three seconds', async (fault) => {
    portal.fault = fault;
    const began = performance.now();
    expect(await check.check('ivanov', 'старый пароль')).toBe('unavailable');
    expect(performance.now() - began).toBeLessThan(6000);
    portal.fault = 'none';
    expect(await check.check('ivanov', 'старый пароль')).toBe('right');
  });

  test('one that keeps failing is left alone for half a minute', async () => {
    portal.fault = 'server_error';
    for (let time = 0; time < 8; time += 1) await check.check('ivanov', 'старый пароль');
    expect(portal.requests).toHaveLength(5);
    portal.fault = 'none';
    expect(await check.check('ivanov', 'старый пароль')).toBe('unavailable');
    clock.advance(31);
    expect(await check.check('ivanov', 'старый пароль')).toBe('right');
  });
});
