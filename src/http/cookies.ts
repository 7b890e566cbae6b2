/** Our own cookies: signed, HttpOnly, and with the __Host- prefix wherever the issuer is https. */
import type Koa from 'koa';
import { randomToken } from '../secrets';

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

/** Seconds. */
export const YEAR = 365 * 24 * 3600;

/**
 * The cookie of a browser that has shown to be its owner's: it signed in, or its owner chose a new password in it.
 * It opens nothing. Failed sign-ins of such a browser are counted by themselves, so that a stranger who uses up
 * everybody else's tries does not lock the owner out.
 */
export const KNOWN_BROWSER = 'known';

/** A fresh value: `<account id>.<random>`. */
export function knownBrowserMark(accountId: string): string {
  return `${accountId}.${randomToken(16)}`;
}

/** The random part, when the mark is this account's. */
export function readKnownBrowser(
  accountId: string | undefined,
  cookie: string | undefined,
): string | undefined {
  const [id, mark] = (cookie ?? '').split('.');
  return accountId !== undefined && id === accountId && mark ? mark : undefined;
}
