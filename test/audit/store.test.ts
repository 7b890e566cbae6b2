import { AUDIT_EVENTS } from '../../src/audit/audit';
import { linkEvents, verifyChain } from '../../src/audit/chain';
import { listEvents, recordEvent } from '../../src/audit/store';
import type { OpenedDatabase } from '../../src/storage/postgres';
import { openTestDatabase, storageKinds } from '../support/database';
import { testSecrets } from '../support/secrets';

const AT = new Date('2026-11-22T06:00:00Z');

describe.each(storageKinds)('audit rows, %s storage', (kind) => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  afterAll(() => opened.close());

  test('an event reads back as it was told', async () => {
    await recordEvent(
      opened.db,
      {
        event: 'sign_in_failed',
        actor: 'system',
        subject: 'account:7',
        clientId: 'cabinet',
        address: '192.0.2.7',
        requestId: 'r-1',
        details: { reason: 'wrong_password', count: 3, known: true, none: null, methods: ['password'] },
      },
      AT,
    );
    const [row] = await listEvents(opened.db, { subject: 'account:7' });
    expect(row).toMatchObject({
      at: AT,
      event: 'sign_in_failed',
      actor: 'system',
      clientId: 'cabinet',
      address: '192.0.2.7',
      requestId: 'r-1',
      details: { reason: 'wrong_password', count: 3, known: true, none: null, methods: ['password'] },
      seq: null,
    });
  });

  test('text that the database refuses, and too much of it, does not undo the transaction', async () => {
    const details = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v']));
    await recordEvent(
      opened.db,
      {
        event: 'sign_in_failed',
        actor: 'account:\0evil',
        subject: 'account:odd',
        address: `${'я'.repeat(299)}😀`,
        details: {
          agent: 'a\0b\uD800c',
          long: 'x'.repeat(5000),
          'k\0': '',
          list: Array<string>(99).fill('\uDFFF'),
          ...details,
        },
      },
      AT,
    );
    const [row] = await listEvents(opened.db, { subject: 'account:odd' });
    expect(row?.actor).toBe('account:\uFFFDevil');
    expect(row?.address).toBe(`${'я'.repeat(299)}\uFFFD`);
    expect(row?.details).toMatchObject({ agent: 'a\uFFFDb\uFFFDc', 'k\uFFFD': '' });
    expect(Object.keys(row?.details ?? {})).toHaveLength(20);
    expect(row?.details.long).toHaveLength(300);
    expect(row?.details.list).toEqual(Array(20).fill('\uFFFD'));
    await linkEvents(opened.db, testSecrets);
    expect((await verifyChain(opened.db, testSecrets)).broken).toBeUndefined();
  });

  test('an event of an undone transaction never happened', async () => {
    await expect(
      opened.db.transaction().execute(async (trx) => {
        await recordEvent(
          trx,
          { event: 'account_blocked', actor: 'operator:test', subject: 'account:undone' },
          AT,
        );
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await listEvents(opened.db, { subject: 'account:undone' })).toEqual([]);
  });

  test('lists newest first, by event, page after page', async () => {
    for (let i = 0; i < 5; i += 1) {
      await recordEvent(opened.db, { event: 'key_rotated', actor: 'system', subject: `key:${i}` }, AT);
      await recordEvent(opened.db, { event: 'key_created', actor: 'system', subject: `key:${i}` }, AT);
    }
    const first = await listEvents(opened.db, { event: 'key_rotated', limit: 3 });
    expect(first.map((row) => row.subject)).toEqual(['key:4', 'key:3', 'key:2']);
    const second = await listEvents(opened.db, { event: 'key_rotated', limit: 3, before: first[2]?.id });
    expect(second.map((row) => row.subject)).toEqual(['key:1', 'key:0']);
  });

  test.each(['1 or 1=1', '', '-1', '9'.repeat(40), '٣'])('refuses the forged cursor %j', (before) => {
    expect(() => listEvents(opened.db, { before })).toThrow('bad_request');
  });
});

test('every event says what it means', () => {
  for (const [event, meaning] of Object.entries(AUDIT_EVENTS)) {
    expect(event).toMatch(/^[a-z]+(?:_[a-z]+)+$/);
    expect(meaning.length).toBeGreaterThan(15);
  }
});
