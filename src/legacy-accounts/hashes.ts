/**
 * The kinds of password hashes that old portals left behind, and the check of the quick ones. The salted ones are
 * of the salt followed by the password, as Django and many PHP portals wrote them; `{SSHA}` is OpenLDAP's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export type SlowKind = 'bcrypt' | 'argon2';
export type HashKind = 'digest' | 'salted' | 'ldap' | SlowKind;

/** What every hash of a slow kind begins with. */
export const SLOW_STARTS: Record<SlowKind, string> = { bcrypt: '$2', argon2: '$argon2' };

const DIGESTS: Record<number, string> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' };
const SALTED = /^(md5|sha1|sha256)\$([^$]{1,100})\$([0-9a-f]{32,64})$/i;
const LDAP = /^\{(SHA|SSHA)\}([A-Za-z0-9+/]+={0,2})$/;
const SHA1_BYTES = 20;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const ARGON2 = /^\$argon2(?:id|i|d)\$v=19\$((?:[mtp]=\d{1,7},?){3})\$[\w+/-]{8,}\$[\w+/-]{16,}$/;
/** Dearer ones would let a guess hold a thread for seconds. */
const MOST = { bcrypt: 14, argon2: { m: 262_144, t: 16, p: 16 } };

/** Undefined for what is no hash that can be checked. */
export function hashKind(hash: string): HashKind | undefined {
  if (/^[0-9a-f]+$/i.test(hash)) return DIGESTS[hash.length] ? 'digest' : undefined;
  const [, algorithm, , digest] = SALTED.exec(hash) ?? [];
  if (digest !== undefined) return DIGESTS[digest.length] === algorithm?.toLowerCase() ? 'salted' : undefined;
  const [, scheme, bytes] = LDAP.exec(hash) ?? [];
  if (bytes !== undefined) {
    const length = Buffer.from(bytes, 'base64').length;
    return (scheme === 'SHA' ? length === SHA1_BYTES : length > SHA1_BYTES) ? 'ldap' : undefined;
  }
  const [, cost] = BCRYPT.exec(hash) ?? [];
  if (cost !== undefined) return Number(cost) >= 4 && Number(cost) <= MOST.bcrypt ? 'bcrypt' : undefined;
  const [, parameters = ''] = ARGON2.exec(hash) ?? [];
  // Implementations differ in their order.
  const bounded = Object.entries(MOST.argon2).every(([name, most]) => {
    const [, value] = new RegExp(`(?:^|,)${name}=(\\d+)`).exec(parameters) ?? [];
    return Number(value) <= most;
  });
  return bounded ? 'argon2' : undefined;
}

export const isSlow = (kind: HashKind | undefined): kind is SlowKind =>
  kind === 'bcrypt' || kind === 'argon2';

const digestOf = (algorithm: string, ...parts: (string | Buffer)[]): Buffer => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Whether `password` made `hash`, for the kinds that are no work at all; false for any other. */
export function matchesQuick(hash: string, password: string): boolean {
  const plain = /^[0-9a-f]+$/i.test(hash) ? DIGESTS[hash.length] : undefined;
  if (plain !== undefined) return same(digestOf(plain, password), Buffer.from(hash, 'hex'));
  const [, algorithm, salt, digest] = SALTED.exec(hash) ?? [];
  if (algorithm !== undefined && salt !== undefined && digest !== undefined)
    return same(digestOf(algorithm.toLowerCase(), salt, password), Buffer.from(digest, 'hex'));
  const [, , encoded] = LDAP.exec(hash) ?? [];
  if (encoded === undefined) return false;
  const bytes = Buffer.from(encoded, 'base64');
  const found = digestOf('sha1', password, bytes.subarray(SHA1_BYTES));
  return same(found, bytes.subarray(0, SHA1_BYTES));
}
