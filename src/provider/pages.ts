/** oidc-provider's own pages, drawn as ours: errors, sign-out, signed out. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Context } from '../http/context';
import type { Render } from '../http/pages/render';
import { allowFormTarget } from '../http/security-headers';

export interface ProviderPages {
  error(ctx: KoaContextWithOIDC, out: { error?: string; error_description?: string }): void;
  logout(ctx: KoaContextWithOIDC): void;
  loggedOut(ctx: KoaContextWithOIDC): void;
}

/** Inside oidc-provider the request still is one of ours: the outer app made its context. */
function ours(ctx: KoaContextWithOIDC): Context {
  const { client } = ctx.oidc;
  const context = ctx as unknown as Context;
  if (client) {
    context.state.brand = {
      clientId: client.clientId,
      name: client.clientName ?? client.clientId,
      hasLogo: client.has_logo === true,
    };
  }
  return context;
}

export function createProviderPages(render: Render): ProviderPages {
  return {
    error(ctx, out) {
      const client = ctx.oidc.client;
      const stale =
        ctx.oidc.route === 'resume' ||
        (out.error === 'invalid_request' && /expired|not found/.test(out.error_description ?? ''));
      render(ours(ctx), {
        view: 'error',
        title: stale ? 'refusal.interaction_expired.title' : 'refusal.oidc.title',
        status: ctx.status,
        values: {
          code: stale ? 'interaction_expired' : 'oidc',
          // For the engineer who connects a relying party; a person reads the sentence above it.
          detail: [out.error, out.error_description].filter(Boolean).join(': ').slice(0, 300),
          onward: client?.initiateLoginUri ?? client?.clientUri,
        },
      });
    },
    logout(ctx) {
      const { state } = ctx.oidc.session as { state?: { secret?: string; postLogoutRedirectUri?: string } };
      if (state?.postLogoutRedirectUri) allowFormTarget(ctx, state.postLogoutRedirectUri);
      render(ours(ctx), {
        view: 'sign-in/sign-out',
        title: 'sign_out.title',
        values: { action: '/session/end/confirm', xsrf: state?.secret ?? '' },
      });
    },
    loggedOut(ctx) {
      render(ours(ctx), {
        view: 'sign-in/signed-out',
        title: 'signed_out.title',
        values: { onward: ctx.oidc.client?.initiateLoginUri ?? ctx.oidc.client?.clientUri },
      });
    },
  };
}
