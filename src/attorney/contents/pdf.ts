/**
 * PDF, looked at but not drawn: whole, not locked by a password, and without what acts by itself (scripts, programs,
 * attached files, forms that are sent). Names are looked for in compressed object streams too, and under the other
 * spelling that PDF allows them (`/J#61vaScript`, ISO 32000-1 §7.3.5).
 */
import { inflateSync } from 'node:zlib';

export type PdfFault = 'power_damaged' | 'power_encrypted' | 'power_active';

const HEADER = /^%PDF-(?:1\.[0-7]|2\.0)[\r\n \t]/;
const END = '%%EOF';
/** The end stands within the last KiB; a little may follow it. */
const TAIL = 1024;

const ACTIVE =
  /\/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE|XFA|Movie|Sound|Rendition)(?![\w.-])/;
const LOCKED = /\/Encrypt(?![\w.-])/;
/** Bytes that all object streams of one file may unfold to. */
const UNFOLDED = 20 * 1024 * 1024;
/** Streams of one file; a scan has a few for each page. */
const STREAMS = 50_000;
/** Characters before a stream in which its dictionary is looked for. */
const DICTIONARY = 500;

export const looksLikePdf = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 5) === '%PDF-';

/** The bytes up to the end of the document, or what is wrong with it. */
export function readPdf(bytes: Buffer): { end: number } | PdfFault {
  const text = bytes.toString('latin1');
  const end = text.lastIndexOf(END);
  const before = text.slice(Math.max(0, end - 40), Math.max(0, end));
  if (!HEADER.test(text) || end < text.length - TAIL || !/startxref\s+\d+\s+$/.test(before))
    return 'power_damaged';
  const afterEnd = end + END.length;
  const newline = /^\r?\n/.exec(text.slice(afterEnd, afterEnd + 2))?.[0].length ?? 0;
  const length = afterEnd + newline;
  const parts = readableParts(text.slice(0, length), bytes);
  if (!parts) return 'power_damaged';
  const plain = parts.map(plainNames);
  if (plain.some((part) => LOCKED.test(part))) return 'power_encrypted';
  return plain.some((part) => ACTIVE.test(part)) ? 'power_active' : { end: length };
}

const plainNames = (text: string): string =>
  text.replace(/#([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/**
 * The text outside of streams (page content may hold any bytes), and the object streams (§7.5.7), which hold objects
 * under compression. One pass without back-tracking, since the file is a stranger's. Undefined when it is damaged.
 */
function readableParts(text: string, bytes: Buffer): string[] | undefined {
  const parts: string[] = [];
  let room = UNFOLDED;
  let at = 0;
  for (let count = 0; count < STREAMS; count += 1) {
    const stream = nextStream(text, at);
    parts.push(text.slice(at, stream?.keyword));
    if (!stream) return parts;
    const end = text.indexOf('endstream', stream.from);
    if (end < 0) return undefined;
    at = end + 'endstream'.length;
    const dictionary = plainNames(text.slice(Math.max(0, stream.keyword - DICTIONARY), stream.keyword));
    if (!dictionary.slice(dictionary.lastIndexOf(' obj') + 1).includes('/ObjStm')) continue;
    const unfolded = unfold(bytes.subarray(stream.from, end), room);
    if (unfolded === undefined) return undefined;
    room -= unfolded.length;
    parts.push(unfolded);
  }
  return undefined;
}

function nextStream(text: string, at: number): { keyword: number; from: number } | undefined {
  for (
    let keyword = text.indexOf('stream', at);
    keyword >= 0;
    keyword = text.indexOf('stream', keyword + 6)
  ) {
    const [newline] = /^\r?\n/.exec(text.slice(keyword + 6, keyword + 8)) ?? [];
    if (newline !== undefined) return { keyword, from: keyword + 6 + newline.length };
  }
  return undefined;
}

/** Only plain and deflated object streams are known; another filter would hide what is inside. */
function unfold(bytes: Buffer, room: number): string | undefined {
  if (/^\s*\d/.test(bytes.toString('latin1', 0, 8))) return bytes.toString('latin1');
  if (room <= 0) return undefined;
  try {
    return inflateSync(bytes, { maxOutputLength: room }).toString('latin1');
  } catch {
    return undefined;
  }
}
