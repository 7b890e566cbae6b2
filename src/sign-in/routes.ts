import type Router from 'koa-router';
import type { Captcha, CaptchaBinding } from '../captcha/captcha';
import { Refusal, type Problems } from '../errors';
import type { Context, Middleware } from '../http/context';
import { defineCookie, KNOWN_BROWSER, knownBrowserMark, YEAR } from '../http/cookies';
import type { Form, Forms } from '../http/forms';
import type { InteractionDetails, Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import { tryPassword, type PasswordSignInTools } from './methods/password';
import { canonicalName, chooseTab, nameProblem, readTypedName } from './names';
import { captchaBinding, challengeLinks, showPage, type PageState } from './page';
import type { SignInOutcome } from './sign-in';

export interface SignInParts extends PasswordSignInTools {
  issuer: string;
  router: Router;
  interactions: Interactions;
  captcha: Captcha;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
  /** Told the outcome of every try. */
  count(outcome: string): void;
}

/** Adds the routes of signing in and gives back the page for the prompt `login`. */
export function addSignInRoutes(parts: SignInParts): Middleware {
  const { router, interactions } = parts;
  const known = defineCookie(parts.issuer, KNOWN_BROWSER);

  const page: Middleware = async (ctx) => {
    const details = await interactions.details(ctx);
    const { loginHint: hint, signInNames: kinds } = details;
    parts.locale.suggest(ctx, details.uiLocales);
    const tab = chooseTab(kinds, ctx.query.by, hint);
    // A hint of another kind is no use in this field.
    const fits = hint !== undefined && chooseTab(kinds, undefined, hint) === tab;
    const typed = readTypedName(tab, fits ? { identifier: hint, phone: hint } : {});
    await showPage(parts, ctx, details, { typed, remember: false });
  };

  router.get('/interaction/:uid/sign-in', page as Router.IMiddleware);

  router.post('/interaction/:uid/sign-in', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    const form = parts.forms.read(ctx, `sign_in:${details.uid}`);
    const tab = chooseTab(details.signInNames, form.by, undefined);
    const state: PageState = { typed: readTypedName(tab, form), remember: form.remember === 'yes' };
    if (parts.locale.choose(ctx, form.lang) || form.action === 'refresh') {
      const focus = form.action === 'refresh' ? 'captcha' : undefined;
      await showPage(parts, ctx, details, { ...state, focus });
      return;
    }
    const problems = await formProblems(parts, ctx, details, form, state);
    if (Object.keys(problems).length > 0) {
      parts.count('bad_form');
      await showPage(parts, ctx, details, { ...state, problems });
      return;
    }
    const attempt = {
      name: canonicalName(details.signInNames, state.typed),
      password: form.password ?? '',
      knownBrowser: known.read(ctx),
      clientId: details.brand.clientId,
      ...ctx.state,
    };
    const result = await limited(ctx, () => tryPassword(parts, attempt));
    parts.count(result.outcome);
    if (result.outcome === 'signed_in') {
      const { accountId, at, release } = result;
      known.write(ctx, knownBrowserMark(accountId), YEAR);
      const signedIn = { accountId, amr: ['pwd'], at, remember: state.remember };
      await Promise.all([release(), interactions.signIn(ctx, signedIn)]);
    } else await showOutcome(parts, ctx, details, state, result);
  }) as Router.IMiddleware);

  router.post('/interaction/:uid/cancel', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    parts.forms.read(ctx, `sign_in:${details.uid}`);
    await interactions.cancel(ctx);
  }) as Router.IMiddleware);
  addCaptchaRoutes(parts);
  return page;
}

function addCaptchaRoutes(parts: SignInParts): void {
  const { router, captcha, forms } = parts;
  const file = (
    type: string,
    load: (id: string, bound: CaptchaBinding, ctx: Context) => Promise<Buffer | undefined>,
  ) =>
    (async (ctx: Context & { params: { uid: string; id: string } }) => {
      const body = await load(ctx.params.id, captchaBinding(parts, ctx, ctx.params.uid), ctx);
      if (!body) throw new Refusal('not_found');
      ctx.type = type;
      ctx.set({ 'Cache-Control': 'no-store' });
      ctx.body = body;
    }) as unknown as Router.IMiddleware;

  router.get(
    '/interaction/:uid/captcha/:id.png',
    file('image/png', (id, bound) => captcha.picture(id, bound)),
  );
  router.get(
    '/interaction/:uid/captcha/:id.wav',
    file('audio/wav', (id, bound, ctx) => captcha.audio(id, bound, ctx.state.locale)),
  );
  // For the refresh without reloading the page; without JavaScript the form's own button does the same.
  router.post('/interaction/:uid/captcha', (async (ctx: Context) => {
    const { uid } = await parts.interactions.details(ctx);
    forms.read(ctx, `sign_in:${uid}`);
    const challenge = await captcha.issue(captchaBinding(parts, ctx, uid));
    ctx.set('Cache-Control', 'no-store');
    ctx.body = challengeLinks(challenge, uid);
  }) as Router.IMiddleware);
}

async function formProblems(
  parts: SignInParts,
  ctx: Context,
  { uid, signInNames }: InteractionDetails,
  form: Form,
  { typed }: PageState,
): Promise<Problems> {
  const problems: Problems = {};
  const name = nameProblem(signInNames, typed);
  if (name) problems[typed.tab === 'phone' ? 'phone' : 'identifier'] = name;
  if (!form.password) problems.password = 'password_required';
  // A form with a hole in it still spends its captcha: the page brings a new one.
  if (!(await parts.captcha.check(captchaBinding(parts, ctx, uid), form)))
    problems.captcha = form.captcha?.trim() ? 'captcha_wrong' : 'captcha_required';
  return problems;
}

type Limited = { outcome: 'too_many_attempts'; retryAfter: number };

async function limited(
  ctx: Context,
  attempt: () => Promise<SignInOutcome>,
): Promise<SignInOutcome | Limited> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    const retryAfter = Math.ceil(error.retryAfter ?? 60);
    ctx.set('Retry-After', String(retryAfter));
    ctx.state.log.warn({ address: ctx.state.address }, 'sign-in limited');
    return { outcome: 'too_many_attempts', retryAfter };
  }
}

async function showOutcome(
  parts: SignInParts,
  ctx: Context,
  details: InteractionDetails,
  state: PageState,
  result: Exclude<SignInOutcome | Limited, { outcome: 'signed_in' }>,
): Promise<void> {
  if (result.outcome === 'blocked') {
    parts.render(ctx, {
      view: 'sign-in/blocked',
      title: 'blocked.title',
      status: 403,
      values: {
        reason: result.reason,
        cancel: `/interaction/${details.uid}/cancel`,
        formToken: parts.forms.token(ctx, `sign_in:${details.uid}`),
      },
    });
  } else if (result.outcome === 'too_many_attempts') {
    const minutes = Math.ceil(result.retryAfter / 60);
    const problems = { form: 'too_many_attempts' };
    await showPage(parts, ctx, details, { ...state, problems, minutes, status: 429 });
  } else {
    const problems = { form: wrongText(details, state) };
    await showPage(parts, ctx, details, { ...state, problems });
  }
}

function wrongText({ signInNames }: InteractionDetails, { typed }: PageState): string {
  if (typed.tab === 'phone') return 'sign_in_wrong_phone';
  return signInNames.includes('login') ? 'sign_in_wrong_login' : 'sign_in_wrong';
}
