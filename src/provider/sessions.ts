/**
 * The session port over oidc-provider's own session. Our pages sign people in through the front door: a client of
 * their own asks with `response_type=none` (OAuth 2.0 Multiple Response Types §4), so that nothing is issued, and
 * the return path travels in `state`, bound to the browser.
 */
import type Router from 'koa-router';
import { isInForce } from '../accounts/account';
import { findSession } from '../accounts/sessions/store';
import { findProfile } from '../accounts/store';
import { OWN_CLIENT_ID } from '../clients/client';
import type { Context } from '../http/context';
import type { Forms } from '../http/forms';
import { OWN_PAGES, type Sessions } from '../http/sessions';
import { sameText } from '../secrets';
import type { Database } from '../storage/tables';
import { OWN_REDIRECT_PATH } from './own-client';
import type { ProviderHolder } from './provider';

export interface SessionParts {
  issuer: string;
  db: Database;
  router: Router;
  holder: ProviderHolder;
  forms: Forms;
}

/** Gives the port and adds the page that a sign-in comes back to. */
export function createSessions({ issuer, db, router, holder, forms }: SessionParts): Sessions {
  const seal = (ctx: Context, path: string): string => forms.token(ctx, `signed_in:${path}`);

  router.get(OWN_REDIRECT_PATH, (async (ctx: Context) => {
    const [token = '', path = ''] = String(ctx.query.state).split(' ', 2);
    const sound = isOwnPage(path) && sameText(token, seal(ctx, path));
    redirect(ctx, sound && ctx.query.error === undefined ? path : '/');
    return Promise.resolve();
  }) as Router.IMiddleware);

  return {
    current: async (ctx) => {
      // The library's types want a context of its own; it reads request and response only.
      const session = await holder.provider().Session.get(ctx);
      const { accountId, loginTs } = session;
      if (accountId === undefined || loginTs === undefined) return undefined;
      const authTime = new Date(loginTs * 1000);
      const [person, known] = await Promise.all([findProfile(db, accountId), findSession(db, session.uid)]);
      if (!known || known.endedAt || known.accountId !== accountId) return undefined;
      return person && isInForce(person, authTime) ? { accountId, authTime, uid: session.uid } : undefined;
    },
    signIn: (ctx, returnTo, { maxAge } = {}) => {
      if (!isOwnPage(returnTo)) throw new Error(`a sign-in may not lead back to ${returnTo}`);
      const request = new URLSearchParams({
        client_id: OWN_CLIENT_ID,
        response_type: 'none',
        redirect_uri: `${issuer}${OWN_REDIRECT_PATH}`,
        scope: 'openid',
        state: `${seal(ctx, returnTo)} ${returnTo}`,
        ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
      });
      redirect(ctx, `/auth?${request.toString()}`);
    },
  };
}

/** Plain paths only: nothing that a browser could read as another host, or as a way up. */
function isOwnPage(path: string): boolean {
  return /^(\/[\w-]+)+$/.test(path) && OWN_PAGES.some((page) => path === page || path.startsWith(`${page}/`));
}

function redirect(ctx: Context, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}
