import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../src/admin/cli';
import { connectToServer, runRemotely } from '../../src/admin/remote';
import { createAdminSocket } from '../../src/admin/socket';
import { DADATA_KEY, startDadata } from '../support/dadata';
import { storageKinds } from '../support/database';
import { temporaryFolder } from '../support/processes';
import { openDesk, recordingIo, type Desk } from './desk';

interface Imported {
  dry_run: boolean;
  added: number;
  updated: number;
  duplicates: number;
  refused: number;
  refused_by_problem: Record<string, number>;
  refused_lines: { line: number; problem: string; value: string }[];
}

const HEADER = 'ИНН;КПП;ОГРН;Наименование;Полное наименование;Адрес;Статус';
const FILE = [
  HEADER,
  '7800999994;780101001;1267800000005;"ООО ""Ромашка""";Общество Ромашка;г Омск;Действующая',
  '7800999994;540602001;;Филиал ООО Ромашка;;г Новосибирск;',
  '780099999967;;326784700000006;ИП Примеров Пример;;;Ликвидирован',
  '7800999995;780101001;;ООО Опечатка;;;',
  '7800999994;780101001;;ООО Ромашка ещё раз;;;',
].join('\r\n');

/** ИНН of companies with right check digits, as many as a test likes. */
function inns(count: number): string[] {
  const weights = [2, 4, 10, 3, 5, 9, 4, 6, 8];
  return Array.from({ length: count }, (_, n) => {
    const digits = String(780_000_000 + n);
    const sum = weights.reduce((total, weight, place) => total + weight * Number(digits[place]), 0);
    return `${digits}${(sum % 11) % 10}`;
  });
}

const manyCompanies = (count: number): Buffer =>
  Buffer.from(
    [
      HEADER,
      ...inns(count).map((inn) => `${inn};780101001;;ООО ${inn};Общество ${inn};${'г Омск '.repeat(12)};`),
    ].join('\n'),
  );

describe.each(storageKinds)('companies on %s', (kind) => {
  let desk: Desk;
  beforeEach(async () => {
    desk = await openDesk(kind);
    desk.files.set('companies.csv', Buffer.from(FILE));
  });
  afterEach(() => desk.close());

  const listed = () =>
    desk.database.db.selectFrom('companyDirectory').select(['inn', 'kpp', 'name']).execute();

  test('the example of the repository is imported whole', async () => {
    const example = readFileSync(join(__dirname, '../../config/companies.example.csv'));
    desk.files.set('example.csv', example);
    expect(await desk.json<Imported>('companies', 'import', 'example.csv')).toMatchObject({
      ...{ added: 5, duplicates: 0, refused: 0 },
    });
  });

  test('a file is imported, its bad lines told, and what happened is in the audit trail', async () => {
    expect(await desk.json<Imported>('companies', 'import', 'companies.csv')).toEqual({
      dry_run: false,
      encoding: 'utf-8',
      separator: ';',
      added: 3,
      updated: 0,
      duplicates: 1,
      refused: 1,
      refused_by_problem: { inn_checksum: 1 },
      refused_lines: [{ line: 5, problem: 'inn_checksum', value: '7800999995' }],
    });
    const { items } = await desk.json<{ items: { event: string; actor: string; details: object }[] }>(
      'audit',
      'list',
    );
    expect(items).toMatchObject([
      {
        event: 'companies_imported',
        actor: 'operator:test-operator',
        details: { file: 'companies.csv', added: 3, updated: 0, refused: 1, duplicates: 1 },
      },
    ]);
    expect(await desk.json<Imported>('companies', 'import', 'companies.csv')).toMatchObject({
      added: 0,
      updated: 3,
    });
  });

  test('a dry run says what would happen and does nothing', async () => {
    const dry = await desk.json<Imported>('companies', 'import', 'companies.csv', '--dry-run');
    expect(dry).toMatchObject({ dry_run: true, added: 3, updated: 0, refused: 1 });
    expect(await listed()).toEqual([]);
    await desk.run('companies', 'import', 'companies.csv');
    expect(await desk.json<Imported>('companies', 'import', 'companies.csv', '--dry-run')).toMatchObject({
      added: 0,
      updated: 3,
    });
    expect((await desk.json<{ items: unknown[] }>('audit', 'list')).items).toHaveLength(1);
  });

  test('a person reads counts and the first 50 bad lines', async () => {
    const bad = Array.from({ length: 60 }, (_, n) => `нет\u202e${n};780101001;;ООО ${n};;;`);
    desk.files.set('bad.csv', Buffer.from([FILE, ...bad].join('\r\n')));
    const { code, out, err } = await desk.run('companies', 'import', 'bad.csv');
    expect(code).toBe(0);
    expect(out).toMatch(/^added +3$/m);
    expect(out).toMatch(/^refused +61$/m);
    expect(out).toMatch(/^ +60 inn_digits$/m);
    expect(out.match(/^\d+ +inn_/gm)).toHaveLength(50);
    expect(out).not.toContain('\u202e');
    expect(err).toContain('11 more refused lines are not shown.');
  });

  test.each([
    ['no heading', 'a;b\n1;2', /No heading with the columns ИНН and Наименование/],
    ['no good line', `${HEADER}\n1;2;3;4;5;6;7`, /No line of the file can be used/],
  ])('a file with %s ends with 2 and leaves nothing', async (_what, text, sentence) => {
    desk.files.set('useless.csv', Buffer.from(text));
    const { code, err } = await desk.run('companies', 'import', 'useless.csv');
    expect([code, err]).toEqual([2, expect.stringMatching(sentence)]);
    expect(await listed()).toEqual([]);
    expect((await desk.json<{ items: unknown[] }>('audit', 'list')).items).toEqual([]);
  });

  test('a company is found as a registration would find it', async () => {
    await desk.run('companies', 'import', 'companies.csv');
    expect(await desk.json('companies', 'find', '7800 999 994', '7801-01-001')).toEqual({
      inn: '7800999994',
      kpp: '780101001',
      ogrn: '1267800000005',
      name: 'ООО "Ромашка"',
      full_name: 'Общество Ромашка',
      kind: 'legal',
      status: 'active',
      branch: 'main',
      address: 'г Омск',
      source: 'local',
      checked_at: desk.clock.now().toISOString(),
    });
    expect(await desk.json('companies', 'find', '7800999994')).toMatchObject({ kpp: '780101001' });
    expect(await desk.json('companies', 'find', '7800999994', '540602001')).toMatchObject({
      branch: 'branch',
    });
    expect((await desk.run('companies', 'find', '780099999967')).out).toMatch(/^status +liquidated$/m);
  });

  test.each([
    [3, 'No directory has this company', ['7736050003', '773601001']],
    [2, 'an ИНН has 10 or 12 digits', ['7736050004', '773601001']],
    [2, 'only companies have one', ['780099999967', '780101001']],
    [2, 'checks the rest; a КПП has 9 signs', ['7736050004', '77']],
  ])('ends with %i: %s', async (code, sentence, numbers) => {
    const answer = await desk.run('companies', 'find', ...numbers);
    expect([answer.code, answer.err]).toEqual([code, expect.stringContaining(sentence)]);
  });

  test('the column of e-mails is taken, and an address that is none is told', async () => {
    const rows = [
      `${HEADER};Электронная почта`,
      '7800999994;780101001;;ООО Ромашка;;;; Office@Example.com ',
      '7800999994;540602001;;Филиал ООО Ромашка;;;;',
      '780099999967;;;ИП Примеров Пример;;;;не адрес',
    ];
    desk.files.set('mails.csv', Buffer.from(rows.join('\n')));
    expect(await desk.json<Imported>('companies', 'import', 'mails.csv')).toMatchObject({
      added: 2,
      refused_lines: [{ line: 4, problem: 'email', value: 'не адрес' }],
    });
    const emailOf = async (unit: string) =>
      (await desk.json<{ email: string }>('companies', 'email', unit)).email;
    expect(await emailOf('7800999994/780101001')).toBe('Office@example.com');
    expect(await emailOf('7800999994/540602001')).toBeNull();
    // A later file that has no such column takes no address away.
    await desk.run('companies', 'import', 'companies.csv');
    expect(await emailOf('7800999994/780101001')).toBe('Office@example.com');
  });

  test('a company’s own address is shown, recorded and taken away, each time with its audit row', async () => {
    await desk.run('companies', 'import', 'companies.csv');
    const unit = '7800999994/780101001';
    expect((await desk.run('companies', 'email', unit)).out).toMatch(/^email +–$/m);
    expect(await desk.json('companies', 'email', unit, 'Office@Example.com')).toEqual({
      ...{ inn: '7800999994', kpp: '780101001', email: 'Office@example.com' },
    });
    expect((await desk.run('companies', 'email', unit)).out).toMatch(/^email +Office@example.com$/m);
    expect(await desk.json('companies', 'email', unit, '--clear')).toMatchObject({ email: null });
    const { items } = await desk.json<{ items: { event: string; details: object }[] }>('audit', 'list');
    expect(
      items.filter(({ event }) => event === 'company_email_changed').map(({ details }) => details),
    ).toEqual([
      { inn: '7800999994', kpp: '780101001', set: false },
      { inn: '7800999994', kpp: '780101001', set: true },
    ]);
  });

  test.each([
    [3, 'Neither a person nor the local directory knows', ['7736050003/773601001', 'a@example.com']],
    [2, 'This is no e-mail address', ['7800999994/780101001', 'a@']],
    [2, 'Name the company as ИНН/КПП', ['7800999995/780101001', 'a@example.com']],
    [2, 'contradict each other', ['7800999994/780101001', 'a@example.com', '--clear']],
  ])('a company’s address ends with %i: %s', async (code, sentence, given) => {
    const answer = await desk.run('companies', 'email', ...given);
    expect([answer.code, answer.err]).toEqual([code, expect.stringContaining(sentence)]);
    expect(answer.err.trim().split('\n')).toHaveLength(1);
  });

  test('many imports of one file at once end well', async () => {
    desk.files.set('many.csv', manyCompanies(500));
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => desk.json<Imported>('companies', 'import', 'many.csv')),
    );
    expect(answers.reduce((sum, { added }) => sum + added, 0)).toBe(500);
    expect(await listed()).toHaveLength(500);
  });

  test('a large file comes over the socket of a server', async () => {
    const folder = temporaryFolder();
    const path = join(folder.path, 'admin.sock');
    const { config } = desk.tools;
    const socket = createAdminSocket(path, (argv, io) =>
      runCli(argv, { io, tools: () => Promise.resolve(desk.tools), loadConfig: () => config }),
    );
    await socket.listen();
    const content = manyCompanies(20_000);
    expect(content.length).toBeGreaterThan(4 * 1024 * 1024);
    const { io, answer } = recordingIo(new Map([['many.csv', content]]));
    const server = await connectToServer(path);
    if (!server) throw new Error('nobody answers');
    expect(await runRemotely(server, ['companies', 'import', 'many.csv', '--json'], io)).toBe(0);
    expect(JSON.parse(answer.out)).toMatchObject({ added: 20_000, refused: 0 });
    await socket.close();
    folder.remove();
  });
});

test('DaData is asked where the setting says so, and a directory without an answer ends with 5', async () => {
  const desk = await openDesk('embedded');
  const standIn = await startDadata([
    {
      type: 'LEGAL',
      inn: '7800999994',
      kpp: '780101001',
      short_with_opf: 'ООО "Ромашка"',
      full_with_opf: 'ОБЩЕСТВО "РОМАШКА"',
    },
  ]);
  const config = {
    ...desk.tools.config,
    companyDirectories: ['local' as const, 'dadata' as const],
    dadataUrl: standIn.url,
    dadataApiKey: DADATA_KEY,
  };
  const find = async (...numbers: string[]) => {
    const { io, answer } = recordingIo(new Map());
    const tools = { ...desk.tools, config };
    const code = await runCli(['companies', 'find', ...numbers], {
      io,
      tools: () => Promise.resolve(tools),
      loadConfig: () => config,
    });
    return { ...answer, code };
  };
  expect(await find('7800999994', '780101001')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^source +dadata$/m) as string,
  });
  expect(await find('7800999994', '780102001')).toMatchObject({ code: 3 });
  standIn.fault = 'unauthorized';
  expect(await find('7800999994', '780101001')).toMatchObject({
    code: 5,
    err: expect.stringContaining('(refused)') as string,
  });
  await standIn.close();
  await desk.close();
});
