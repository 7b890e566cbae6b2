/** Keeps who acts (RFC 8693 §4.1) beside a token that is being made: oidc-provider's tokens have no place for it. */
import type { Act } from './presented-tokens';

const acts = new WeakMap<object, Act>();

export function actOn(token: object, act: Act): void {
  acts.set(token, act);
}

export const actOf = (token: object): Act | undefined => acts.get(token);
