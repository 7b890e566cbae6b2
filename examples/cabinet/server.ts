/**
 * A small relying party, written the way a real cabinet would do it: openid-client, code flow with PKCE, state and
 * nonce, sessions of its own, refresh, sign-out here and everywhere, back-channel logout.
 */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import Koa from 'koa';
import { bodyParser } from '@koa/bodyparser';
import * as oidc from 'openid-client';
import { page } from './page';

export interface CabinetOptions {
  issuer: string;
  /** The cabinet's own origin. */
  url: string;
  port: number;
  clientId: string;
  clientSecret: string;
}

interface Pending {
  verifier: string;
  nonce: string;
}

interface Visit {
  /** Sign-ins under way by their state: a person may start one in every tab. */
  pending: Map<string, Pending>;
  tokens?: oidc.TokenEndpointResponse;
  claims?: oidc.IDToken;
  note?: string;
}

/** Older ones of a visit are forgotten. */
const MOST_PENDING = 10;

const SCOPE = 'openid profile email phone companies legacy_accounts contracts';

/** Starts the cabinet; the returned function stops it. */
export async function startCabinet(options: CabinetOptions): Promise<() => Promise<void>> {
  const config = await oidc.discovery(
    new URL(options.issuer),
    options.clientId,
    options.clientSecret,
    undefined,
    {
      execute: options.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [],
    },
  );
  const app = createCabinet(options, config);
  const server = await new Promise<Server>((resolve, reject) => {
    const listening = app.listen(options.port, '127.0.0.1', () => {
      resolve(listening);
    });
    listening.once('error', reject);
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
}

function createCabinet(options: CabinetOptions, config: oidc.Configuration): Koa {
  const visits = new Map<string, Visit>();
  const app = new Koa();
  const redirectUri = `${options.url}/callback`;

  // Cookies know no ports: two cabinets on one machine need two names.
  const cookie = `cabinet_${options.port}`;

  const visitOf = (ctx: Koa.Context): Visit => {
    const known = ctx.cookies.get(cookie) ?? '';
    const visit = visits.get(known);
    if (visit) return visit;
    const id = randomBytes(16).toString('base64url');
    const made: Visit = { pending: new Map() };
    visits.set(id, made);
    ctx.cookies.set(cookie, id, { httpOnly: true, sameSite: 'lax' });
    return made;
  };

  const routes: Record<string, (ctx: Koa.Context) => Promise<void> | void> = {
    'GET /': (ctx) => {
      const visit = visitOf(ctx);
      const { claims, tokens, note } = visit;
      delete visit.note;
      ctx.type = 'html';
      ctx.body = page({ claims, note, canRefresh: tokens?.refresh_token !== undefined });
    },

    // Also its `initiate_login_uri`, where the cabinet has https (OIDC Core §4): the provider leads people here from its
    // own pages and mails, and says who it is.
    'GET /sign-in': async (ctx) => {
      if (ctx.query.iss !== undefined && ctx.query.iss !== options.issuer) {
        ctx.redirect('/');
        return;
      }
      const { pending } = visitOf(ctx);
      const state = oidc.randomState();
      const verifier = oidc.randomPKCECodeVerifier();
      const nonce = oidc.randomNonce();
      pending.set(state, { verifier, nonce });
      for (const old of [...pending.keys()].slice(0, -MOST_PENDING)) pending.delete(old);
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: SCOPE,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      ctx.redirect(url.href);
    },

    'GET /callback': async (ctx) => {
      const visit = visitOf(ctx);
      const state = String(ctx.query.state);
      const pending = visit.pending.get(state);
      visit.pending.delete(state);
      if (!pending) visit.note = 'Этот вход начат не здесь или давно. Войдите ещё раз.';
      else if (ctx.query.error === 'access_denied') visit.note = 'Вход отменён.';
      else {
        const checks = {
          pkceCodeVerifier: pending.verifier,
          expectedState: state,
          expectedNonce: pending.nonce,
        };
        try {
          const url = new URL(ctx.originalUrl, options.url);
          const tokens = await oidc.authorizationCodeGrant(config, url, checks);
          Object.assign(visit, { tokens, claims: tokens.claims(), note: undefined });
        } catch {
          // An old code, or a sign-in that the provider ended with an error.
          visit.note = 'Войти не получилось. Начните вход заново.';
        }
      }
      ctx.redirect('/');
    },

    'POST /refresh': async (ctx) => {
      const visit = visitOf(ctx);
      try {
        const tokens = await oidc.refreshTokenGrant(config, visit.tokens?.refresh_token ?? '');
        Object.assign(visit, { tokens, claims: tokens.claims() ?? visit.claims, note: 'Токены обновлены.' });
      } catch {
        Object.assign(visit, { tokens: undefined, claims: undefined, note: 'Вход завершён. Войдите снова.' });
      }
      ctx.redirect('/');
    },

    'POST /sign-out': async (ctx) => {
      const visit = visitOf(ctx);
      const token = visit.tokens?.refresh_token;
      if (token) await oidc.tokenRevocation(config, token);
      Object.assign(visit, { tokens: undefined, claims: undefined, note: 'Вы вышли из кабинета.' });
      ctx.redirect('/');
    },

    'POST /sign-out-everywhere': (ctx) => {
      const visit = visitOf(ctx);
      const idToken = visit.tokens?.id_token;
      Object.assign(visit, { tokens: undefined, claims: undefined, note: 'Вы вышли.' });
      const url = oidc.buildEndSessionUrl(config, {
        post_logout_redirect_uri: `${options.url}/`,
        ...(idToken === undefined ? {} : { id_token_hint: idToken }),
      });
      ctx.redirect(url.href);
    },

    // OIDC Back-Channel Logout §2.5–2.6: the provider tells us that this person's session is over.
    'POST /backchannel-logout': async (ctx) => {
      const { logout_token: token } = (ctx.request.body ?? {}) as { logout_token?: string };
      const { payload } = await jwtVerify(token ?? '', keys, {
        issuer: options.issuer,
        audience: options.clientId,
        typ: 'logout+jwt',
      });
      for (const visit of visits.values()) {
        const over = payload.sid ? visit.claims?.sid === payload.sid : visit.claims?.sub === payload.sub;
        // A sign-in that another tab has begun goes on.
        if (visit.claims && over) Object.assign(visit, { tokens: undefined, claims: undefined });
      }
      ctx.set('Cache-Control', 'no-store');
      ctx.body = '';
    },
  };
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));

  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.status = 400;
      ctx.type = 'html';
      ctx.body = page({
        note: `Не получилось: ${error instanceof Error ? error.message : 'ошибка'}`,
        canRefresh: false,
      });
    }
  });
  app.use(async (ctx, next) => {
    // The cabinet's own forms carry no secret of the person; a foreign site may not send them all the same.
    const site = ctx.get('sec-fetch-site');
    if (ctx.method === 'POST' && site !== '' && site !== 'same-origin') ctx.throw(403);
    await next();
  });
  app.use(bodyParser({ enableTypes: ['form'] }));
  app.use(async (ctx) => {
    await routes[`${ctx.method} ${ctx.path}`]?.(ctx);
  });
  return app;
}
