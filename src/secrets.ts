/**
 * Everything derived from SECRET_KEY: sealing at rest, keyed hashes, cookie keys. The first key of the list
 * seals and signs; every key of the list opens and verifies, so a key rotates by being put in front.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';

/** What a derived key is used for. One purpose never verifies what another made. */
export type KeyPurpose = 'audit' | 'cookie' | 'dpop' | 'form' | 'lookup' | 'seal';

export interface Secrets {
  /** True when the newest key of the list sealed this. */
  isNewest(sealed: string): boolean;
  /** Encrypts text with AES-256-GCM, bound to `context` (say, table and row id). */
  seal(plain: string, context: string): string;
  /** Opens what `seal` made under any key of the list. @throws Error when altered, or moved to another context. */
  open(sealed: string, context: string): string;
  /** Short name of the newest key, the same on every node. */
  keyId: string;
  /** The short names of all keys, newest first. */
  keyIds: readonly string[];
  /** The same for bytes, such as a file. */
  sealBytes(plain: Buffer, context: string): Buffer;
  /** Opens what `sealBytes` made. @throws Error as `open` does. */
  openBytes(sealed: Buffer, context: string): Buffer;
  /** HMAC-SHA-256 under the newest key, as base64url. */
  mac(purpose: KeyPurpose, text: string): string;
  /** What `mac` gives, or gave when an older key was the newest; newest first. */
  macs(purpose: KeyPurpose, text: string): string[];
  /** True when `mac` is that of `text` under any key of the list. Takes the same time for any wrong value. */
  verify(purpose: KeyPurpose, text: string, mac: string): boolean;
  /** All derived keys of a purpose, newest first, as base64url (for cookie signatures). */
  keys(purpose: KeyPurpose): string[];
}

/** A random value for tokens, ids and nonces: `bytes` of entropy as base64url. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** SHA-256 as base64url: how high-entropy tokens are stored (OWASP ASVS 5.0, 11.4). */
export function fingerprint(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** Compares without telling where two texts differ. */
export function sameText(left: string, right: string): boolean {
  const a = hash('sha256', left, 'buffer');
  const b = hash('sha256', right, 'buffer');
  return timingSafeEqual(a, b);
}

interface KeySet {
  id: string;
  /** As key objects: a raw key would be prepared anew at each use. */
  derived: Record<KeyPurpose, KeyObject>;
}

function deriveKeySet(masterKey: string): KeySet {
  const bytes = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, 'port.one ID', purpose, 32));
  const derive = (purpose: KeyPurpose): KeyObject => createSecretKey(bytes(purpose));
  return {
    id: bytes('id').toString('base64url').slice(0, 6),
    derived: {
      audit: derive('audit'),
      cookie: derive('cookie'),
      dpop: derive('dpop'),
      form: derive('form'),
      lookup: derive('lookup'),
      seal: derive('seal'),
    },
  };
}

const mac = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('base64url');

/** Derives all keys (HKDF, RFC 5869) from the master keys, newest first. */
export function createSecrets(masterKeys: readonly string[]): Secrets {
  const sets = masterKeys.map(deriveKeySet);
  const newest = sets[0];
  if (!newest) throw new Error('createSecrets needs at least one key');

  /** iv, ciphertext, tag. */
  const encrypt = (plain: Buffer, context: string): Buffer => {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', newest.derived.seal, iv).setAAD(Buffer.from(context));
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  };
  const decrypt = (id: string, body: Buffer, context: string): Buffer => {
    const set = sets.find((candidate) => candidate.id === id);
    if (!set) throw new Error('sealed under a key that is not in SECRET_KEY');
    const decipher = createDecipheriv('aes-256-gcm', set.derived.seal, body.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(body.subarray(-16));
    return Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]);
  };

  return {
    keyId: newest.id,
    keyIds: sets.map(({ id }) => id),
    seal: (plain, context) =>
      `${newest.id}.${encrypt(Buffer.from(plain, 'utf8'), context).toString('base64url')}`,
    open(sealed, context) {
      const [id = '', encoded] = sealed.split('.', 2);
      if (!encoded) throw new Error('not sealed');
      return decrypt(id, Buffer.from(encoded, 'base64url'), context).toString('utf8');
    },
    sealBytes: (plain, context) => Buffer.concat([Buffer.from(newest.id, 'latin1'), encrypt(plain, context)]),
    openBytes: (sealed, context) => decrypt(sealed.toString('latin1', 0, 6), sealed.subarray(6), context),
    isNewest: (sealed) => sealed.startsWith(`${newest.id}.`),
    mac: (purpose, text) => mac(newest.derived[purpose], text),
    macs: (purpose, text) => sets.map((set) => mac(set.derived[purpose], text)),
    verify: (purpose, text, given) => sets.some((set) => sameText(mac(set.derived[purpose], text), given)),
    keys: (purpose) => sets.map((set) => set.derived[purpose].export().toString('base64url')),
  };
}
