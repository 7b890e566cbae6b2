/** A right request and what is to be wrong with it, as the bytes that go out. */
import type { Pair, Sample } from './samples/sample';
import type { Carrier, Change, MultipartFault, Value, Wild } from './wild';

export interface Rendered {
  bytes: Buffer;
  /** Hang up after so many. */
  cutAfter?: number;
}

interface Fields {
  /** Name and encoded value. */
  pairs: [name: string, encoded: string][];
}

const encode = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString()).replace(/%20/g, '+');
const encoded = ({ text, raw }: Value): string => (raw ? text : encode(text));

/** @param host value of the Host header */
export function render(base: Sample, wild: Wild, host: string): Rendered {
  const inBody = base.fields !== undefined;
  const fields: Fields = { pairs: (base.fields ?? base.query).map(([name, text]) => [name, encode(text)]) };
  const headers = new Map<string, string>([
    ['host', host],
    ['connection', 'close'],
    ['accept', 'text/html'],
    // The one proxy that is trusted says where the caller is: limits by address are not what is tried here.
    ['x-forwarded-for', `77.${wild.address.join('.')}`],
    ...base.headers,
  ]);
  let path = base.path;
  for (const change of wild.changes) path = apply(change, fields, headers, path);
  const text = fields.pairs.map(([name, one]) => `${name}=${one}`).join('&');
  const fixed = base.query.map(([name, one]) => `${encode(name)}=${encode(one)}`).join('&');
  const query = inBody ? fixed : text;
  const usual = inBody ? usualBody(base, fields, text) : undefined;
  const { method = base.method, body = usual, chunked } = carry(wild.carrier, fields, text, inBody);
  return assemble(
    { method, path: query === '' ? path : `${path}?${query}`, headers, body, chunked },
    wild.carrier,
  );
}

interface Body {
  bytes: Buffer;
  type: string;
}

function usualBody(base: Sample, fields: Fields, text: string): Body {
  if (base.multipart) return multipart(fields, 'none');
  if (base.json) return { bytes: Buffer.from(JSON.stringify(jsonOf(fields))), type: 'application/json' };
  return { bytes: Buffer.from(text, 'latin1'), type: 'application/x-www-form-urlencoded' };
}

function apply(change: Change, fields: Fields, headers: Map<string, string>, path: string): string {
  const { pairs } = fields;
  const at = 'field' in change && pairs.length > 0 ? change.field % pairs.length : -1;
  const pair = pairs[at];
  switch (change.do) {
    case 'set':
      if (pair) pair[1] = encoded(change.value);
      break;
    case 'double':
      if (pair) pairs.push([pair[0], encoded(change.value)]);
      break;
    case 'drop':
      if (pair) pairs.splice(at, 1);
      break;
    case 'repeat':
      if (pair) for (let count = 0; count < 50; count += 1) pairs.push([...pair]);
      break;
    case 'rename':
      if (pair) pair[0] = pair[0] + change.suffix;
      break;
    case 'add':
      pairs.push([change.name, encoded(change.value)]);
      break;
    case 'header':
      headers.set(change.name, change.value);
      break;
    case 'path':
      return path + change.suffix;
  }
  return path;
}

interface Carried {
  method?: string;
  body?: Body;
  chunked?: 'whole' | 'broken';
}

const FORM = 'application/x-www-form-urlencoded';

function carry(carrier: Carrier, fields: Fields, text: string, inBody: boolean): Carried {
  switch (carrier?.kind) {
    case undefined:
    case 'cut':
      return {};
    case 'method':
      return { method: carrier.method };
    case 'json': {
      const inner = JSON.stringify(carrier.array ? fields.pairs : jsonOf(fields));
      const deep = '{"a":'.repeat(carrier.depth) + inner + '}'.repeat(carrier.depth);
      return { method: 'POST', body: { bytes: Buffer.from(deep), type: 'application/json' } };
    }
    case 'multipart':
      return { method: 'POST', body: multipart(fields, carrier.fault) };
    case 'type':
      return { body: { bytes: Buffer.from(text, 'latin1'), type: carrier.type } };
    case 'body':
      return { method: 'POST', body: { bytes: Buffer.from(carrier.body, 'latin1'), type: carrier.type } };
    case 'large': {
      const more = carrier.fields ? '&a=b'.repeat(carrier.bytes / 4) : `&a=${'b'.repeat(carrier.bytes)}`;
      return { method: 'POST', body: { bytes: Buffer.from(text + more, 'latin1'), type: FORM } };
    }
    case 'chunked':
      return {
        ...{ method: 'POST', chunked: carrier.broken ? 'broken' : 'whole' },
        ...(inBody ? {} : { body: { bytes: Buffer.from(text, 'latin1'), type: FORM } }),
      };
  }
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};

function jsonOf({ pairs }: Fields): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, one] of pairs) {
    const text = decode(one);
    const structured = /^[[{]/.test(text) && text.length < 10_000;
    Object.defineProperty(made, name, {
      value: structured ? parsed(text) : text,
      enumerable: true,
      configurable: true,
    });
  }
  return made;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const BOUNDARY = 'fuzz-boundary';
const FILE = 'Content-Disposition: form-data; name="files"; filename=';

/** Parts that are right, and what is put beside or instead of them. */
function multipart({ pairs }: Fields, fault: MultipartFault): Body {
  const part = (head: string, content: string): string => `--${BOUNDARY}\r\n${head}\r\n\r\n${content}\r\n`;
  const field = ([name, one]: Pair): string =>
    part(`Content-Disposition: form-data; name="${name}"`, decode(one));
  const whole =
    pairs.map(field).join('') + part(`${FILE}"a.pdf"\r\nContent-Type: application/pdf`, '%PDF-1.4\n%%EOF');
  const end = `--${BOUNDARY}--\r\n`;
  const type = `multipart/form-data; boundary=${BOUNDARY}`;
  const texts: Record<MultipartFault, string> = {
    none: whole + end,
    'no boundary': whole + end,
    'another boundary': whole.replaceAll(BOUNDARY, 'other') + end,
    'ends in a part': whole.slice(0, whole.length * 0.7),
    'ends in a header': `${whole}--${BOUNDARY}\r\nContent-Dispo`,
    'no name':
      part('Content-Disposition: form-data', 'x') + part('Content-Type: text/plain', 'x') + whole + end,
    prototype: part('__proto__: x\r\nContent-Disposition: form-data; name="__proto__"', 'x') + whole + end,
    nested: part('Content-Disposition: form-data; name="a[1e9][b]"', 'x') + whole + end,
    'many parts': part('Content-Disposition: form-data; name="a"', 'b').repeat(3000) + whole + end,
    'many files': part(`${FILE}"a.pdf"`, 'x').repeat(500) + whole + end,
    'file without a name': part(`${FILE}""`, 'x') + whole + end,
    'odd file name':
      part(`${FILE}"../../a\u0000\u202e.pdf.html%00"; filename*=utf-8''%ff%00`, '<script>') + whole + end,
    'odd encoding':
      part(`${FILE}"a.pdf"\r\nContent-Transfer-Encoding: base64\r\nContent-Type: x/\u00ff`, '====') +
      whole +
      end,
  };
  return {
    bytes: Buffer.from(texts[fault]),
    type: fault === 'no boundary' ? 'multipart/form-data' : type,
  };
}

interface Parts {
  method: string;
  path: string;
  headers: Map<string, string>;
  body: Body | undefined;
  chunked: 'whole' | 'broken' | undefined;
}

function assemble({ method, path, headers, body, chunked }: Parts, carrier: Carrier): Rendered {
  if (body && !headers.has('content-type')) headers.set('content-type', body.type);
  if (chunked) headers.set('transfer-encoding', 'chunked');
  else if (body && !headers.has('content-length')) headers.set('content-length', String(body.bytes.length));
  const lines = [...headers].map(([name, one]) => `${name}: ${one}\r\n`).join('');
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
  const content = body?.bytes ?? Buffer.alloc(0);
  const bytes = Buffer.concat([head, chunked ? inChunks(content, chunked) : content]);
  // What announces more than it brings would be waited for; so would an upgrade.
  const cut = carrier?.kind === 'cut' || waitsForMore(headers, content.length);
  const share = carrier?.kind === 'cut' ? carrier.share : 100;
  return cut ? { bytes, cutAfter: Math.floor((bytes.length * share) / 100) } : { bytes };
}

function waitsForMore(headers: Map<string, string>, length: number): boolean {
  const announced = Number(headers.get('content-length') ?? 0);
  return announced > length || /gzip|^x$/.test(headers.get('transfer-encoding') ?? '');
}

function inChunks(content: Buffer, kind: 'whole' | 'broken'): Buffer {
  if (kind === 'broken') return Buffer.from('zz\r\nx\r\n0\r\n\r\n');
  const size = Buffer.from(content.length === 0 ? '' : `${content.length.toString(16)}\r\n`);
  return Buffer.concat([size, content, Buffer.from(content.length === 0 ? '0\r\n\r\n' : '\r\n0\r\n\r\n')]);
}
