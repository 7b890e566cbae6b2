import { parsePhone } from '../../src/accounts/phone-number';
import { Refusal } from '../../src/errors';
import { reserve } from '../../src/http/limits';
import { smsLimits } from '../../src/notifications/sms/limits';
import type { OpenedDatabase } from '../../src/storage/postgres';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import type { EphemeralStore } from '../../src/storage/ephemeral/port';
import { openTestDatabase } from '../support/database';

const CAPS = { prefix: 6, address: 8, global: 10 };

describe('how many messages a visitor may cause', () => {
  let opened: OpenedDatabase;
  let store: EphemeralStore;
  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    store = createSqlStore(opened.db);
  });
  beforeEach(() => opened.db.deleteFrom('ephemeralCounters').execute());
  afterAll(() => opened.close());

  async function ask(typed: string, address = '192.0.2.1'): Promise<boolean> {
    const phone = parsePhone(typed);
    if (typeof phone === 'string') throw new Error(phone);
    return reserve(store, smsLimits(CAPS, phone.value, address)).then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(Refusal);
        return false;
      },
    );
  }
  const askAll = async (numbers: string[], address?: (i: number) => string): Promise<number> =>
    (await Promise.all(numbers.map((typed, i) => ask(typed, address?.(i))))).filter(Boolean).length;

  test('attack 43: three to one number in ten minutes, in whatever spellings, from wherever, at once', async () => {
    const spellings = ['8 909 000-00-01', '+7 909 000 00 01', '+89090000001', '9090000001', '7(909)0000001'];
    const many = Array.from({ length: 50 }, (_, i) => spellings[i % spellings.length]!);
    expect(await askAll(many, (i) => `192.0.2.${i}`)).toBeLessThanOrEqual(3);
    await opened.db.deleteFrom('ephemeralCounters').execute();
    let granted = 0;
    for (const typed of many) granted += (await ask(typed, `192.0.2.${granted}`)) ? 1 : 0;
    expect(granted).toBe(3);
  });

  test.each([
    ['numbers that begin alike', 6, (i: number) => `+7909000${1000 + i}`, (i: number) => `192.0.2.${i}`],
    ['one address', 8, (i: number) => `+79${10 + i}0001234`, () => '192.0.2.1'],
    ['everybody together', 10, (i: number) => `+79${10 + i}0001234`, (i: number) => `192.0.2.${i}`],
  ])('attack 43: %s: %i', async (_what, max, number, address) => {
    let granted = 0;
    for (let i = 0; i < 50; i += 1) granted += (await ask(number(i), address(i))) ? 1 : 0;
    expect(granted).toBe(max);
  });
});

test('attack 43: one number: three in ten minutes, ten a day', () => {
  const [soon, daily] = smsLimits(CAPS, '+79090000001', '192.0.2.1');
  expect(soon).toEqual({ key: 'sms:number:+79090000001', max: 3, window: 600 });
  expect(daily).toEqual({ key: 'sms:number_day:+79090000001', max: 10, window: 86_400 });
});

test.each(['89090000001', '+7 909 000 00 01', ''])('%j is no number to count', (to) => {
  expect(() => smsLimits(CAPS, to, '192.0.2.1')).toThrow(TypeError);
});
