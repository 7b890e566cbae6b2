import type Router from 'koa-router';
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { SET_PASSWORD } from '../../accounts/create-account';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { defineCookie, KNOWN_BROWSER, knownBrowserMark, YEAR } from '../../http/cookies';
import type { RecoveryParts } from '../parts';
import {
  newPasswordProblems,
  openSetPassword,
  setPassword,
  type OpenedPassword,
  type PasswordRight,
} from '../set-password';

const PATH = '/set-password';
const HOUR = 3600;

/** The page behind a mailed link. The token leaves the address at once: it goes into a cookie and out of history and referrers. */
export function addSetPasswordRoutes(router: Router, parts: RecoveryParts): void {
  const { forms } = parts;
  const cookie = defineCookie(parts.issuer, 'set_password');
  const known = defineCookie(parts.issuer, KNOWN_BROWSER);
  const right = (ctx: Context): PasswordRight => ({ purpose: SET_PASSWORD, token: cookie.read(ctx) ?? '' });

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
    const link = await openSetPassword(parts, right(ctx));
    if (link.state === 'live') showForm(parts, ctx, link);
    else showDeadLink(parts, ctx, link.state);
  }) as Router.IMiddleware);

  router.post(PATH, (async (ctx: Context) => {
    const form = forms.read(ctx, PATH);
    const link = await openSetPassword(parts, right(ctx));
    if (link.state !== 'live') return showDeadLink(parts, ctx, link.state);
    if (parts.locale.choose(ctx, form.lang)) return showForm(parts, ctx, link);
    const password = form.password ?? '';
    const problems = newPasswordProblems(password, form.password_repeated ?? '', link.words);
    if (Object.keys(problems).length > 0) return showForm(parts, ctx, link, problems);
    const result = await setPassword(parts, right(ctx), password);
    if (result.outcome === 'password_same') return showForm(parts, ctx, link, { password: result.outcome });
    if (result.outcome !== 'done') return showDeadLink(parts, ctx, result.outcome);
    cookie.clear(ctx);
    known.write(ctx, knownBrowserMark(result.accountId), YEAR);
    ctx.status = 303;
    ctx.redirect(`${PATH}/done`);
  }) as Router.IMiddleware);

  router.get(`${PATH}/done`, (async (ctx: Context) => {
    // In the browser where the recovery began there is a sign-in to go back to.
    const visit = await parts.visits.current(ctx);
    parts.render(ctx, {
      view: 'recovery/password-set',
      title: 'password_set.title',
      values: { interaction: visit.interaction, client: visit.clientId },
    });
  }) as Router.IMiddleware);
}

function showForm(
  parts: RecoveryParts,
  ctx: Context,
  link: Extract<OpenedPassword, { state: 'live' }>,
  problems?: Problems,
): void {
  parts.render(ctx, {
    view: 'recovery/set-password',
    title: 'set_password.title',
    problems,
    form: { id: 'set-password', action: PATH },
    values: {
      name: link.name,
      shown: link.shown,
      words: link.words,
      scripts: METER_SCRIPTS,
      formToken: parts.forms.token(ctx, PATH),
    },
  });
}

function showDeadLink({ render }: RecoveryParts, ctx: Context, state: string): void {
  render(ctx, {
    view: 'recovery/dead-link',
    title: `dead_link.${state}.title`,
    status: 410,
    values: { state },
  });
}
