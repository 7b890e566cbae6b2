import { endingOf, LIMITS, tidyName, type Upload } from '../../src/attorney/attorney';
import { checkUploads } from '../../src/attorney/check-uploads';
import { compareFacts } from '../../src/attorney/compare-facts';
import { readMchd, type MchdFacts } from '../../src/attorney/contents/mchd';
import {
  folded,
  inWindows1251,
  jpeg,
  mchdXml,
  pdf,
  pdfWithHidden,
  png,
  signature,
  upload,
} from './documents';

const problemOf = (uploads: Upload[]): string | undefined => {
  const checked = checkUploads(uploads);
  return 'problem' in checked ? checked.problem : undefined;
};

describe('pages', () => {
  it('are PDF, JPEG and PNG, in their order', () => {
    const checked = checkUploads([
      upload('Доверенность 1.PDF', pdf(), 'application/pdf'),
      upload('photo.JPEG', jpeg(), 'image/jpeg'),
      upload('scan.png', png(), 'application/octet-stream'),
    ]);
    expect(checked).toMatchObject({
      kind: 'scan',
      files: [
        { part: 'page', mediaType: 'application/pdf', name: 'Доверенность 1.PDF' },
        { mediaType: 'image/jpeg' },
        { mediaType: 'image/png' },
      ],
    });
  });

  const zip = Buffer.from('504b0304140000000800', 'hex');
  const script = '3 0 obj\n<< /S /JavaScript /JS (app.alert\\(1\\)) >>\nendobj\n';
  const badSum = png();
  badSum[20] = 7;
  it.each<[what: string, problem: string, uploads: Upload[]]>([
    ['nothing', 'power_required', []],
    ['eleven pages', 'power_too_many', Array.from({ length: 11 }, () => upload('a.png', png()))],
    ['an empty file', 'power_type', [upload('a.pdf', '')]],
    ['one byte', 'power_type', [upload('a.png', 'x')]],
    ['HTML', 'power_type', [upload('a.html', '<!doctype html><script>1</script>')]],
    ['HTML called PDF', 'power_type', [upload('a.pdf', '<html>')]],
    ['SVG', 'power_type', [upload('a.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>')]],
    ['an archive called PDF', 'power_type', [upload('a.pdf', zip)]],
    ['a GIF that is a script', 'power_type', [upload('a.gif', 'GIF89a=1;alert(1)')]],
    ['a PDF called HTML', 'power_name', [upload('a.pdf.html', pdf())]],
    ['a PDF with a zero in its name', 'power_name', [upload('a.pdf%00.html', pdf())]],
    ['a PDF turned around by its name', 'power_name', [upload('a\u202efdp.exe', pdf())]],
    ['a PDF without an ending', 'power_name', [upload('scan', pdf())]],
    ['a PNG declared as a page', 'power_name', [upload('a.png', png(), 'text/html')]],
    ['a PNG called JPEG', 'power_name', [upload('a.jpg', png())]],
    ['half a PDF', 'power_damaged', [upload('a.pdf', pdf().subarray(0, 60))]],
    ['a PDF behind something', 'power_type', [upload('a.pdf', Buffer.concat([zip, pdf()]))]],
    ['a PDF with a script', 'power_active', [upload('a.pdf', pdf(script))]],
    [
      'a PDF with a script spelt otherwise',
      'power_active',
      [upload('a.pdf', pdf(script.replace('/JavaScript', '/J#61vaScript').replace('/JS', '/X')))],
    ],
    [
      'a PDF with a folded script',
      'power_active',
      [upload('a.pdf', pdfWithHidden('1 0 << /S /JavaScript >>'))],
    ],
    [
      'a PDF with a script between what only looks like a stream',
      'power_active',
      [upload('a.pdf', pdf(`4 0 obj\n(stream\n)\nendobj\n${script}5 0 obj\n(endstream)\nendobj\n`))],
    ],
    [
      'a PDF with a folded script between the same',
      'power_damaged',
      [upload('a.pdf', pdf(`4 0 obj\n(stream\n)\nendobj\n${folded()}5 0 obj\n(endstream)\nendobj\n`))],
    ],
    [
      'a PDF with a folded script behind long words',
      'power_active',
      [upload('a.pdf', pdf(folded({ more: `/X (${'x'.repeat(2000)})` })))],
    ],
    ['a PDF with a twice folded script', 'power_damaged', [upload('a.pdf', pdf(folded({ twice: true })))]],
    ['a PDF with a script folded as "80…"', 'power_active', [upload('a.pdf', pdf(folded({ window: 3 })))]],
    ['a PDF of escapes', 'power_damaged', [upload('a.pdf', pdf('#41'.repeat(3_000_000)))]],
    [
      'a PDF that starts programs',
      'power_active',
      [upload('a.pdf', pdf('3 0 obj\n<< /S/Launch /F(a.exe) >>\nendobj\n'))],
    ],
    [
      'a PDF with files in it',
      'power_active',
      [upload('a.pdf', pdf('3 0 obj\n<</Type/EmbeddedFile>>\nendobj\n'))],
    ],
    [
      'a PDF with a password',
      'power_encrypted',
      [upload('a.pdf', pdf('3 0 obj\n<< /Encrypt 4 0 R >>\nendobj\n'))],
    ],
    ['a PDF bomb', 'power_damaged', [upload('a.pdf', pdfWithHidden(' '.repeat(30_000_000)))]],
    ['a PDF whose stream never ends', 'power_damaged', [upload('a.pdf', pdf('stream\n'.repeat(1_000_000)))]],
    ['half a JPEG', 'power_damaged', [upload('a.jpg', jpeg().subarray(0, 30))]],
    ['half a PNG', 'power_damaged', [upload('a.png', png().subarray(0, 40))]],
    ['a PNG with a wrong sum', 'power_damaged', [upload('a.png', badSum)]],
    ['a PNG of no height', 'power_damaged', [upload('a.png', png(5, 0))]],
    ['a PNG bomb', 'power_pixels', [upload('a.png', png(50_000, 50_000))]],
    ['a JPEG bomb', 'power_pixels', [upload('a.jpg', jpeg(60_000, 60_000))]],
    ['a large file', 'power_too_large', [upload('a.pdf', Buffer.alloc(LIMITS.file + 1))]],
    [
      'too much together',
      'power_too_large',
      Array.from({ length: 3 }, () => upload('a.pdf', Buffer.alloc(9_500_000))),
    ],
  ])('attack 58, attack 61: refuses %s', (_what, problem, uploads) => {
    const begun = performance.now();
    expect(problemOf(uploads)).toBe(problem);
    // What a bomb unpacks to would take minutes.
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  it.each([
    ['JPEG', 'a.jpg', jpeg()],
    ['PNG', 'a.png', png()],
    ['PDF', 'a.pdf', pdf()],
  ])('cuts off what follows a %s', (_kind, name, bytes) => {
    const tail = Buffer.from('PK\u0003\u0004<script>alert(1)</script>');
    const checked = checkUploads([upload(name, Buffer.concat([bytes, tail]))]);
    expect('files' in checked && checked.files[0]?.bytes.equals(bytes)).toBe(true);
  });
});

describe('a machine-readable one', () => {
  const pair = (xml: Buffer | string = mchdXml(), name = 'ON_EMCHD_1.xml') => [
    upload(name, xml, 'text/xml'),
    upload(`${name}.sig`, signature(), 'application/pgp-signature'),
  ];

  it('comes with its signature and says who trusts whom', () => {
    const checked = checkUploads(pair().reverse());
    expect(checked).toMatchObject({
      kind: 'mchd',
      files: [{ part: 'xml' }, { part: 'signature' }],
      facts: {
        number: '0f9a2b4c-1d2e-4f3a-8b5c-6d7e8f901234',
        issuedOn: '2026-11-01',
        validUntil: '2076-11-21',
        delegated: false,
        principal: { inn: '7800999994', kpp: '780001001', ogrn: '1267800000005', name: 'ООО "Пример"' },
        representatives: [
          { familyName: 'Вымышленная', givenName: 'Анна', middleName: 'Ивановна', inn: '770000000156' },
        ],
        powers: [{ code: '02.114', name: 'Подписание перевозочных документов' }],
      },
    });
    expect(JSON.stringify(checked)).not.toContain('000-000-000');
  });

  it('is read in windows-1251, and its signature in base64', () => {
    const xml = inWindows1251(mchdXml({ encoding: 'windows-1251' }));
    const lines = signature()
      .toString('base64')
      .replace(/(.{10})/g, '$1\r\n');
    for (const text of [lines, `-----BEGIN CMS-----\n${lines}\n-----END CMS-----\n`]) {
      const checked = checkUploads([upload('a.xml', xml), upload('a.sgn', text)]);
      expect('facts' in checked && checked.facts?.representatives[0]?.familyName).toBe('Вымышленная');
    }
  });

  const entities = '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;&b;">]>';
  const many = (count: number) => '<a>'.repeat(count) + '</a>'.repeat(count);
  it.each<[what: string, problem: string, uploads: Upload[]]>([
    ['XML alone', 'mchd_pair', [upload('a.xml', mchdXml())]],
    ['a signature alone', 'mchd_pair', [upload('a.sig', signature())]],
    ['two XMLs', 'mchd_pair', [...pair(), upload('b.xml', mchdXml())]],
    ['two signatures', 'mchd_pair', [...pair(), upload('b.sig', signature())]],
    ['names that are swapped', 'mchd_signature', [upload('a.sig', mchdXml()), upload('a.xml', signature())]],
    ['a signature called XML', 'power_name', [upload('a.xml', signature())]],
    [
      'something else as signature',
      'mchd_signature',
      [upload('a.xml', mchdXml()), upload('a.sig', 'signed, me')],
    ],
    [
      'half a signature',
      'mchd_signature',
      [upload('a.xml', mchdXml()), upload('a.sig', signature().subarray(0, 15))],
    ],
    ['pages besides', 'power_mixed', [...pair(), upload('a.pdf', pdf())]],
    ['a DOCTYPE', 'mchd_unreadable', pair(mchdXml({ prolog: '<!DOCTYPE a SYSTEM "file:///etc/passwd">' }))],
    ['entities', 'mchd_unreadable', pair(mchdXml({ prolog: entities, inside: '&c;' }))],
    ['an unknown entity', 'mchd_unreadable', pair(mchdXml({ inside: '&nbsp;' }))],
    ['depth', 'mchd_unreadable', pair(mchdXml({ inside: many(200) }))],
    ['very many elements', 'mchd_unreadable', pair(mchdXml({ inside: '<a/>'.repeat(30_000) }))],
    ['a megabyte', 'power_type', pair(mchdXml({ inside: ' '.repeat(LIMITS.mchd) }))],
    ['another encoding', 'mchd_unreadable', pair(mchdXml({ encoding: 'KOI8-R' }))],
    ['letters damaged on the way', 'mchd_unreadable', pair(inWindows1251(mchdXml()))],
    ['no end', 'mchd_unreadable', pair(mchdXml().slice(0, -20))],
    ['the format for tax offices', 'mchd_fns', pair(mchdXml({ version: '5.03', root: 'Файл' }))],
    ['another document', 'mchd_format', pair('<?xml version="1.0"?><invoice/>')],
    ['a later format', 'mchd_format', pair(mchdXml({ version: 'EMCHD_2' }))],
    ['no number', 'mchd_format', pair(mchdXml().replace(/НомДовер="[^"]+"/, ''))],
    [
      'a megabyte of spaces as signature',
      'mchd_signature',
      [upload('a.xml', mchdXml()), upload('a.sig', `A${' '.repeat(LIMITS.mchd - 2)}!`)],
    ],
  ])('is refused with %s', (_what, problem, uploads) => {
    const begun = performance.now();
    expect(problemOf(uploads)).toBe(problem);
    // Nothing that a stranger sends may hold the node.
    expect(performance.now() - begun).toBeLessThan(1500);
  });
});

describe('compared with the application', () => {
  const expected = {
    inn: '7800999994',
    kpp: '780001001',
    familyName: 'ВЫМЫШЛЕННАЯ',
    givenName: 'Анна',
    middleName: 'Ивановна',
  };
  const facts = (options = {}) => readMchd(Buffer.from(mchdXml(options))) as MchdFacts;
  const differing = (document: MchdFacts, now = '2026-11-22T06:00:00Z', wanted = expected) =>
    compareFacts(document, wanted, new Date(now))
      .filter(({ match }) => !match)
      .map(({ field, said }) => `${field} ${said}`);

  it('agrees whatever the case and the ё', () => {
    expect(differing(facts())).toEqual([]);
    const other = { ...expected, familyName: 'Берёзова' };
    expect(differing(facts({ familyName: 'БЕРЕЗОВА' }), undefined, other)).toEqual([]);
  });

  it('tells what differs', () => {
    const document = facts({ inn: '9901000010', kpp: '990101001', familyName: 'Иная' });
    expect(differing(document)).toEqual(['inn 9901000010', 'kpp 990101001', 'family_name Иная']);
  });

  it('tells one that is over, by the day in Moscow', () => {
    expect(differing(facts(), '2076-11-21T20:59:00Z')).toEqual([]);
    expect(differing(facts(), '2076-11-21T21:01:00Z')).toEqual(['valid_until 2076-11-21']);
  });
});

it('attack 59: keeps names that mislead nobody', () => {
  expect(tidyName('../../etc/passwd')).toBe('passwd');
  expect(tidyName('C:\\scans\\лист 1.pdf')).toBe('лист 1.pdf');
  expect(tidyName('a\r\nSet-Cookie: x".pdf')).toBe('aSet-Cookie_ x_.pdf');
  expect(tidyName('a\u202efdp.exe')).toBe('afdp.exe');
  expect(tidyName(`${'я'.repeat(300)}.pdf`)).toHaveLength(100);
  expect(tidyName('\u0000')).toBe('file');
  expect([endingOf('a.PDF'), endingOf('a'), endingOf('a.pdf.html ')]).toEqual(['pdf', '', 'html']);
});
