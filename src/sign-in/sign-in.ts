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

export interface SignedInOutcome {
  outcome: 'signed_in';
  accountId: string;
  at: Date;
  /** Gives back the places that the try took: to be called beside what makes the sign-in known. */
  release(): Promise<void>;
}

/** What a try ended in. `wrong` covers unknown names too: nobody is found out. */
export type SignInOutcome =
  SignedInOutcome | { outcome: 'wrong' } | { outcome: 'blocked'; reason: string | null };

/** Seconds over which failed sign-ins are counted. */
export const SIGN_IN_WINDOW = 15 * 60;

/**
 * The counters one try uses. All names of an account share one; a name nobody has is counted alike. A browser
 * that signed in to this account before is counted by itself and nowhere else, so that no stranger, not even one
 * behind the same address, locks an owner out.
 */
export function signInLimits(
  max: SignInLimits,
  who: { name: string; knownBrowser: string | undefined; address: string },
): Limit[] {
  const limit = (key: string, most: number): Limit => ({
    key: `sign_in:${key}`,
    max: most,
    window: SIGN_IN_WINDOW,
  });
  if (who.knownBrowser !== undefined)
    return [limit(`name:${who.name}:known:${who.knownBrowser}`, max.account)];
  return [
    limit(`name:${who.name}`, max.account),
    limit(`address:${addressBlock(who.address)}`, max.address),
    limit('all', max.global),
  ];
}
