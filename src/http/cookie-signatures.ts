/**
 * Signatures of cookies, in the shape that `cookies` asks for. Its own Keygrip works each one out three times, with
 * SHA-1 and keys that are prepared anew; that was a tenth of a sign-in.
 */
import { sameText, type Secrets } from '../secrets';

export interface CookieSignatures {
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
  /** Place of the key that made the signature, the newest first; -1 when none did. */
  index(text: string, signature: string): number;
}

export function cookieSignatures(secrets: Pick<Secrets, 'mac' | 'macs'>): CookieSignatures {
  const index = (text: string, signature: string): number => {
    // Nearly always the newest: the others are not worked out for it.
    if (sameText(secrets.mac('cookie', text), signature)) return 0;
    return secrets.macs('cookie', text).findIndex((mac) => sameText(mac, signature));
  };
  return {
    sign: (text) => secrets.mac('cookie', text),
    verify: (text, signature) => index(text, signature) >= 0,
    index,
  };
}
