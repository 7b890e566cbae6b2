/** A check of DKIM signatures written from RFC 6376: rsa-sha256, relaxed/relaxed, which is what is sent here. */
import { createHash, createVerify, type KeyObject } from 'node:crypto';

export interface DkimVerdict {
  tags: Record<string, string>;
  bodyHolds: boolean;
  headerHolds: boolean;
}

/** §3.4.2: name in lower case, unfolded, runs of white space as one, none at the end. */
function relaxedHeader(field: string): string {
  const [, name = '', value = ''] = /^([^:]+):([\s\S]*)$/.exec(field) ?? [];
  return `${name.trim().toLowerCase()}:${value
    .replace(/\r\n/g, '')
    .replace(/[\t ]+/g, ' ')
    .trim()}`;
}

/** §3.4.4: no white space at the end of lines, runs of it as one space, no empty lines at the end. */
function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[\t ]+/g, ' ').replace(/ $/, ''));
  while (lines.at(-1) === '') lines.pop();
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`;
}

/** @param raw the mail as it went over the wire, one character a byte. */
export function verifyDkim(raw: string, publicKey: KeyObject): DkimVerdict {
  const end = raw.indexOf('\r\n\r\n');
  const fields = raw.slice(0, end).split(/\r\n(?![\t ])/);
  const signature = fields.find((field) => /^dkim-signature:/i.test(field)) ?? '';
  const tags = Object.fromEntries(
    signature
      .replace(/^[^:]+:/, '')
      .split(';')
      .map((tag) => /^\s*(\w+)\s*=([\s\S]*)$/.exec(tag) ?? [])
      .map(([, name = '', value = '']): [string, string] => [name, value.replace(/\s+/g, '')]),
  );
  const bodyHash = createHash('sha256')
    .update(relaxedBody(raw.slice(end + 4)), 'latin1')
    .digest('base64');
  const signed = (tags.h ?? '').split(':').map((name) => {
    const field = fields.findLast((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    return field === undefined ? '' : `${relaxedHeader(field)}\r\n`;
  });
  // The signature is made over its own field, with nothing in b= (§3.7).
  const own = relaxedHeader(signature.replace(/(;\s*b=)[^;]*/, '$1'));
  const verifier = createVerify('RSA-SHA256').update(signed.join('') + own, 'latin1');
  return {
    tags,
    bodyHolds: bodyHash === tags.bh,
    headerHolds: verifier.verify(publicKey, tags.b ?? '', 'base64'),
  };
}
