import { randomUUID } from 'node:crypto';
import { issueCode, tryCode } from '../../src/tokens/codes';
import { consumeLink, findLink, issueLink } from '../../src/tokens/links';
import { sweepTokens, voidTokens } from '../../src/tokens/store';
import type { OpenedDatabase } from '../../src/storage/postgres';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds } from '../support/database';
import { testSecrets } from '../support/secrets';

const HOUR = 3600;

describe.each(storageKinds)('single-use tokens, %s storage', (kind) => {
  let opened: OpenedDatabase;
  let clock = movableClock();

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  beforeEach(async () => {
    clock = movableClock();
    await opened.db.deleteFrom('singleUseTokens').execute();
  });
  afterAll(() => opened.close());

  async function account(): Promise<string> {
    const id = randomUUID();
    const at = clock.now();
    const names = { familyName: 'Вымышленная', givenName: 'Анна', locale: 'ru' };
    await opened.db
      .insertInto('accounts')
      .values({ id, status: 'active', ...names, sessionsValidAfter: at, updatedAt: at })
      .execute();
    return id;
  }

  const link = (ttlSeconds = HOUR): Promise<string> =>
    issueLink(opened.db, { purpose: 'set_password', payload: { via: 'mail' }, ttlSeconds }, clock);

  const code = (ttlSeconds = 600) =>
    issueCode(
      opened.db,
      testSecrets,
      { purpose: 'prove_phone', payload: { phone: '+79990000001' }, ttlSeconds },
      clock,
    );

  const attempt = (id: string, typed: string) =>
    tryCode(opened.db, testSecrets, { purpose: 'prove_phone', id, code: typed }, clock);

  const wrong = (right: string): string => String((Number(right) + 1) % 1_000_000).padStart(6, '0');

  describe('links', () => {
    test('looking at a link changes nothing, spending it works once', async () => {
      const token = await link();
      expect(token).toMatch(/^[\w-]{43}$/);
      for (let look = 0; look < 3; look += 1) {
        expect(await findLink(opened.db, 'set_password', token, clock)).toMatchObject({
          state: 'live',
          payload: { via: 'mail' },
        });
      }
      expect(await consumeLink(opened.db, 'set_password', token, clock)).toMatchObject({
        state: 'live',
        accountId: null,
      });
      expect(await consumeLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'spent' });
      expect(await findLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'spent' });
    });

    test('50 parallel spenders: one winner, the others learn that it is spent', async () => {
      const token = await link();
      const states = await Promise.all(
        Array.from({ length: 50 }, () => consumeLink(opened.db, 'set_password', token, clock)),
      );
      expect(states.filter(({ state }) => state === 'live')).toHaveLength(1);
      expect(states.filter(({ state }) => state === 'spent')).toHaveLength(49);
    });

    test('the table holds no token', async () => {
      const token = await link();
      const rows = await opened.db.selectFrom('singleUseTokens').selectAll().execute();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(token);
    });

    test('an expired link is unknown, to the second', async () => {
      const token = await link(60);
      clock.advance(59);
      expect(await findLink(opened.db, 'set_password', token, clock)).toMatchObject({ state: 'live' });
      clock.advance(1);
      expect(await findLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'unknown' });
      expect(await consumeLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'unknown' });
    });

    test('a link of one purpose is unknown to another', async () => {
      const token = await link();
      expect(await consumeLink(opened.db, 'prove_email', token, clock)).toEqual({ state: 'unknown' });
      expect(await findLink(opened.db, 'prove_email', token, clock)).toEqual({ state: 'unknown' });
      expect(await findLink(opened.db, 'set_password', token, clock)).toMatchObject({ state: 'live' });
    });

    test.each(['', '\0', '%FF', 'a'.repeat(20_000), "' or '1'='1"])(
      'a made-up token is unknown',
      async (token) => {
        expect(await findLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'unknown' });
        expect(await consumeLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'unknown' });
      },
    );

    test('a link spent in a transaction that is undone lives on', async () => {
      const token = await link();
      await expect(
        opened.db.transaction().execute(async (trx) => {
          await consumeLink(trx, 'set_password', token, clock);
          throw new Error('undone');
        }),
      ).rejects.toThrow('undone');
      expect(await consumeLink(opened.db, 'set_password', token, clock)).toMatchObject({ state: 'live' });
    });

    test('voiding ends the unspent links of that account and purpose only', async () => {
      const [mine, other] = [await account(), await account()];
      const issue = (purpose: 'set_password' | 'prove_email', accountId: string) =>
        issueLink(opened.db, { purpose, accountId, ttlSeconds: HOUR }, clock);
      const [spent, first, second] = [
        await issue('set_password', mine),
        await issue('set_password', mine),
        await issue('set_password', mine),
      ];
      const [otherPurpose, otherAccount] = [
        await issue('prove_email', mine),
        await issue('set_password', other),
      ];
      await consumeLink(opened.db, 'set_password', spent, clock);
      expect(await voidTokens(opened.db, 'set_password', mine)).toBe(2);
      for (const token of [first, second]) {
        expect(await consumeLink(opened.db, 'set_password', token, clock)).toEqual({ state: 'unknown' });
      }
      expect(await findLink(opened.db, 'set_password', spent, clock)).toEqual({ state: 'spent' });
      expect(await findLink(opened.db, 'prove_email', otherPurpose, clock)).toMatchObject({
        state: 'live',
        accountId: mine,
      });
      expect(await findLink(opened.db, 'set_password', otherAccount, clock)).toMatchObject({ state: 'live' });
    });
  });

  describe('codes', () => {
    test('the right code works once, however it is typed', async () => {
      const { id, code: digits } = await code();
      expect(digits).toMatch(/^\d{6}$/);
      expect(await attempt(id, ` ${digits.slice(0, 3)}-${digits.slice(3)} `)).toMatchObject({
        state: 'right',
        payload: { phone: '+79990000001' },
      });
      expect(await attempt(id, digits)).toEqual({ state: 'spent' });
    });

    test('five wrong tries end it, also for the right code', async () => {
      const { id, code: digits } = await code();
      for (const attemptsLeft of [4, 3, 2, 1]) {
        expect(await attempt(id, wrong(digits))).toEqual({ state: 'wrong', attemptsLeft });
      }
      expect(await attempt(id, wrong(digits))).toEqual({ state: 'exhausted' });
      expect(await attempt(id, digits)).toEqual({ state: 'exhausted' });
    });

    test('50 parallel wrong tries: five are looked at', async () => {
      const { id, code: digits } = await code();
      const states = await Promise.all(Array.from({ length: 50 }, () => attempt(id, wrong(digits))));
      const counted = states.flatMap((state) => (state.state === 'wrong' ? [state.attemptsLeft] : []));
      expect(counted.sort()).toEqual([1, 2, 3, 4]);
      expect(states.filter(({ state }) => state === 'exhausted')).toHaveLength(46);
      expect(await attempt(id, digits)).toEqual({ state: 'exhausted' });
    });

    test('50 parallel right tries: one winner', async () => {
      const { id, code: digits } = await code();
      const states = await Promise.all(Array.from({ length: 50 }, () => attempt(id, digits)));
      expect(states.filter(({ state }) => state === 'right')).toHaveLength(1);
    });

    test('guessing all values in parallel is looked at five times', async () => {
      const { id, code: digits } = await code();
      const guesses = Array.from({ length: 49 }, (_, i) =>
        String((Number(digits) + 1 + i) % 1_000_000).padStart(6, '0'),
      );
      await Promise.all(guesses.map((guess) => attempt(id, guess)));
      expect((await attempt(id, digits)).state).toBe('exhausted');
    });

    test('attack 42: a code is bound to its request, its purpose and its time', async () => {
      const [one, two] = [await code(), await code()];
      if (one.code !== two.code) expect(await attempt(two.id, one.code)).toMatchObject({ state: 'wrong' });
      const elsewhere = { purpose: 'set_password', id: one.id, code: one.code } as const;
      expect(await tryCode(opened.db, testSecrets, elsewhere, clock)).toEqual({ state: 'unknown' });
      clock.advance(600);
      expect(await attempt(one.id, one.code)).toEqual({ state: 'unknown' });
    });

    test.each(['', 'x', "'; drop table x", '\0', randomUUID()])(
      'a made-up request %j is unknown',
      async (id) => {
        expect(await attempt(id, '123456')).toEqual({ state: 'unknown' });
      },
    );

    test('the table holds no code', async () => {
      const { code: digits } = await code();
      const [row] = await opened.db.selectFrom('singleUseTokens').select(['hash', 'payload']).execute();
      // The number of the phone may hold any digits.
      expect(JSON.stringify(row).replace(/\+79990000001/, '')).not.toContain(digits);
      expect(row?.hash).toMatch(/^[\w-]{43}$/);
    });
  });

  test('sweeping removes what ended a week ago, over several batches, and nothing else', async () => {
    const [old, live] = [await link(HOUR), await link(30 * 24 * HOUR)];
    const batch = Array.from({ length: 1100 }, () => ({
      id: randomUUID(),
      purpose: 'prove_email',
      hash: randomUUID(),
      payload: '{}',
      attemptsLeft: 1,
      expiresAt: clock.now(),
    }));
    await opened.db.insertInto('singleUseTokens').values(batch).execute();
    await consumeLink(opened.db, 'set_password', old, clock);
    clock.advance(7 * 24 * HOUR);
    expect(await sweepTokens(opened.db, clock)).toBe(0);
    expect(await findLink(opened.db, 'set_password', old, clock)).toEqual({ state: 'spent' });
    clock.advance(1);
    expect(await sweepTokens(opened.db, clock)).toBe(1100);
    clock.advance(HOUR);
    expect(await sweepTokens(opened.db, clock)).toBe(1);
    expect(await findLink(opened.db, 'set_password', live, clock)).toMatchObject({ state: 'live' });
  });
});
