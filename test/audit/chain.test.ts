import { sql } from 'kysely';
import { linkEvents, verifyChain } from '../../src/audit/chain';
import { createAuditLinker } from '../../src/audit/linker';
import { listEvents, recordEvent } from '../../src/audit/store';
import { createSecrets } from '../../src/secrets';
import type { OpenedDatabase } from '../../src/storage/postgres';
import { openTestDatabase, storageKinds } from '../support/database';
import { testSecrets } from '../support/secrets';

const AT = new Date('2026-11-22T06:00:00.123Z');

describe.each(storageKinds)('audit chain, %s storage', (kind) => {
  let opened: OpenedDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  beforeEach(async () => {
    await tamper('truncate audit restart identity; truncate audit_head');
    await tamper(`insert into audit_head (seq, hash) values (0, '')`);
    await tamper(
      'alter table audit drop constraint if exists audit_seq_key; alter table audit add unique (seq)',
    );
  });
  afterAll(() => opened.close());

  const record = (subject: string, details = {}): Promise<void> =>
    recordEvent(opened.db, { event: 'account_created', actor: 'operator:test', subject, details }, AT);

  async function chainOf(length: number): Promise<void> {
    for (let i = 1; i <= length; i += 1)
      await record(`account:${i}`, { note: `n${i}`, zeta: 1, alpha: [`x`, 'y'] });
    expect(await linkEvents(opened.db, testSecrets)).toBe(length);
  }

  const tamper = (statement: string): Promise<unknown> => sql.raw(statement).execute(opened.db);

  test('links what was written and finds it sound', async () => {
    await chainOf(7);
    const report = await verifyChain(opened.db, testSecrets);
    expect(report).toMatchObject({ checked: 7, unlinked: 0, head: { seq: 7 } });
    expect(report.broken).toBeUndefined();
    expect(await linkEvents(opened.db, testSecrets)).toBe(0);
    await record('account:8');
    expect(await verifyChain(opened.db, testSecrets)).toMatchObject({ checked: 7, unlinked: 1 });
  });

  test('an empty trail is sound', async () => {
    expect(await verifyChain(opened.db, testSecrets)).toEqual({
      checked: 0,
      unlinked: 0,
      head: { seq: 0, hash: '' },
    });
  });

  test('goes on over several batches and pages', async () => {
    await sql`insert into audit (at, event, actor) select now(), 'sign_out', 'account:' || n from generate_series(1, 1203) n`.execute(
      opened.db,
    );
    expect(await linkEvents(opened.db, testSecrets)).toBe(1203);
    expect(await verifyChain(opened.db, testSecrets)).toMatchObject({ checked: 1203, head: { seq: 1203 } });
    await tamper(`update audit set actor = 'system' where seq = 1100`);
    expect((await verifyChain(opened.db, testSecrets)).broken).toMatchObject({
      seq: 1100,
      reason: 'altered',
    });
  });

  test.each([
    ['content', `update audit set details = '{"note":"other"}' where seq = 4`],
    ['time', `update audit set at = at + interval '1 millisecond' where seq = 4`],
    ['subject', `update audit set subject = null where seq = 4`],
    ['hash', `update audit set hash = 'x' where seq = 4`],
    ['emptied hash', `update audit set hash = null where seq = 4`],
    [
      'a hash taken from the neighbour',
      `update audit set hash = (select hash from audit where seq = 3) where seq = 4`,
    ],
    [
      'place (swapped with the next)',
      `alter table audit drop constraint audit_seq_key;
      update audit set seq = 9 - seq where seq in (4, 5)`,
    ],
  ])('names the first row with changed %s', async (_what, statement) => {
    await chainOf(7);
    await tamper(statement);
    const report = await verifyChain(opened.db, testSecrets);
    expect(report).toMatchObject({ checked: 3, broken: { seq: 4 } });
  });

  test('names a deleted row', async () => {
    await chainOf(7);
    await tamper('delete from audit where seq in (5, 6)');
    expect((await verifyChain(opened.db, testSecrets)).broken).toEqual({ seq: 5, reason: 'missing' });
  });

  test('names a deleted first row', async () => {
    await chainOf(3);
    await tamper('delete from audit where seq = 1');
    expect((await verifyChain(opened.db, testSecrets)).broken).toEqual({ seq: 1, reason: 'missing' });
  });

  test('sees rows cut off the end, also after the chain went on', async () => {
    await chainOf(7);
    await tamper('delete from audit where seq > 5');
    expect((await verifyChain(opened.db, testSecrets)).broken).toEqual({ seq: 6, reason: 'missing' });
    await record('account:late');
    await linkEvents(opened.db, testSecrets);
    expect((await verifyChain(opened.db, testSecrets)).broken).toEqual({ seq: 6, reason: 'missing' });
  });

  test('sees everything cut off', async () => {
    await chainOf(2);
    await tamper('delete from audit');
    expect((await verifyChain(opened.db, testSecrets)).broken).toEqual({ seq: 1, reason: 'missing' });
  });

  test('sees a second row for one place', async () => {
    await chainOf(4);
    await tamper('alter table audit drop constraint audit_seq_key');
    await tamper(
      `insert into audit (at, event, actor, details, seq, hash) select at, event, actor, details, seq, hash from audit where seq = 2`,
    );
    expect((await verifyChain(opened.db, testSecrets)).broken).toMatchObject({ seq: 2, reason: 'duplicate' });
  });

  test('sees an end that was moved back', async () => {
    await chainOf(5);
    await tamper(`update audit_head set seq = 3, hash = (select hash from audit where seq = 3)`);
    expect((await verifyChain(opened.db, testSecrets)).broken).toEqual({ seq: 3, reason: 'head' });
  });

  test('a head kept elsewhere shows what the database alone cannot', async () => {
    await chainOf(5);
    const { head } = await verifyChain(opened.db, testSecrets);
    await tamper(`update audit set seq = null, hash = null, actor = 'system' where seq > 3`);
    await tamper(`update audit_head set seq = 3, hash = (select hash from audit where seq = 3)`);
    await linkEvents(opened.db, testSecrets);
    expect((await verifyChain(opened.db, testSecrets)).broken).toBeUndefined();
    expect((await verifyChain(opened.db, testSecrets, head)).broken).toMatchObject({
      seq: 5,
      reason: 'head',
    });
    await tamper('delete from audit where seq > 3');
    await tamper(`update audit_head set seq = 3, hash = (select hash from audit where seq = 3)`);
    expect((await verifyChain(opened.db, testSecrets, head)).broken).toEqual({ seq: 4, reason: 'missing' });
  });

  test('a lost end stops the chain loudly', async () => {
    await chainOf(1);
    await tamper('delete from audit_head');
    await record('account:2');
    await expect(linkEvents(opened.db, testSecrets)).rejects.toThrow('audit_head is empty');
    await expect(verifyChain(opened.db, testSecrets)).rejects.toThrow('audit_head is empty');
  });

  test('survives the rotation of SECRET_KEY, and no other key will do', async () => {
    const oldKey = 'old-master-key-of-no-value-00000000000000000';
    const newKey = 'new-master-key-of-no-value-00000000000000000';
    await record('account:1');
    await linkEvents(opened.db, createSecrets([oldKey]));
    await record('account:2');
    await linkEvents(opened.db, createSecrets([newKey, oldKey]));
    expect((await verifyChain(opened.db, createSecrets([newKey, oldKey]))).broken).toBeUndefined();
    expect((await verifyChain(opened.db, createSecrets([newKey]))).broken).toMatchObject({
      seq: 1,
      reason: 'altered',
    });
  });

  test('four linkers beside 200 writers lose no row', async () => {
    const writers = Array.from({ length: 200 }, (_, i) => record(`account:${i}`));
    const linkers = Array.from({ length: 4 }, async () => {
      for (let turn = 0; turn < 10; turn += 1) await linkEvents(opened.db, testSecrets);
    });
    await Promise.all([...writers, ...linkers]);
    await linkEvents(opened.db, testSecrets);
    const report = await verifyChain(opened.db, testSecrets);
    expect(report).toMatchObject({ checked: 200, unlinked: 0, head: { seq: 200 } });
    expect(report.broken).toBeUndefined();
    expect(new Set((await listEvents(opened.db, { limit: 1000 })).map((row) => row.subject)).size).toBe(200);
  });

  test('is sound while others write and link', async () => {
    let writing = true;
    const busy = (async () => {
      for (let i = 0; i < 40; i += 1) {
        await record(`account:${i}`);
        await linkEvents(opened.db, testSecrets);
      }
      writing = false;
    })();
    while (writing) expect((await verifyChain(opened.db, testSecrets)).broken).toBeUndefined();
    await busy;
  });

  test('the worker links by itself and stops', async () => {
    const errors: unknown[] = [];
    const linker = createAuditLinker({
      db: opened.db,
      secrets: testSecrets,
      onError: (error) => errors.push(error),
      intervalMs: 10,
    });
    await record('account:1');
    linker.start();
    const patience = Date.now() + 5000;
    while ((await verifyChain(opened.db, testSecrets)).checked === 0 && Date.now() < patience) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await linker.stop();
    expect((await verifyChain(opened.db, testSecrets)).checked).toBe(1);
    expect(errors).toEqual([]);
  });
});
