/** How one setting's text becomes a value. A reader throws `Error` with the rest of a sentence: "<NAME> must …". */
import { createPrivateKey } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

export type Reader<Value> = (text: string) => Value;

export const text: Reader<string> = (value) => value;

export function oneOf<const Value extends string>(...allowed: Value[]): Reader<Value> {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

export const yesOrNo: Reader<boolean> = (value) => oneOf('yes', 'no')(value) === 'yes';

/** Comma-separated names, each at most once; their order is kept. */
export function listOf<const Value extends string>(...allowed: Value[]): Reader<Value[]> {
  const read = oneOf(...allowed);
  return (value) => [...new Set(value.split(',').map((entry) => read(entry.trim())))];
}

/** Comma-separated names of small letters, digits and dashes; whoever uses them says which there are. */
export const nameList: Reader<string[]> = (value) => {
  const names = [...new Set(value.split(',').map((entry) => entry.trim()))];
  if (!names.every((name) => /^[a-z][a-z0-9-]*$/.test(name)))
    throw new Error('must be names with commas between them');
  return names;
};

/** A key that goes into a request header as it is. */
export const headerToken: Reader<string> = (value) => {
  if (!/^[\x21-\x7e]{1,200}$/.test(value)) throw new Error('must be of visible ASCII characters');
  return value;
};

const TAKEN_HEADERS = ['authorization', 'cookie', 'dpop', 'forwarded', 'host', 'x-forwarded-for'];

/** The name of a header of our own, in small letters. */
export const headerName: Reader<string> = (value) => {
  const name = value.toLowerCase();
  if (!/^[a-z][a-z0-9-]{1,60}$/.test(name) || TAKEN_HEADERS.includes(name))
    throw new Error('must be the name of a header that nothing else uses');
  return name;
};

/** The name of a bucket or a region: it becomes a part of an address as it is. */
export const bucketName: Reader<string> = (value) => {
  if (!/^[a-z0-9][a-z0-9.-]{1,62}$/.test(value))
    throw new Error('must be of small letters, digits, dots and dashes');
  return value;
};

/** A Unix socket's path, or `host:port`. */
export const socketAddress: Reader<string> = (value) => {
  if (!/^(?:\/\S+|[\w.-]+:\d{1,5})$/.test(value)) throw new Error('must be a path or host:port');
  return value;
};

export function wholeNumber(min: number, max: number): Reader<number> {
  return (value) => {
    const number = /^\d{1,12}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) throw new Error(`must be a whole number from ${min} to ${max}`);
    return number;
  };
}

export const port = wholeNumber(1, 65_535);

/** An origin: scheme, host and port, nothing behind them. */
export const origin: Reader<string> = (value) => {
  const url = URL.parse(value);
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.origin !== value.replace(/\/$/, '')) {
    throw new Error('must be an origin such as https://id.example.com, without a path');
  }
  return url.origin;
};

export function urlWith(...protocols: string[]): Reader<string> {
  return (value) => {
    const protocol = /^([a-z][a-z0-9+]*):\/\//.exec(value)?.[1];
    if (!protocol || !protocols.includes(protocol)) {
      throw new Error(`must be a URL that starts with ${protocols.map((name) => `${name}://`).join(' or ')}`);
    }
    return value;
  };
}

/** Comma-separated keys of at least 32 characters each. */
export const keyList: Reader<string[]> = (value) => {
  const keys = value.split(',').map((key) => key.trim());
  if (keys.some((key) => key.length < 32)) {
    throw new Error(
      'must be one or more keys of 32 characters or more, newest first, separated by commas (make one: openssl rand -base64 33)',
    );
  }
  if (keys.some((key) => new Set(key).size < 10))
    throw new Error('must be random; a repeated pattern is not a key');
  return keys;
};

/** One secret that outlives all others. */
export const salt: Reader<string> = (value) => {
  if (value.length < 32 || new Set(value).size < 10)
    throw new Error('must be random and 32 characters or more (make one: openssl rand -base64 33)');
  return value;
};

/** Comma-separated addresses or CIDR ranges of proxies whose X-Forwarded-For is believed. */
export const addressRanges: Reader<AddressRanges> = (value) => {
  const list = new BlockList();
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    if (!family || !Number.isInteger(bits) || bits < 1 || bits > (family === 6 ? 128 : 32)) {
      throw new Error(`must be addresses or CIDR ranges separated by commas; "${entry}" is neither`);
    }
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return { entries, includes: (address) => includes(list, address) };
};

export interface AddressRanges {
  entries: string[];
  includes(address: string): boolean;
}

function includes(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** A mailbox, alone or as `Name <mailbox>`. */
export const mailbox: Reader<string> = (value) => {
  if (!/^(?:[^<>\r\n"]{1,80} <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value)) {
    throw new Error('must be an address such as "port.one ID <no-reply@example.com>"');
  }
  return value;
};

/** A name of the DNS in ASCII, such as example.com or a part of one. */
export const domainName: Reader<string> = (value) => {
  if (
    value.length > 253 ||
    !/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(value)
  )
    throw new Error('must be a name of the DNS such as example.com, in ASCII');
  return value;
};

/** Mailbox providers refuse shorter ones (RFC 8301 §3.2). */
const LEAST_RSA_BITS = 1024;

/** An RSA private key in PEM; `\n` in one line stands for a line break. */
export const rsaPrivateKey: Reader<string> = (value) => {
  const pem = value.replaceAll('\\n', '\n');
  let bits = 0;
  try {
    const key = createPrivateKey(pem);
    bits = key.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  } catch {
    // Whatever is wrong with it, the sentence below says what it has to be, and never shows the key.
  }
  if (bits < LEAST_RSA_BITS)
    throw new Error('must be a private RSA key in PEM of 1024 bits or more (make one: openssl genrsa 2048)');
  return pem;
};

const parts = (value: string): string[] => [...new Set(value.split(',').map((entry) => entry.trim()))];

/** Comma-separated countries in two letters (ISO 3166). */
export const countryList: Reader<string[]> = (value) => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const countries = parts(value).map((entry) => entry.toUpperCase());
  if (!countries.every((country) => /^[A-Z]{2}$/.test(country) && names.of(country) !== undefined))
    throw new Error('must be countries in two letters with commas between them, such as RU,KZ,BY');
  return countries;
};

/** Comma-separated domains, in ASCII afterwards; `*.` before one means everything below it. */
export const mailDomainList: Reader<string[]> = (value) =>
  parts(value).map((entry) => {
    const below = entry.startsWith('*.') ? '*.' : '';
    const domain = domainToASCII(entry.slice(below.length)).toLowerCase();
    if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(domain) || (below === '' && !domain.includes('.')))
      throw new Error('must be domains with commas between them, such as example.com,*.ru');
    return `${below}${domain}`;
  });

function beginning(path: string): string {
  try {
    const file = openSync(path, 'r');
    const bytes = Buffer.alloc(64);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
    return bytes.toString('latin1', 0, length);
  } catch {
    throw new Error(`must name a file that can be read (${path} cannot)`);
  }
}

/** The path of a file of SHA-1 hashes; that it begins with one is looked at now, its order is not. */
export const hashListFile: Reader<string> = (path) => {
  if (!/^[0-9A-Fa-f]{16,40}(?=[:\s])/.test(beginning(path)))
    throw new Error('must name a file with a SHA-1 hash in hex on each line, in ascending order');
  return path;
};
