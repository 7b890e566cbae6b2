/** Small documents of every kind that is accepted, and a few that are not. All people and companies are made up. */
import { crc32, deflateSync } from 'node:zlib';
import type { Upload } from '../../src/attorney/attorney';

export const upload = (name: string, bytes: Buffer | string, mediaType = ''): Upload => ({
  name,
  mediaType,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
});

/** One empty page. @param extra further objects, such as an action */
export function pdf(extra = ''): Buffer {
  const body = `%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n${extra}`;
  return Buffer.from(
    `${body}xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R /Size 3 >>\nstartxref\n${body.length}\n%%EOF\n`,
    'latin1',
  );
}

interface Folding {
  /** Stands in the dictionary of the stream. */
  more?: string;
  twice?: boolean;
  /** log2 of deflate's window, less 8; with 3 the bytes begin with a digit. */
  window?: number;
}

/** An object stream that holds a script, or another action. */
export function folded({ more = '', twice, window = 7 }: Folding = {}, action = SCRIPT): string {
  const once = deflateSync(Buffer.from(action), { windowBits: window + 8 });
  const packed = (twice ? deflateSync(once) : once).toString('latin1');
  const filter = twice ? '[/FlateDecode /FlateDecode]' : '/FlateDecode';
  return `3 0 obj\n<< /Filter ${filter} /Length ${packed.length} /Type /ObjStm /N 1 /First 4 ${more} >>\nstream\n${packed}\nendstream\nendobj\n`;
}

const SCRIPT = '1 0 << /S /JavaScript >>';

/** A PDF whose action stands in a compressed object stream. */
export const pdfWithHidden = (action: string): Buffer => pdf(folded({}, action));

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A PNG that says it is so large, whatever its pixels. */
export function png(width = 2, height = 2): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.alloc(6));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG by its markers; the picture data is not one. */
export function jpeg(width = 2, height = 2): Buffer {
  const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  const application = Buffer.from([0xff, 0xe0, 0, 4, 1, 2]);
  const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), application, frame, scan, Buffer.from([0xff, 0xd9])]);
}

/** A CMS SignedData that holds nothing. */
export function signature(): Buffer {
  const oid = Buffer.from('06092a864886f70d010702', 'hex');
  const rest = Buffer.from('a0800000000000000000', 'hex');
  return Buffer.concat([Buffer.from([0x30, oid.length + rest.length]), oid, rest]);
}

export interface MchdOptions {
  inn?: string;
  kpp?: string;
  familyName?: string;
  validUntil?: string;
  encoding?: string;
  version?: string;
  root?: string;
  /** Stands behind the declaration. */
  prolog?: string;
  /** Stands inside the document. */
  inside?: string;
}

/** A machine-readable power of attorney of the unified format. */
export function mchdXml(options: MchdOptions = {}): string {
  const {
    inn = '7800999994',
    kpp = '780001001',
    familyName = 'Вымышленная',
    validUntil = '2076-11-21',
  } = options;
  const {
    encoding = 'UTF-8',
    version = 'EMCHD_1',
    root = 'Доверенность',
    prolog = '',
    inside = '',
  } = options;
  const number = '0f9a2b4c-1d2e-4f3a-8b5c-6d7e8f901234';
  return `<?xml version="1.0" encoding="${encoding}"?>${prolog}
<${root} xmlns="urn://x-artefacts/EMCHD_1" ВерсФорм="${version}" ПрЭлФорм="00000000" ИдФайл="ON_EMCHD_20261101_${number}">
  <Документ><Довер>
    <СвДов ВидДовер="1" ПрПередов="1" НомДовер="${number}" ДатаВыдДовер="2026-11-01" СрокДейст="${validUntil}"/>
    <СвДоверит ТипДоверит="1"><Доверит><РосОргДовер>
      <СвРосОрг НаимОрг="ООО &quot;Пример&quot;" ИННЮЛ="${inn}" КПП="${kpp}" ОГРН="1267800000005"/>
      <ЛицоБезДов><СвФЛ ИННФЛ="780099999967" СНИЛС="000-000-000 01"><СведФЛ><ФИО Фамилия="Начальников" Имя="Пётр"/></СведФЛ></СвФЛ></ЛицоБезДов>
    </РосОргДовер></Доверит></СвДоверит>
    <СвУпПред ТипПред="1"><Пред><СведФизЛ ИННФЛ="770000000156" СНИЛС="000-000-000 42">
      <СведФЛ><ФИО Фамилия="${familyName}" Имя="Анна" Отчество="Ивановна"/></СведФЛ>
    </СведФизЛ></Пред></СвУпПред>
    <СвПолн ТипПолн="1" ПрСовмПолн="1"><МашПолн КодПолн="02.114" НаимПолн="Подписание перевозочных документов"/></СвПолн>
    ${inside}
  </Довер></Документ>
</${root}>`;
}

/** The text in windows-1251, as older accounting programs write it. */
export function inWindows1251(text: string): Buffer {
  return Buffer.from(
    [...text].map((letter) => {
      const code = letter.codePointAt(0) ?? 0;
      if (code < 128) return code;
      if (letter === 'ё') return 0xb8;
      if (letter === 'Ё') return 0xa8;
      return code - 0x410 + 0xc0;
    }),
  );
}
