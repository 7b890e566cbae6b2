/** When the person must be asked before a token is issued: one `Check` a reason. */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';

const { Check, base } = interactionPolicy;

/** A sign-in that was ended meanwhile: the account is blocked, gone, or all its sessions were closed. */
function signInEnded({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.session?.accountId !== undefined && oidc.account === undefined;
}

export function interactionPrompts(): interactionPolicy.DefaultPolicy {
  const policy = base();
  policy
    .get('login')
    ?.checks.add(
      new Check('sign_in_ended', 'the End-User must sign in again', 'login_required', signInEnded),
    );
  return policy;
}
