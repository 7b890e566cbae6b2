/**
 * Reading forms. Each form carries a token bound to the browser (a random signed cookie), to the form's purpose
 * and made with our key; a form sent from another site has neither the cookie nor the token. Sign-in needs this
 * too: else a stranger signs a person into the stranger's account (login CSRF).
 */
import { bodyParser } from '@koa/bodyparser';
import { Refusal } from '../errors';
import { randomToken, type Secrets } from '../secrets';
import type { Context, Middleware } from './context';
import { defineCookie } from './cookies';

export type Form = Readonly<Record<string, string | undefined>>;

export interface Forms {
  /** The browser's random id; made at the first page. */
  browser(ctx: Context): string;
  /** The token to put into a form as `form_token`. */
  token(ctx: Context, purpose: string): string;
  /** The posted fields. @throws Refusal forged_form | bad_request */
  read(ctx: Context, purpose: string): Form;
}

/** Parses small urlencoded bodies; everything else is refused before it is read. */
export function parseForms(): Middleware {
  const parse = bodyParser({
    enableTypes: ['form'],
    formLimit: '56kb',
    encoding: 'utf-8',
    onError: (error) => {
      const tooLarge = (error as { status?: number }).status === 413;
      throw new Refusal(tooLarge ? 'body_too_large' : 'bad_request', undefined, { cause: error });
    },
  });
  return (ctx, next) => parse(ctx, next);
}

export function createForms(issuer: string, secrets: Secrets): Forms {
  const cookie = defineCookie(issuer, 'browser');
  const fresh = new WeakMap<object, string>();
  const browser = (ctx: Context): string => {
    const known = fresh.get(ctx.req) ?? cookie.read(ctx);
    if (known) return known;
    const made = randomToken(16);
    fresh.set(ctx.req, made);
    cookie.write(ctx, made);
    return made;
  };
  const bound = (ctx: Context, purpose: string): string => `${purpose}\n${browser(ctx)}`;
  return {
    browser,
    token: (ctx, purpose) => secrets.mac('form', bound(ctx, purpose)),
    read: (ctx, purpose) => {
      if (!sameSite(ctx, issuer)) throw new Refusal('forged_form');
      const form = textFields(ctx.request.body);
      if (!cookie.read(ctx) || !secrets.verify('form', bound(ctx, purpose), form.form_token ?? '')) {
        throw new Refusal('forged_form');
      }
      return form;
    },
  };
}

/** What the browser itself says of where the form came from; old browsers say nothing and rest on the token. */
function sameSite(ctx: Context, issuer: string): boolean {
  const site = ctx.get('sec-fetch-site');
  const origin = ctx.get('origin');
  return (site === '' || site === 'same-origin' || site === 'none') && (origin === '' || origin === issuer);
}

/** Only plain text fields; what was sent twice or nested is refused. */
function textFields(body: unknown): Form {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  if (typeof body !== 'object' || body === null) throw new Refusal('bad_request');
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string') throw new Refusal('bad_request');
    fields[name] = value;
  }
  return fields;
}
