/**
 * Nothing is built from the Host header or from X-Forwarded-*: the origin is the configured issuer
 * (CVE-2025-64101). Koa's own getters are pinned, so no code path can ask the request.
 */
import type Koa from 'koa';
import { Refusal } from '../errors';
import type { Middleware } from './context';

/** Pins host, protocol, origin and href of an app (and of oidc-provider, which is a Koa app) to the issuer. */
export function pinOrigin(app: Pick<Koa, 'request'>, issuer: string): void {
  const { host, hostname, protocol } = new URL(issuer);
  const fixed = {
    host,
    hostname,
    protocol: protocol.slice(0, -1),
    secure: protocol === 'https:',
    origin: issuer,
    subdomains: [],
  };
  for (const [name, value] of Object.entries(fixed)) {
    Object.defineProperty(app.request, name, { get: () => value, configurable: true });
  }
  Object.defineProperty(app.request, 'href', {
    get(this: Koa.Request) {
      return issuer + this.originalUrl;
    },
    configurable: true,
  });
}

/**
 * Refuses requests that were sent to another name than the issuer's (421, RFC 9110 §15.5.20), and those whose
 * request line names a host of its own: nobody but a forward proxy is sent such a one.
 */
export function requireHost(issuer: string): Middleware {
  const { host, protocol } = new URL(issuer);
  const defaultPort = protocol === 'https:' ? ':443' : ':80';
  return async (ctx, next) => {
    const asked = (ctx.req.headers.host ?? '').toLowerCase();
    const name = asked.endsWith(defaultPort) ? asked.slice(0, -defaultPort.length) : asked;
    if (name !== host || !ctx.originalUrl.startsWith('/')) throw new Refusal('misdirected');
    await next();
  };
}
