/**
 * Headers of every response, errors included. Pages allow their own style sheet and
 * scripts and nothing else; a page that ends in a redirect to a relying party names its origin for the form,
 * since browsers apply form-action to the redirects behind a form (CSP3 §6.3.1). The referrer stays within the
 * origin: none at all would make browsers send "Origin: null" with our own forms.
 */
import type { Context, Middleware } from './context';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function securityHeaders(issuer: string): Middleware {
  const https = issuer.startsWith('https:');
  return async (ctx, next) => {
    ctx.set({
      'Content-Security-Policy': POLICY,
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    });
    if (https) ctx.set('Strict-Transport-Security', 'max-age=63072000; includeSubDomains');
    await next();
  };
}

/** Lets the forms of this page end at `uri`'s origin (or scheme, for a native app). */
export function allowFormTarget(ctx: Pick<Context, 'set' | 'response'>, uri: string): void {
  const url = URL.parse(uri);
  if (!url) return;
  const target = url.origin === 'null' ? url.protocol : url.origin;
  // A host may hold signs that would begin another directive.
  if (/[;,'"\s]/.test(target)) return;
  const policy = ctx.response.get('Content-Security-Policy');
  ctx.set(
    'Content-Security-Policy',
    policy.replace("form-action 'self'", (self) => `${self} ${target}`),
  );
}
