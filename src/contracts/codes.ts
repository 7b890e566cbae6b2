/** Activation codes: 12 signs of 30, so 58 random bits, easy to read out and to copy from paper. Pure rules. */
import { createHmac, randomInt } from 'node:crypto';
import type { Secrets } from '../secrets';
import type { Row } from '../storage/tables';

export type ActivationCode = Row<'activationCodes'>;

/** Without what is taken for another sign: 0 and O, 1, I and L, V and U. */
const SIGNS = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 3;
const GROUP = 4;
const LENGTH = GROUPS * GROUP;

/** Russian capitals that look like Latin ones. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ А: 'A', В: 'B', Е: 'E', К: 'K', М: 'M', Н: 'H' },
  ...{ Р: 'P', С: 'C', Т: 'T', Х: 'X', У: 'Y', З: '3' },
};

/** A new code as it is kept: signs only. */
export function newCode(): string {
  return Array.from({ length: LENGTH }, () => SIGNS[randomInt(SIGNS.length)]).join('');
}

/** A code as it is printed: groups of four. */
export function printedCode(code: string): string {
  return Array.from({ length: GROUPS }, (_, index) => code.slice(index * GROUP, (index + 1) * GROUP)).join(
    '-',
  );
}

/** A typed code as it is kept; undefined when it can be none. Case, dashes and spaces do not matter. */
export function normalCode(typed: string): string | undefined {
  const signs = typed
    .slice(0, 64)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Cf}\p{Pd}]/gu, '');
  const code = Array.from(signs, (sign) => LOOKALIKES[sign] ?? sign).join('');
  return code.length === LENGTH && Array.from(code).every((sign) => SIGNS.includes(sign)) ? code : undefined;
}

const keyedText = (code: string): string => `activation:${code}`;

/** What is kept of a code. */
export function codeHash(secrets: Secrets, code: string): string {
  return secrets.mac('lookup', keyedText(code));
}

/** What may have been kept of a code, under any key of SECRET_KEY, newest first. */
export function codeHashes(secrets: Secrets, code: string): string[] {
  return secrets
    .keys('lookup')
    .map((key) =>
      createHmac('sha256', Buffer.from(key, 'base64url')).update(keyedText(code)).digest('base64url'),
    );
}

/** True for a code that still opens something. */
export function isLive(
  {
    revokedAt,
    expiresAt,
    uses,
    maxUses,
  }: Pick<ActivationCode, 'revokedAt' | 'expiresAt' | 'uses' | 'maxUses'>,
  now: Date,
): boolean {
  return revokedAt === null && expiresAt > now && uses < maxUses;
}
