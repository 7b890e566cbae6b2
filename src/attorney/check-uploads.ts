/** Whether what arrived is a power of attorney: by its content first, and its name may not say otherwise. */
import {
  endingOf,
  LIMITS,
  tidyName,
  type CheckedFile,
  type CheckedPower,
  type PowerFault,
  type PowerProblem,
  type Upload,
} from './attorney';
import { looksLikeJpeg, looksLikePng, readJpeg, readPng, type Picture } from './contents/images';
import { looksLikeXml, readMchd } from './contents/mchd';
import { looksLikePdf, readPdf } from './contents/pdf';
import { isSignature } from './contents/signature';

type Kind = 'pdf' | 'jpeg' | 'png' | 'xml' | 'signature';

const ENDINGS: Record<Kind, readonly string[]> = {
  pdf: ['pdf'],
  jpeg: ['jpg', 'jpeg'],
  png: ['png'],
  xml: ['xml'],
  signature: ['sig', 'p7s', 'sgn'],
};

/** Types that a browser may declare; it may also declare none. */
const DECLARED: Record<Kind, RegExp> = {
  pdf: /^application\/(x-)?pdf$/,
  jpeg: /^image\/p?jpe?g$/,
  png: /^image\/(x-)?png$/,
  xml: /^(application|text)\/xml$/,
  // Signatures have no type that browsers agree on.
  signature: /^(application|text)\/(?!.*html)/,
};
const UNDECLARED = ['', 'application/octet-stream', 'text/plain'];

const MEDIA_TYPES: Record<Kind, string> = {
  pdf: 'application/pdf',
  jpeg: 'image/jpeg',
  png: 'image/png',
  xml: 'application/xml',
  signature: 'application/pkcs7-signature',
};

/** Looks at every file; the first fault ends it. No I/O. */
export function checkUploads(uploads: readonly Upload[]): CheckedPower | PowerFault {
  if (uploads.length === 0) return { problem: 'power_required' };
  if (uploads.length > LIMITS.pages) return { problem: 'power_too_many' };
  if (uploads.reduce((sum, { bytes }) => sum + bytes.length, 0) > LIMITS.total)
    return { problem: 'power_too_large' };
  const kinds: Kind[] = [];
  for (const upload of uploads) {
    const kind = kindOf(upload);
    const problem = typeof kind === 'object' ? kind.problem : undeclared(upload, kind);
    if (problem || typeof kind === 'object')
      return { problem: problem ?? 'power_type', file: tidyName(upload.name) };
    kinds.push(kind);
  }
  return kinds.some((kind) => kind === 'xml' || kind === 'signature')
    ? checkMchd(uploads, kinds)
    : checkPages(uploads, kinds);
}

/** What a file is, by how it begins. */
function kindOf({ name, bytes }: Upload): Kind | { problem: PowerProblem } {
  if (bytes.length > LIMITS.file) return { problem: 'power_too_large' };
  if (looksLikePdf(bytes)) return 'pdf';
  if (looksLikeJpeg(bytes)) return 'jpeg';
  if (looksLikePng(bytes)) return 'png';
  const mchd = bytes.length <= LIMITS.mchd;
  if (mchd && isSignature(bytes)) return 'signature';
  if (mchd && endingOf(name) === 'xml' && looksLikeXml(bytes)) return 'xml';
  return { problem: ENDINGS.signature.includes(endingOf(name)) ? 'mchd_signature' : 'power_type' };
}

/** Name and declared type must agree with the content: who is shown `act.pdf` must get a PDF. */
function undeclared({ name, mediaType }: Upload, kind: Kind): PowerProblem | undefined {
  const declared = mediaType.toLowerCase().split(';')[0]?.trim() ?? '';
  const fits = UNDECLARED.includes(declared) || DECLARED[kind].test(declared);
  return fits && ENDINGS[kind].includes(endingOf(name)) ? undefined : 'power_name';
}

function checkPages(uploads: readonly Upload[], kinds: readonly Kind[]): CheckedPower | PowerFault {
  const files: CheckedFile[] = [];
  for (const [index, upload] of uploads.entries()) {
    const kind = kinds[index] ?? 'pdf';
    const read = kind === 'pdf' ? readPdf(upload.bytes) : readPicture(upload.bytes, kind);
    const name = tidyName(upload.name);
    if (typeof read === 'string') return { problem: read, file: name };
    files.push({
      part: 'page',
      mediaType: MEDIA_TYPES[kind],
      name,
      bytes: upload.bytes.subarray(0, read.end),
    });
  }
  return { kind: 'scan', files, facts: undefined };
}

function readPicture(bytes: Buffer, kind: Kind): Picture | PowerProblem {
  const picture = kind === 'jpeg' ? readJpeg(bytes) : readPng(bytes);
  if (!picture || picture.width === 0 || picture.height === 0) return 'power_damaged';
  return picture.width * picture.height > LIMITS.pixels ? 'power_pixels' : picture;
}

function checkMchd(uploads: readonly Upload[], kinds: readonly Kind[]): CheckedPower | PowerFault {
  if (kinds.some((kind) => kind !== 'xml' && kind !== 'signature')) return { problem: 'power_mixed' };
  const xml = uploads[kinds.indexOf('xml')];
  const signature = uploads[kinds.indexOf('signature')];
  if (!xml || !signature || uploads.length !== 2) return { problem: 'mchd_pair' };
  const facts = readMchd(xml.bytes);
  if (typeof facts === 'string') return { problem: facts, file: tidyName(xml.name) };
  const file = (part: 'xml' | 'signature', { name, bytes }: Upload): CheckedFile => ({
    part,
    mediaType: MEDIA_TYPES[part],
    name: tidyName(name),
    bytes,
  });
  return { kind: 'mchd', files: [file('xml', xml), file('signature', signature)], facts };
}
