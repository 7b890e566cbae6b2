/** Documents and consents by the command line. */
import { agreedVersion } from '../../src/consents/consent';
import { changedLines } from '../../src/consents/changed-lines';
import { createDocuments } from '../../src/consents/documents';
import { giveConsents } from '../../src/consents/give';
import { listEvents } from '../../src/audit/store';
import { insertAccount } from '../../src/accounts/store';
import { openDesk, type Desk } from '../admin/desk';
import { storageKinds } from '../support/database';

interface DocumentJson {
  name: string;
  version: string;
  current: boolean;
  source: string;
  text: { ru: string; en: string | null };
}

describe.each(storageKinds)('documents and consents on %s', (kind) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(kind);
  });
  afterAll(() => desk.close());

  /** Somebody who agreed to everything that holds. */
  async function addAgreed(userAgent = 'test'): Promise<string> {
    const at = desk.clock.now();
    const person = { familyName: 'Вымышленная', givenName: 'Анна', middleName: null, locale: 'ru' };
    const { id } = await insertAccount(desk.database.db, person, at);
    const consents = (await createDocuments(desk.tools).required()).map(agreedVersion);
    const facts = { form: 'registration', way: 'box', address: '192.0.2.7', userAgent } as const;
    await desk.database.db
      .transaction()
      .execute((trx) => giveConsents(trx, { accountId: id, consents, facts, at }));
    return id;
  }

  const current = async (name: string) => desk.json<DocumentJson>('documents', 'show', name);

  it('begins with the texts beside the program, and keeps every version', async () => {
    const shipped = await current('terms');
    expect(shipped).toMatchObject({ source: 'program', current: true });
    expect(shipped.text.ru).toContain('Правила пользования');
    await addAgreed();
    desk.files.set('terms.txt', Buffer.from('\ufeffПравила\r\n\r\n1. Новое правило.\r\n'));
    const refused = await desk.run('documents', 'publish', 'terms', '--ru', 'terms.txt', '--version', '2');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('1 people') as string });
    const args = ['documents', 'publish', 'terms', '--ru', 'terms.txt', '--version', '2'];
    const asked = await desk.runAsking(true, ...args);
    expect([asked.code, asked.questions.length]).toEqual([0, 1]);
    expect((await current('terms')).text).toEqual({ ru: 'Правила\n\n1. Новое правило.\n', en: null });
    expect((await desk.run(...args, '--yes')).code).toBe(4);
    const old = await desk.json<DocumentJson>('documents', 'show', 'terms', '--version', shipped.version);
    expect(old).toMatchObject({ current: false, text: shipped.text });
    const { items } = await desk.json<{ items: DocumentJson[] }>('documents', 'list');
    expect(items.filter((one) => one.current).map(({ name, version }) => `${name} ${version}`)).toContain(
      'terms 2',
    );
    const [event] = await listEvents(desk.database.db, { event: 'document_published' });
    expect(event).toMatchObject({
      actor: 'operator:test-operator',
      details: { document: 'terms', version: '2' },
    });
    expect((await desk.run('documents', 'list')).out).toMatch(/terms\s+2\s+current/);
  });

  it.each([
    ['no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['no title', Buffer.from('\n\nтекст')],
    ['a sign that no text has', Buffer.from('Правила\n\0')],
  ])('publishes no file with %s', async (_what, bytes) => {
    desk.files.set('bad.txt', bytes);
    const { code } = await desk.run('documents', 'publish', 'terms', '--ru', 'bad.txt', '--yes');
    expect(code).toBe(2);
    expect((await desk.run('documents', 'publish', 'other', '--ru', 'bad.txt', '--yes')).code).toBe(2);
  });

  it('exports what was said, as JSON and as CSV that no office program runs', async () => {
    const id = await addAgreed('=cmd|"/c calc"!A1');
    const { items } = await desk.json<{ items: Record<string, string>[] }>(
      'consents',
      'export',
      '--account',
      id,
    );
    expect(items).toEqual([
      expect.objectContaining({
        document: 'terms',
        action: 'given',
        form: 'registration',
        address: '192.0.2.7',
      }),
      expect.objectContaining({ document: 'personal_data', action: 'given', way: 'box' }),
    ]);
    const { out } = await desk.run('consents', 'export', '--account', id, '--document', 'terms', '--csv');
    const [header, row, ...rest] = out.trimEnd().split('\n');
    expect([header?.split(',').length, rest]).toEqual([11, []]);
    expect(row).toContain(`"'=cmd|""/c calc""!A1"`);
    expect((await desk.run('consents', 'export', '--document', 'other')).code).toBe(2);
  });

  it('writes down a withdrawal by letter', async () => {
    const id = await addAgreed();
    const args = ['consents', 'withdraw', id, 'personal_data', '--reason', 'письмо 17'];
    expect((await desk.run(...args)).code).toBe(1);
    const done = await desk.json<{ destroy_by: string }>(...args, '--yes');
    expect(new Date(done.destroy_by).getTime() - desk.clock.now().getTime()).toBe(30 * 86_400_000);
    expect((await desk.run(...args, '--yes')).code).toBe(4);
    expect((await desk.run('consents', 'withdraw', id, 'other', '--reason', 'x')).code).toBe(2);
    const { out } = await desk.run('consents', 'list', id);
    expect(out).toMatch(/personal_data\s+withdrawn\s+\S+\s+operator, letter/);
  });
});

test('lines are told apart as a reader would', () => {
  const before = 'Правила\n\n1. Одно.\n2. Два.\n3. Три.\n';
  const after = 'Правила\n1. Одно.\n2. Два с половиной.\n3. Три.\n4. Четыре.\n';
  expect(changedLines(before, after)).toEqual([
    { kind: 'same', line: 'Правила' },
    { kind: 'same', line: '1. Одно.' },
    { kind: 'removed', line: '2. Два.' },
    { kind: 'added', line: '2. Два с половиной.' },
    { kind: 'same', line: '3. Три.' },
    { kind: 'added', line: '4. Четыре.' },
  ]);
  expect(changedLines('', 'а\n')).toEqual([{ kind: 'added', line: 'а' }]);
  expect(changedLines('а\n'.repeat(3000), 'б\n'.repeat(3000))).toBeUndefined();
});
