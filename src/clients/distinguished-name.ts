/** Distinguished names of certificates as text (RFC 4514), read so that two spellings of one name are the same. */

/** `\,` and `\2C` stand for the sign itself. */
const ESCAPE = /\\([0-9a-f]{2}|.)/gi;

/** Splits where `sign` stands unescaped. */
function split(text: string, sign: string): string[] {
  const parts = [''];
  for (const [piece] of text.matchAll(/\\.|[^\\]/gs)) {
    if (piece === sign) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}

function unescape(value: string): string {
  const bytes: Buffer[] = [];
  let last = 0;
  for (const found of value.matchAll(ESCAPE)) {
    const [whole, sign = ''] = found;
    bytes.push(Buffer.from(value.slice(last, found.index)));
    bytes.push(sign.length === 2 ? Buffer.from(sign, 'hex') : Buffer.from(sign));
    last = found.index + whole.length;
  }
  return Buffer.concat([...bytes, Buffer.from(value.slice(last))]).toString('utf8');
}

function readPart(part: string): string | undefined {
  const [, type, value] = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=(.*)$/s.exec(part) ?? [];
  if (type === undefined || value === undefined) return undefined;
  const plain = value.trim();
  return plain === '' ? undefined : JSON.stringify([type.toUpperCase(), unescape(plain)]);
}

/** The parts of a name, the most special one first, ready to be compared; undefined when it is none. */
export function readDistinguishedName(name: string): string[] | undefined {
  const relative = split(name, ',').map((part) => split(part, '+').map(readPart));
  if (relative.some((parts) => parts.includes(undefined))) return undefined;
  return relative.map((parts) => parts.sort().join());
}

/** Whether both texts name the same. */
export function isSameName(left: string, right: string): boolean {
  const [a, b] = [readDistinguishedName(left), readDistinguishedName(right)];
  return a !== undefined && b !== undefined && a.join('\n') === b.join('\n');
}
