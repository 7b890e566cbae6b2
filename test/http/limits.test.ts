import { counting, once } from '../../src/http/limits';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import { openTestDatabase } from '../support/database';

describe('limits', () => {
  it('count what was done and what was refused by rule, not what a fault cut short', async () => {
    const { db, close } = await openTestDatabase('embedded');
    try {
      const store = createSqlStore(db);
      const limits = [
        { key: 'mails:one', max: 2, window: 60 },
        { key: 'mails:all', max: 100, window: 60 },
      ];
      const send = (): Promise<string> => Promise.resolve('sent');
      const fault = (): Promise<string> => Promise.reject(new Error('the database went away'));
      for (let time = 0; time < 5; time += 1)
        await expect(counting(store, limits, fault)).rejects.toThrow('went away');
      expect(await counting(store, limits, send)).toBe('sent');
      expect(await counting(store, limits, send)).toBe('sent');
      let tried = false;
      const third = counting(store, limits, () => {
        tried = true;
        return send();
      });
      await expect(third).rejects.toMatchObject({ code: 'too_many_attempts' });
      expect(tried).toBe(false);
    } finally {
      await close();
    }
  });

  it('let one of many make an attempt, and the next when a fault cut it short', async () => {
    const { db, close } = await openTestDatabase('embedded');
    try {
      const store = createSqlStore(db);
      const fault = () => Promise.reject(new Error('the database went away'));
      for (let time = 0; time < 3; time += 1)
        await expect(once(store, 'resend:one', 60, fault)).rejects.toThrow('went away');
      let sent = 0;
      const send = () => Promise.resolve((sent += 1));
      const made = await Promise.all(Array.from({ length: 20 }, () => once(store, 'resend:one', 60, send)));
      expect([made.filter(Boolean).length, sent]).toEqual([1, 1]);
      expect(await once(store, 'resend:one', 60, send)).toBe(false);
      expect(await once(store, 'resend:two', 60, send)).toBe(true);
    } finally {
      await close();
    }
  });
});
