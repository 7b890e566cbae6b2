/** oidc-provider's own pages, drawn as ours: errors, sign-out, signed out. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { brandLinks } from '../clients/brand';
import { clientEntry } from '../clients/client';
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
      links: brandLinks(client.metadata()),
    };
  }
  return context;
}

/** What the person reads of an error of the protocol. */
function errorCode(
  { oidc, status }: KoaContextWithOIDC,
  { error, error_description: description = '' }: { error?: string; error_description?: string },
): 'forged_form' | 'interaction_expired' | 'store_unavailable' | 'oidc' {
  // The sign-out page of another tab has taken over.
  if (oidc.route === 'end_session_confirm') return 'forged_form';
  const stale = error === 'invalid_request' && /expired|not found/.test(description);
  // What the sign-in had come to is used up by then, whatever went wrong.
  if (oidc.route === 'resume' || stale) return 'interaction_expired';
  return status === 503 ? 'store_unavailable' : 'oidc';
}

export function createProviderPages(render: Render, issuer: string): ProviderPages {
  return {
    error(ctx, out) {
      const { client } = ctx.oidc;
      const code = errorCode(ctx, out);
      render(ours(ctx), {
        view: 'error',
        title: `refusal.${code}.title`,
        status: ctx.status,
        values: {
          code,
          // For the engineer who connects a relying party; a person reads the sentence above it.
          detail: [out.error, out.error_description].filter(Boolean).join(': ').slice(0, 300),
          again: code === 'forged_form' ? '/session/end' : undefined,
          onward: client && clientEntry(client.metadata(), issuer),
        },
      });
    },
    logout(ctx) {
      const { state } = ctx.oidc.session as { state?: { secret?: string; postLogoutRedirectUri?: string } };
      if (state?.postLogoutRedirectUri) allowFormTarget(ctx, state.postLogoutRedirectUri);
      render(ours(ctx), {
        view: 'sign-in/sign-out',
        title: ctx.oidc.client ? 'sign_out.title' : 'sign_out.title_anywhere',
        values: { action: '/session/end/confirm', xsrf: state?.secret ?? '' },
      });
    },
    loggedOut(ctx) {
      render(ours(ctx), {
        view: 'sign-in/signed-out',
        title: 'signed_out.title',
        values: { onward: ctx.oidc.client && clientEntry(ctx.oidc.client.metadata(), issuer) },
      });
    },
  };
}
