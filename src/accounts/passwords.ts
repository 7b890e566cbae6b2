/**
 * Passwords: how they are hashed (argon2id) and which are refused. The only place that knows argon2, with
 * its thread in password-worker.cts. Knows no account, request or limit on attempts.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Refusal } from '../errors';
import { isCommonPassword, isMostlyWords } from './password-blocklist';
import { createPasswordPool } from './password-pool';

export const PASSWORD_MIN_LENGTH = 8;
export const PASSWORD_MAX_LENGTH = 128;

export interface PasswordHasherOptions {
  /** Memory of one hash in KiB. */
  memoryKib?: number;
  /** Passes over that memory (argon2's t). */
  passes?: number;
  /** Threads that hash; by default all cores but one, which is left to everything else. */
  workers?: number;
  /** How many jobs may wait beside those that run. */
  queueLimit?: number;
}

export interface PasswordHasher {
  /**
   * An argon2id hash as a PHC string with a salt of its own.
   * @throws Refusal `bad_request` for more than 128 characters, `overloaded` when too many jobs wait.
   */
  hash(password: string): Promise<string>;
  /**
   * Whether `password` made `hash`. Without a hash the same work is done and the answer is false, so that the
   * time does not tell whether an account exists (OWASP ASVS 5.0, 6.3.8).
   * @throws Refusal `overloaded` when too many jobs wait; Error when `hash` is no argon2 PHC string.
   */
  verify(hash: string | null | undefined, password: string): Promise<boolean>;
  /** Whether `hash` was made with less memory or fewer passes than today's, or is not argon2id. */
  needsRehash(hash: string): boolean;
  /** Jobs waiting and running. */
  depth(): number;
  /** Ends the threads; what waits or runs is rejected. */
  close(): Promise<void>;
}

export type PasswordProblem =
  'password_too_short' | 'password_too_long' | 'password_common' | 'password_contains_context';

/**
 * The same password typed on another keyboard or system may arrive composed or decomposed: NFKC makes it one
 * (NIST SP 800-63B). Undefined when it has more than 128 characters. A character decomposes into four code
 * points at most, each of two UTF-16 units, so a mebibyte is refused before it is normalised.
 */
function normalise(password: string): string | undefined {
  if (password.length > PASSWORD_MAX_LENGTH * 4 * 2) return undefined;
  const normal = password.normalize('NFKC');
  return [...normal].length > PASSWORD_MAX_LENGTH ? undefined : normal;
}

/** A PHC string that costs as much as a real one and that no password is known for. */
function dummyHash(memoryKib: number, passes: number): string {
  const random = (bytes: number): string => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${random(16)}$${random(32)}`;
}

/**
 * Hashes in threads of its own. Defaults are the OWASP minimum for argon2id: 19 MiB, two passes, one lane.
 */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { memoryKib = 19_456, passes = 2, queueLimit = 50 } = options;
  const workers = options.workers ?? Math.max(1, availableParallelism() - 1);
  const pool = createPasswordPool(workers, queueLimit);
  const dummy = dummyHash(memoryKib, passes);

  return {
    async hash(password) {
      const normal = normalise(password);
      if (normal === undefined) throw new Refusal('bad_request');
      return String(await pool.run({ kind: 'hash', password: normal, memoryKib, passes }));
    },
    async verify(hash, password) {
      const normal = normalise(password);
      if (normal === undefined) return false;
      const matches = await pool.run({ kind: 'verify', password: normal, hash: hash || dummy });
      return Boolean(hash) && matches === true;
    },
    needsRehash(hash) {
      // Implementations differ in the order of the parameters.
      const parameters = /^\$argon2id\$v=19\$([^$]+)\$/.exec(hash)?.[1]?.split(',') ?? [];
      const cost = new Map(
        parameters.map((pair): [string, number] => [pair.slice(0, 2), Number(pair.slice(2))]),
      );
      return !((cost.get('m=') ?? 0) >= memoryKib && (cost.get('t=') ?? 0) >= passes);
    },
    depth: () => pool.depth(),
    close: () => pool.close(),
  };
}

/**
 * Why a new password is refused, or undefined when it may be used. Length is counted in characters after NFKC;
 * which kinds of characters it has does not matter (NIST SP 800-63B, OWASP ASVS 5.0, 6.2).
 * @param words what others know of the person: names, company, e-mail address, phone, product
 */
export function passwordProblem(
  password: string,
  words: readonly string[],
  minLength = PASSWORD_MIN_LENGTH,
): PasswordProblem | undefined {
  const normal = normalise(password);
  if (normal === undefined) return 'password_too_long';
  if ([...normal].length < minLength) return 'password_too_short';
  if (isCommonPassword(normal)) return 'password_common';
  return isMostlyWords(normal, words) ? 'password_contains_context' : undefined;
}
