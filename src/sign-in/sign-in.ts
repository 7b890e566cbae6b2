/**
 * Signing in inside an interaction: who may try, how often, and what the person learns. Which password is right
 * is accounts/' matter; what a relying party gets is provider/'s.
 */
import { addressBlock } from '../http/client-address';
import type { Limit } from '../http/limits';

export interface SignInLimits {
  account: number;
  address: number;
  global: number;
}

/** What a try ended in. `wrong` covers unknown names too: nobody is found out. */
export type SignInOutcome =
  | { outcome: 'signed_in'; accountId: string }
  | { outcome: 'wrong' }
  | { outcome: 'blocked'; reason: string | null };

const WINDOW = 15 * 60;

/**
 * The counters one try uses. All names of an account share one; a name nobody has is counted alike. A browser
 * that signed in to this account before has a counter of its own, so a stranger's tries lock no owner out.
 */
export function signInLimits(
  max: SignInLimits,
  who: { name: string; knownBrowser: string | undefined; address: string },
): Limit[] {
  const known = who.knownBrowser === undefined ? '' : `:known:${who.knownBrowser}`;
  return [
    { key: `sign_in:name:${who.name}${known}`, max: max.account, window: WINDOW },
    { key: `sign_in:address:${addressBlock(who.address)}`, max: max.address, window: WINDOW },
    { key: 'sign_in:all', max: max.global, window: WINDOW },
  ];
}

/** A browser that has signed in before says so with `<account id>.<random>` in a signed cookie. */
export function knownBrowserFor(
  accountId: string | undefined,
  cookie: string | undefined,
): string | undefined {
  const [id, mark] = (cookie ?? '').split('.');
  return accountId !== undefined && id === accountId && mark ? mark : undefined;
}
