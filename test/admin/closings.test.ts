/** `accounts hold|release|acts`: what keeps data from being destroyed, and the acts of what was. */
import { askClosing } from '../../src/consents/closing/close-account';
import { destroyDueAccounts } from '../../src/consents/closing/destroy';
import { addSomebody } from '../companies/people';
import { storageKinds } from '../support/database';
import { ISSUER, openDesk, type Desk } from './desk';

interface Act {
  act: string;
  subject: string;
  categories: string[];
  reason: string;
  asked_by: string;
  asked_at: string;
  destroy_by: string;
  destroyed_at: string;
  way: string;
  by: string;
}

const DAY = 86_400;

describe.each(storageKinds)('closings on %s', (kind) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(kind);
  });
  afterAll(() => desk.close());

  /** Somebody who has just asked for the end of their account. */
  async function closing(): Promise<string> {
    const { id } = await addSomebody(desk.database.db, desk.clock.now(), 'Анна');
    const who = { accountId: id, sessionUid: '', address: '192.0.2.7', requestId: 'r' };
    await askClosing({ ...desk.tools, issuer: ISSUER }, who);
    return id;
  }
  const events = async (id: string): Promise<{ event: string; actor: string; details: unknown }[]> => {
    const subject = `account:${id}`;
    const found = await desk.json<{ items: { event: string; actor: string; details: unknown }[] }>(
      ...['audit', 'list', '--subject', subject],
    );
    return found.items;
  };

  it('a held account outlives its day, and goes once it is released', async () => {
    const id = await closing();
    const held = await desk.run('accounts', 'hold', id, '--reason', 'иск 12');
    expect([held.code, held.out]).toEqual([
      0,
      `Account ${id} is held; its data stay until accounts release ${id}.\n`,
    ]);
    desk.clock.advance(8 * DAY);
    expect(await destroyDueAccounts(desk.tools)).toBe(0);
    expect(await desk.json('accounts', 'release', id)).toEqual({ account: id, held: false });
    expect(await destroyDueAccounts(desk.tools)).toBe(1);
    expect((await desk.run('accounts', 'show', id)).code).toBe(3);
    const actor = 'operator:test-operator';
    expect(await events(id)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'account_held', actor, details: { reason: 'иск 12' } }),
        expect.objectContaining({ event: 'account_released', actor }),
        expect.objectContaining({ event: 'account_destroyed', actor: 'system' }),
      ]),
    );
  });

  it('holds and releases once, only whom there is, and not without a reason', async () => {
    const id = await closing();
    expect(await desk.json('accounts', 'hold', id, '--reason', 'иск 13')).toEqual({
      account: id,
      held: true,
    });
    const again = await desk.run('accounts', 'hold', id, '--reason', 'иск 14');
    expect([again.code, again.err]).toEqual([4, `Account ${id} is held already.\n`]);
    expect((await desk.run('accounts', 'release', id)).out).toBe(`Account ${id} is held no longer.\n`);
    const twice = await desk.run('accounts', 'release', id);
    expect([twice.code, twice.err]).toEqual([4, `Account ${id} is not held.\n`]);
    expect((await desk.run('accounts', 'hold', id)).code).toBe(2);
    expect((await desk.run('accounts', 'hold', id, '--reason', '  ')).code).toBe(2);
    for (const command of [['hold', '--reason', 'x'], ['release']])
      expect((await desk.run('accounts', ...command, 'nobody@example.com')).code).toBe(3);
  });

  it('acts say whose data, which kinds, why and when, and nothing that names a person', async () => {
    const asked = desk.clock.now();
    const id = await closing();
    desk.clock.advance(8 * DAY);
    await destroyDueAccounts(desk.tools);
    const { items } = await desk.json<{ items: Act[] }>('accounts', 'acts');
    const act = items.find(({ subject }) => subject === `account:${id}`);
    expect(act).toMatchObject({
      reason: 'asked',
      asked_by: `account:${id}`,
      asked_at: asked.toISOString(),
      destroy_by: new Date(asked.getTime() + 30 * DAY * 1000).toISOString(),
      destroyed_at: desk.clock.now().toISOString(),
      by: 'system',
    });
    expect(act?.categories).toEqual(expect.arrayContaining(['profile', 'identifiers']));
    const { out } = await desk.run('accounts', 'acts');
    expect(out).toMatch(/^ACCOUNT +REASON +KINDS +DESTROYED/m);
    expect(out).toContain(id);
    expect(out + JSON.stringify(items)).not.toMatch(/Анна|example\.com/);
    // What still waits for its day, or was undone, is no act.
    const waiting = await closing();
    expect((await desk.run('accounts', 'acts')).out).not.toContain(waiting);
  });
});
