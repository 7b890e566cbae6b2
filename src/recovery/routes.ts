import type Router from 'koa-router';
import { METER_SCRIPTS } from '../accounts/meter/password-meter';
import type { Context } from '../http/context';
import { defineCookie } from '../http/cookies';
import type { Forms } from '../http/forms';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { Problems } from '../errors';
import {
  newPasswordProblems,
  openSetPasswordLink,
  setPassword,
  type SetPasswordLink,
  type SetPasswordTools,
} from './set-password';

export interface RecoveryParts extends SetPasswordTools {
  router: Router;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
}

const PATH = '/set-password';
const HOUR = 3600;

/** The set-password page. The token leaves the address at once: it goes into a cookie and out of history and referrers. */
export function addRecoveryRoutes(parts: RecoveryParts): void {
  const { router, forms, render } = parts;
  const cookie = defineCookie(parts.issuer, 'set_password');

  router.get(PATH, (async (ctx: Context) => {
    const { token } = ctx.query;
    if (typeof token === 'string') {
      // Only the signs a token has: a cookie cannot carry all that an address can.
      cookie.write(ctx, token.replace(/[^\w-]/g, '').slice(0, 200), HOUR);
      ctx.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
      ctx.status = 303;
      ctx.redirect(PATH);
      return;
    }
    const link = await openSetPasswordLink(parts, cookie.read(ctx) ?? '');
    if (link.state === 'live') showForm(parts, ctx, link);
    else showDeadLink(render, ctx, link.state);
  }) as Router.IMiddleware);

  router.post(PATH, (async (ctx: Context) => {
    const form = forms.read(ctx, PATH);
    const token = cookie.read(ctx) ?? '';
    const link = await openSetPasswordLink(parts, token);
    if (link.state !== 'live') {
      showDeadLink(render, ctx, link.state);
      return;
    }
    if (parts.locale.choose(ctx, form.lang)) {
      showForm(parts, ctx, link);
      return;
    }
    const password = form.password ?? '';
    const problems = newPasswordProblems(password, form.password_repeated ?? '', link.words);
    if (Object.keys(problems).length > 0) {
      showForm(parts, ctx, link, problems);
      return;
    }
    const outcome = await setPassword(parts, token, password);
    if (outcome !== 'done') {
      showDeadLink(render, ctx, outcome);
      return;
    }
    cookie.clear(ctx);
    ctx.status = 303;
    ctx.redirect(`${PATH}/done`);
  }) as Router.IMiddleware);

  router.get(`${PATH}/done`, (async (ctx: Context) => {
    render(ctx, { view: 'recovery/password-set', title: 'password_set.title' });
    return Promise.resolve();
  }) as Router.IMiddleware);
}

function showForm(
  parts: RecoveryParts,
  ctx: Context,
  link: Extract<SetPasswordLink, { state: 'live' }>,
  problems?: Problems,
): void {
  parts.render(ctx, {
    view: 'recovery/set-password',
    title: 'set_password.title',
    problems,
    form: { id: 'set-password', action: PATH },
    values: {
      email: link.email,
      words: link.words,
      scripts: METER_SCRIPTS,
      formToken: parts.forms.token(ctx, PATH),
    },
  });
}

function showDeadLink(render: Render, ctx: Context, state: string): void {
  render(ctx, {
    view: 'recovery/dead-link',
    title: `dead_link.${state}.title`,
    status: 410,
    values: { state },
  });
}
