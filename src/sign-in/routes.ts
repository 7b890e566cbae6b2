import type Router from 'koa-router';
import type { Captcha, CaptchaBinding, Challenge } from '../captcha/captcha';
import { Refusal, type Problems } from '../errors';
import type { Context, Middleware } from '../http/context';
import { defineCookie } from '../http/cookies';
import type { Form, Forms } from '../http/forms';
import type { InteractionDetails, Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import { randomToken } from '../secrets';
import { tryPassword, type PasswordSignInTools } from './methods/password';
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

const YEAR = 365 * 24 * 3600;
const PURPOSE = 'sign_in';

/** Adds the routes of signing in and gives back the page for the prompt `login`. */
export function addSignInRoutes(parts: SignInParts): Middleware {
  const { router, interactions, captcha, forms } = parts;
  const known = defineCookie(parts.issuer, 'known');
  const binding = (ctx: Context, uid: string): CaptchaBinding => ({
    purpose: PURPOSE,
    browser: forms.browser(ctx),
    context: uid,
  });

  const page: Middleware = async (ctx) => {
    const details = await interactions.details(ctx);
    parts.locale.suggest(ctx, details.uiLocales);
    await showPage(parts, ctx, details, { identifier: details.loginHint ?? '' });
  };

  router.get('/interaction/:uid/sign-in', page as Router.IMiddleware);

  router.post('/interaction/:uid/sign-in', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    const form = forms.read(ctx, `sign_in:${details.uid}`);
    const identifier = form.identifier ?? '';
    if (parts.locale.choose(ctx, form.lang) || form.action === 'refresh') {
      await showPage(parts, ctx, details, {
        identifier,
        focus: form.action === 'refresh' ? 'captcha' : undefined,
      });
      return;
    }
    const problems = await formProblems(captcha, binding(ctx, details.uid), form);
    if (Object.keys(problems).length > 0) {
      parts.count('bad_form');
      await showPage(parts, ctx, details, { identifier, problems });
      return;
    }
    const attempt = {
      identifier,
      password: form.password ?? '',
      knownBrowser: known.read(ctx),
      clientId: details.brand.clientId,
      ...ctx.state,
    };
    const result = await limited(ctx, () => tryPassword(parts, attempt));
    parts.count(result.outcome);
    if (result.outcome === 'signed_in') {
      known.write(ctx, `${result.accountId}.${randomToken(16)}`, YEAR);
      await interactions.signIn(ctx, { accountId: result.accountId, amr: ['pwd'], at: result.at });
    } else await showOutcome(parts, ctx, details, identifier, result);
  }) as Router.IMiddleware);

  router.post('/interaction/:uid/cancel', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    forms.read(ctx, `sign_in:${details.uid}`);
    await interactions.cancel(ctx);
  }) as Router.IMiddleware);

  router.get('/interaction/:uid/recovery', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    parts.locale.suggest(ctx, details.uiLocales);
    parts.render(ctx, {
      view: 'sign-in/not-yet',
      title: 'not_yet.recovery.title',
      values: { topic: 'recovery', back: `/interaction/${details.uid}` },
    });
  }) as Router.IMiddleware);
  addCaptchaRoutes(parts, binding);
  return page;
}

function addCaptchaRoutes(parts: SignInParts, binding: (ctx: Context, uid: string) => CaptchaBinding): void {
  const { router, captcha, forms } = parts;
  const file = (
    type: string,
    load: (id: string, bound: CaptchaBinding, ctx: Context) => Promise<Buffer | undefined>,
  ) =>
    (async (ctx: Context & { params: { uid: string; id: string } }) => {
      const body = await load(ctx.params.id, binding(ctx, ctx.params.uid), ctx);
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
    const challenge = await captcha.issue(binding(ctx, uid));
    ctx.set('Cache-Control', 'no-store');
    ctx.body = challengeLinks(challenge, uid);
  }) as Router.IMiddleware);
}

async function formProblems(captcha: Captcha, binding: CaptchaBinding, form: Form): Promise<Problems> {
  const problems: Problems = {};
  if (!form.identifier?.trim()) problems.identifier = 'identifier_required';
  if (!form.password) problems.password = 'password_required';
  // A form with a hole in it still spends its captcha: the page brings a new one.
  if (!(await captcha.check(binding, form)))
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
  identifier: string,
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
    await showPage(parts, ctx, details, {
      identifier,
      problems: { form: 'too_many_attempts' },
      minutes,
      status: 429,
    });
  } else await showPage(parts, ctx, details, { identifier, problems: { form: 'sign_in_wrong' } });
}

interface PageState {
  identifier: string;
  problems?: Problems;
  minutes?: number;
  status?: number;
  focus?: string;
}

async function showPage(
  parts: SignInParts,
  ctx: Context,
  details: InteractionDetails,
  state: PageState,
): Promise<void> {
  const { uid } = details;
  const challenge = await parts.captcha.issue({
    purpose: PURPOSE,
    browser: parts.forms.browser(ctx),
    context: uid,
  });
  const action = `/interaction/${uid}/sign-in`;
  parts.render(ctx, {
    view: 'sign-in/sign-in',
    title: 'sign_in.title',
    titleValues: { client: details.brand.name },
    status: state.status,
    problems: state.problems,
    form: { id: 'sign-in', action },
    values: {
      uid,
      identifier: state.identifier,
      minutes: state.minutes,
      focus: state.problems ? undefined : (state.focus ?? (state.identifier ? 'password' : 'identifier')),
      captcha: challengeLinks(challenge, uid),
      formToken: parts.forms.token(ctx, `sign_in:${uid}`),
    },
  });
}

function challengeLinks(
  challenge: Challenge,
  uid: string,
): { id: string; picture: string; audio: string } | undefined {
  if (challenge.kind === 'none') return undefined;
  const base = `/interaction/${uid}/captcha/${challenge.id}`;
  return { id: challenge.id, picture: `${base}.png`, audio: `${base}.wav` };
}
