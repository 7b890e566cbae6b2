/**
 * A detached signature, recognised by its content: CMS SignedData (RFC 5652 §5) in DER, or the same in base64 with or
 * without PEM lines. Whether it is the head's and holds is for the reviewer: it takes a certified GOST provider.
 */

/** 1.2.840.113549.1.7.2, as DER writes it. */
const SIGNED_DATA = Buffer.from([0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02]);
const PEM = /^-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END [A-Z0-9 ]+-----\s*$/;
/** One run of characters and nothing after it: with a second run of spaces a stranger's file could hold the node for minutes. */
const BASE64 = /^[A-Za-z0-9+/=\s]+$/;

/** Looks at what is inside, whatever the file is called. */
export function isSignature(bytes: Buffer): boolean {
  if (isSignedData(bytes)) return true;
  const text = bytes.toString('latin1').trim();
  const encoded = PEM.exec(text)?.[1] ?? (BASE64.test(text) ? text : undefined);
  return encoded !== undefined && isSignedData(Buffer.from(encoded, 'base64'));
}

function isSignedData(bytes: Buffer): boolean {
  const content = outermost(bytes);
  return content !== undefined && bytes.subarray(content, content + SIGNED_DATA.length).equals(SIGNED_DATA);
}

/** Where the content of the outer SEQUENCE begins; undefined when its length is not that of the file. */
function outermost(bytes: Buffer): number | undefined {
  const first = bytes[1];
  if (bytes[0] !== 0x30 || first === undefined || bytes.length < 20) return undefined;
  // BER's open length ends with two zeroes; some providers write it.
  if (first === 0x80) return bytes.readUInt16BE(bytes.length - 2) === 0 ? 2 : undefined;
  if (first < 0x80) return bytes.length === 2 + first ? 2 : undefined;
  const digits = first - 0x80;
  if (digits > 4) return undefined;
  const length = bytes.readUIntBE(2, digits);
  return bytes.length === 2 + digits + length ? 2 + digits : undefined;
}
