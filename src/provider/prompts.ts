/** When the person must be asked before a token is issued: one `Check` a reason. */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { isKeptWaiting } from '../companies/memberships/store';
import type { Queryable } from '../storage/tables';

const { Check, Prompt, base } = interactionPolicy;

/** A sign-in that was ended meanwhile: the account is blocked, gone, or all its sessions were closed. */
function signInEnded({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.session?.accountId !== undefined && oidc.account === undefined;
}

/** Asked only where somebody is signed in, so once in an authorization, and where the relying party minds. */
async function keptWaiting(db: Queryable, { oidc }: KoaContextWithOIDC): Promise<boolean> {
  if (oidc.client?.admits === 'waiting') return false;
  return oidc.account !== undefined && isKeptWaiting(db, oidc.account.accountId);
}

export function interactionPrompts(db: Queryable): interactionPolicy.DefaultPolicy {
  const policy = base();
  policy
    .get('login')
    ?.checks.add(
      new Check('sign_in_ended', 'the End-User must sign in again', 'login_required', signInEnded),
    );
  const approval = new Check(
    'application_open',
    'the End-User is not approved yet',
    'interaction_required',
    (ctx) => keptWaiting(db, ctx),
  );
  // After the sign-in and before consent.
  policy.add(new Prompt({ name: 'approval' }, approval), 1);
  return policy;
}
