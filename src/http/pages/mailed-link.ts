/**
 * The entrance of a mailed link. The token leaves the address at once, for a cookie: out of the history, out of
 * referrers, out of the address bar that others look at. What stands behind it has no effect until a form is sent, since
 * mail scanners open links, too.
 */
import type { Context } from '../context';
import { defineCookie } from '../cookies';

export interface MailedLink {
  /** Takes the token out of the address; true when the request was answered with that. */
  enters(ctx: Context): boolean;
  /** The token that this browser brought; empty without one. */
  token(ctx: Context): string;
  /** Shows the page behind the link anew. */
  again(ctx: Context): void;
  /** The link is spent. */
  clear(ctx: Context): void;
}

/** Seconds the browser keeps the token. */
const HOUR = 3600;
const LONGEST = 200;

/**
 * @param name of the cookie
 * @param path of the page; the mail links to it with `?token=`
 */
export function mailedLink(issuer: string, name: string, path: string): MailedLink {
  const cookie = defineCookie(issuer, name);
  const again = (ctx: Context): void => {
    ctx.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    ctx.status = 303;
    ctx.redirect(path);
  };
  return {
    enters: (ctx) => {
      const { token } = ctx.query;
      if (typeof token !== 'string') return false;
      // Only the signs a token has: a cookie cannot carry all that an address can.
      cookie.write(ctx, token.replace(/[^\w-]/g, '').slice(0, LONGEST), HOUR);
      again(ctx);
      return true;
    },
    token: (ctx) => cookie.read(ctx) ?? '',
    again,
    clear: (ctx) => {
      cookie.clear(ctx);
    },
  };
}
