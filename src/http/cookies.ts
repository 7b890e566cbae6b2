/** Our own cookies: signed, HttpOnly, and with the __Host- prefix wherever the issuer is https. */
import type Koa from 'koa';

/** The name under which a cookie travels: the prefix pins it to this host and to https (RFC 6265bis §4.1.3.2). */
export function cookieName(issuer: string, name: string): string {
  return issuer.startsWith('https:') ? `__Host-${name}` : name;
}

export interface Cookie {
  read(ctx: Pick<Koa.Context, 'cookies'>): string | undefined;
  /** @param maxAge seconds; a session cookie without it. */
  write(ctx: Pick<Koa.Context, 'cookies'>, value: string, maxAge?: number): void;
  clear(ctx: Pick<Koa.Context, 'cookies'>): void;
}

export function defineCookie(issuer: string, name: string): Cookie {
  const fullName = cookieName(issuer, name);
  const options = { httpOnly: true, sameSite: 'lax', path: '/', signed: true, overwrite: true } as const;
  return {
    read: (ctx) => ctx.cookies.get(fullName, { signed: true }),
    write: (ctx, value, maxAge) => {
      ctx.cookies.set(fullName, value, {
        ...options,
        maxAge: maxAge === undefined ? undefined : maxAge * 1000,
      });
    },
    clear: (ctx) => {
      ctx.cookies.set(fullName, null, options);
    },
  };
}
