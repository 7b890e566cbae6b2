import type Router from 'koa-router';
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { SET_PASSWORD } from '../../accounts/create-account';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { defineCookie, KNOWN_BROWSER, knownBrowserMark, YEAR } from '../../http/cookies';
import { mailedLink } from '../../http/pages/mailed-link';
import type { RecoveryParts } from '../parts';
import { showPasswordSet } from '../password-set';
import {
  newPasswordProblems,
  openSetPassword,
  setPassword,
  type OpenedPassword,
  type PasswordRight,
} from '../set-password';

const PATH = '/set-password';

/** The page behind a mailed link. */
export function addSetPasswordRoutes(router: Router, parts: RecoveryParts): void {
  const { forms } = parts;
  const mailed = mailedLink(parts.issuer, 'set_password', PATH);
  const known = defineCookie(parts.issuer, KNOWN_BROWSER);
  const right = (ctx: Context): PasswordRight => ({ purpose: SET_PASSWORD, token: mailed.token(ctx) });

  router.get(PATH, (async (ctx: Context) => {
    if (mailed.enters(ctx)) return;
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
    const problems = await newPasswordProblems(
      parts,
      { password, repeated: form.password_repeated ?? '' },
      link.words,
    );
    if (Object.keys(problems).length > 0) return showForm(parts, ctx, link, problems);
    const result = await setPassword(parts, right(ctx), password);
    if (result.outcome === 'password_same') return showForm(parts, ctx, link, { password: result.outcome });
    if (result.outcome !== 'done') return showDeadLink(parts, ctx, result.outcome);
    mailed.clear(ctx);
    known.write(ctx, knownBrowserMark(result.accountId), YEAR);
    ctx.status = 303;
    ctx.redirect(`${PATH}/done`);
  }) as Router.IMiddleware);

  router.get(`${PATH}/done`, ((ctx: Context) => showPasswordSet(parts, ctx)) as Router.IMiddleware);
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
