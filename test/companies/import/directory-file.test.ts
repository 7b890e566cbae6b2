import { readCompanyFile, type CompanyFile } from '../../../src/companies/import/directory-file';
import type { FileFault } from '../../../src/companies/import/table-file';

const HEADER = 'ИНН;КПП;ОГРН;Наименование;Полное наименование;Адрес;Статус';
const ROMASHKA =
  '7800999994;780101001;1267800000005;"ООО ""Ромашка""";"Общество ""Ромашка""";г Омск;Действующая';

const bytesOf = (...lines: string[]): Buffer => Buffer.from(lines.join('\n'), 'utf8');

/** Cyrillic and ASCII as windows-1251 has them. */
function windows1251(text: string): Buffer {
  const decoder = new TextDecoder('windows-1251');
  const codes = new Map(
    Array.from({ length: 256 }, (_, code) => [decoder.decode(Uint8Array.of(code)), code]),
  );
  return Buffer.from(
    Array.from(text, (sign) => {
      const code = codes.get(sign);
      if (code === undefined) throw new Error(`no ${sign} in windows-1251`);
      return code;
    }),
  );
}

function read(bytes: Uint8Array): CompanyFile {
  const file = readCompanyFile(bytes);
  if ('fault' in file) throw new Error(file.fault);
  return file;
}

function faultOf(bytes: Uint8Array): FileFault | undefined {
  const file = readCompanyFile(bytes);
  return 'fault' in file ? file.fault : undefined;
}

const refusedOf = (...lines: string[]) =>
  read(bytesOf(HEADER, ...lines)).refused.map(({ line, problem, value }) => `${line} ${problem} ${value}`);

const namesOf = (file: CompanyFile): string[] => file.entries.map(({ name }) => name);

describe('the text of a file', () => {
  const text = `${HEADER}\r\n${ROMASHKA}\r\n`;
  test.each<[string, Uint8Array, string]>([
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${text}`), 'utf-8'],
    ['windows-1251', windows1251(text), 'windows-1251'],
    ['UTF-16 as spreadsheets save it', Buffer.from(`\ufeff${text}`, 'utf16le'), 'utf-16le'],
  ])('is read from %s', (_what, bytes, encoding) => {
    const file = read(bytes);
    expect(file).toMatchObject({ encoding, separator: ';', refused: [], duplicates: 0 });
    expect(file.entries).toEqual([
      {
        inn: '7800999994',
        kpp: '780101001',
        ogrn: '1267800000005',
        name: 'ООО "Ромашка"',
        fullName: 'Общество "Ромашка"',
        kind: 'legal',
        status: 'active',
        branch: 'main',
        address: 'г Омск',
      },
    ]);
  });

  test('in UTF-8 with a damaged place is not taken for windows-1251', () => {
    const bytes = Buffer.concat([
      bytesOf('inn;kpp;name', '7800999994;780101001;ООО Ромашка'),
      Buffer.of(0xd0),
    ]);
    expect(faultOf(bytes)).toBe('damaged_text');
  });

  test.each([
    ['lines end with \\n', '\n'],
    ['lines end with \\r', '\r'],
  ])('%s', (_what, end) => {
    expect(
      namesOf(read(Buffer.from([HEADER, ROMASHKA, ROMASHKA.replace('78010', '54060')].join(end)))),
    ).toHaveLength(2);
  });
});

describe('columns', () => {
  test.each([
    ['a comma', ','],
    ['a tab', '\t'],
    ['a semicolon', ';'],
  ])('are parted by %s', (_what, separator) => {
    const rows = [
      ['inn', 'kpp', 'ogrn', 'name', 'full_name', 'address', 'status'],
      ['780099999967', '', '326784700000006', 'ИП П', 'ИП Примеров', '"Омск, ул; 1"', 'liquidated'],
    ];
    const file = read(
      Buffer.from(
        rows
          .map((row) => row.join(separator))
          .join('\n')
          .replaceAll('Омск, ул; 1', `Омск${separator}1`),
      ),
    );
    expect(file.separator).toBe(separator);
    expect(file.entries).toMatchObject([
      {
        inn: '780099999967',
        kpp: null,
        ogrn: '326784700000006',
        kind: 'sole_proprietor',
        status: 'liquidated',
        fullName: 'ИП Примеров',
      },
    ]);
  });

  test('stand in any order, among others, under a title, and most may be absent', () => {
    const file = read(
      bytesOf(
        'Список контрагентов;;',
        '',
        'Код; НАИМЕНОВАНИЕ ;"ИНН";Кпп',
        '1;ООО Лютик;7800999994;780101001',
      ),
    );
    expect(file.entries).toMatchObject([
      {
        inn: '7800999994',
        name: 'ООО Лютик',
        fullName: 'ООО Лютик',
        ogrn: null,
        address: null,
        status: 'active',
      },
    ]);
  });

  test.each([
    ['no heading', ROMASHKA],
    ['a heading without ИНН', 'КПП;Наименование'],
    ['a heading without a name', 'ИНН;КПП'],
    ['nothing at all', ''],
    ['a picture', '\x89PNG\r\n\x1a\n\0\0\0'],
  ])('a file with %s is refused whole', (_what, text) => {
    expect(faultOf(Buffer.from(text))).toBe('no_header');
  });
});

describe('lines', () => {
  test('that cannot be used are told with their number and reason', () => {
    expect(
      refusedOf(
        '7800999995;780101001;;ООО А;;;',
        ROMASHKA,
        '',
        '7800999994;;;ООО Б;;;',
        '780099999967;780101001;;ИП В;;;',
        '7800999994;780102001;1267800000006;ООО Г;;;',
        '780099999967;;1267800000005;ИП Д;;;',
        '7800999994;780103001;;;;;',
        '7800999994;780104001;;ООО Е;;;заморожена',
        '7800999994;780105001;;ООО;Ж;З;Действующая;лишнее',
        'Итого;;;;;;',
        `7800999994;780106001;;${'Ё'.repeat(1001)};;;`,
      ),
    ).toEqual([
      '2 inn_checksum 7800999995',
      '5 kpp_required ',
      '6 kpp_not_for_person 780101001',
      '7 ogrn_checksum 1267800000006',
      '8 ogrn_length 1267800000005',
      '9 name_required 7800999994',
      '10 status заморожена',
      '11 columns лишнее',
      '12 inn_digits Итого',
      `13 name_length ${'Ё'.repeat(60)}`,
    ]);
  });

  test('about a unit that was there already are counted; the first one holds', () => {
    const file = read(
      bytesOf(
        HEADER,
        ROMASHKA,
        ROMASHKA.replace('Ромашка', 'Лютик'),
        ROMASHKA.replace('780101001', '540602001'),
      ),
    );
    expect([file.duplicates, namesOf(file)]).toEqual([1, ['ООО "Ромашка"', 'ООО "Ромашка"']]);
  });

  test('may hold quotes that nobody doubled, and fields over several lines', () => {
    const file = read(
      bytesOf(
        HEADER,
        '7800999994;780101001;;ООО "Ромашка";;;',
        '7800999994;780102001;;"ООО "Лютик"";;;',
        '7800999994;780103001;;ООО Мак;;"г Омск,',
        'ул Примерная";',
        '7800999994;780104001;;ООО Клевер;;дюймы 3";',
        '1;;;;;;',
      ),
    );
    expect(namesOf(file)).toEqual(['ООО "Ромашка"', '"ООО "Лютик""', 'ООО Мак', 'ООО Клевер']);
    expect(file.entries[2]?.address).toBe('г Омск, ул Примерная');
    expect(file.refused).toMatchObject([{ line: 7, problem: 'inn_length' }]);
  });

  test('with a quote that is never closed cost only themselves', () => {
    const good = Array.from({ length: 30 }, (_, n) => `7800999994;7801${String(n + 10)}001;;ООО ${n};;;`);
    const lines = [
      ...good.slice(0, 5),
      '7800999994;780199001;;"ООО Ромашка;;;',
      ...good.slice(5),
      '7800999994;780198001;;"ООО Лютик',
    ];
    const file = read(bytesOf(HEADER, ...lines));
    expect(file.entries).toHaveLength(30);
    expect(file.refused).toMatchObject([
      { line: 7, problem: 'quote' },
      { line: 33, problem: 'quote' },
    ]);
  });

  test('two unclosed quotes near each other swallow nothing', () => {
    const file = read(
      bytesOf(
        HEADER,
        '7800999994;780101001;;"ООО А;;;',
        '7800999994;780102001;;ООО Б;;;',
        '7800999994;780103001;;"ООО В;;;',
        '7800999994;780104001;;ООО Г;;;',
        '7800999994;780105001;;"ООО Д;;;',
        '7800999994;780106001;;ООО Е";;;',
      ),
    );
    expect(namesOf(file)).toEqual(['ООО Б', 'ООО Г', 'ООО Е"']);
    expect(file.refused.map(({ line }) => line)).toEqual([2, 4, 6]);
  });

  test('are cleaned of characters that cannot be stored', () => {
    expect(namesOf(read(bytesOf(HEADER, '7800999994;780101001;; ООО\0\u0007\u00a0 Ромашка ;;;')))).toEqual([
      'ООО Ромашка',
    ]);
  });
});

test.each([
  ['', 'active'],
  ['Действующая', 'active'],
  ['ДЕЙСТВУЕТ', 'active'],
  ['active', 'active'],
  ['В процессе ликвидации', 'liquidating'],
  ['Ликвидируется', 'liquidating'],
  ['Ликвидирована', 'liquidated'],
  ['Прекратило деятельность', 'liquidated'],
  ['Недействующая', 'liquidated'],
  ['Банкротство', 'bankrupt'],
  ['Конкурсное производство', 'bankrupt'],
  ['В процессе реорганизации', 'reorganizing'],
])('the status «%s» is %s', (typed, status) => {
  const [entry] = read(bytesOf(HEADER, `7800999994;780101001;;ООО А;;;${typed}`)).entries;
  expect(entry?.status).toBe(status);
});

test('branches are told by the reason in their КПП', () => {
  const kpps = ['780101001', '997850001', '540602001', '540643001', '540645001', '773651001'];
  const file = read(bytesOf(HEADER, ...kpps.map((kpp) => `7800999994;${kpp};;ООО А;;;`)));
  expect(file.entries.map(({ branch }) => branch)).toEqual([
    'main',
    'main',
    'branch',
    'branch',
    'branch',
    'main',
  ]);
});
