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
/**
 * Nothing that a page is drawn from says these, not even by chance, so that they are looked for in every byte: what
 * looks like a stream may be the text of an object, and whatever stands "inside" it would go unread.
 */
const ANYWHERE =
  /\/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE|Movie|Sound|Rendition)(?![\w.-])/;
/** Bytes that all object streams of one file may unfold to. */
const UNFOLDED = 20 * 1024 * 1024;
/** Streams of one file; a scan has a few for each page. */
const STREAMS = 50_000;
/** Letters written as `#61`; honest files have a few in the names of fonts. */
const ESCAPES = 200_000;

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
  const names = new Names();
  const whole = names.plain(text.slice(0, length));
  const parts = whole === undefined ? undefined : readableParts(text.slice(0, length), bytes, names);
  if (whole === undefined || !parts) return 'power_damaged';
  if (LOCKED.test(whole)) return 'power_encrypted';
  return ANYWHERE.test(whole) || parts.some((part) => ACTIVE.test(part)) ? 'power_active' : { end: length };
}

/** Names in their plain spelling. A file of nothing but escapes would hold the node, so their number is bounded. */
class Names {
  private left = ESCAPES;

  /** Undefined when there were too many. */
  plain(text: string): string | undefined {
    const escapes = /#[0-9a-f]{2}/gi;
    const before = this.left;
    while (escapes.test(text)) {
      this.left -= 1;
      if (this.left < 0) return undefined;
    }
    if (this.left === before) return text;
    return text.replace(escapes, (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)));
  }
}

/**
 * The text outside of streams (page content may hold any bytes), and the object streams (§7.5.7), which hold objects
 * under compression. One pass without back-tracking, since the file is a stranger's. Undefined when it is damaged.
 */
function readableParts(text: string, bytes: Buffer, names: Names): string[] | undefined {
  const parts: string[] = [];
  let room = UNFOLDED;
  let at = 0;
  for (let count = 0; count < STREAMS; count += 1) {
    const stream = nextStream(text, at);
    const part = names.plain(text.slice(at, stream?.keyword));
    if (part === undefined) return undefined;
    parts.push(part);
    if (!stream) return parts;
    const end = text.indexOf('endstream', stream.from);
    if (end < 0) return undefined;
    at = end + 'endstream'.length;
    const inside = names.plain(text.slice(stream.from, end));
    // An object stream inside of something that only looks like a stream.
    if (inside === undefined || inside.includes(OBJECTS)) return undefined;
    if (!part.includes(OBJECTS)) continue;
    const unfolded = unfold(bytes.subarray(stream.from, end), part, room);
    const read = unfolded && names.plain(unfolded);
    if (read === undefined) return undefined;
    room -= read.length;
    parts.push(read);
  }
  return undefined;
}

const OBJECTS = '/ObjStm';

function nextStream(text: string, at: number): { keyword: number; from: number } | undefined {
  for (
    let keyword = text.indexOf('stream', at);
    keyword >= 0;
    keyword = text.indexOf('stream', keyword + 6)
  ) {
    // Alone a carriage return is against the rules (§7.3.8.1), and readers take it.
    const [newline] = /^\r?\n|^\r/.exec(text.slice(keyword + 6, keyword + 8)) ?? [];
    if (newline !== undefined) return { keyword, from: keyword + 6 + newline.length };
  }
  return undefined;
}

const FILTER =
  /\/(?:FlateDecode|Fl|LZWDecode|LZW|ASCII85Decode|A85|ASCIIHexDecode|AHx|RunLengthDecode|RL|Crypt)(?![\w.-])/g;
/** How the bytes are to be read stands elsewhere, or they are rows of differences. */
const ELSEWHERE = /\/Filter(?![\w.-]| ?\[? ?\/)|\/F \d+ \d+ R|\/(?:DecodeParms|DP)(?![\w.-])/;

/**
 * Object streams that are deflated once are read; any other way of writing them would hide what is inside. What holds
 * is what stands before the stream and not how its bytes begin.
 */
function unfold(bytes: Buffer, before: string, room: number): string | undefined {
  const dictionary = before.replace(/[\s\0]+/g, ' ');
  const [filter, another] = dictionary.match(FILTER) ?? [];
  if (!/^\/Fl(?:ateDecode)?$/.test(filter ?? '') || another !== undefined) return undefined;
  if (ELSEWHERE.test(dictionary) || room <= 0) return undefined;
  try {
    return inflateSync(bytes, { maxOutputLength: room }).toString('latin1');
  } catch {
    return undefined;
  }
}
