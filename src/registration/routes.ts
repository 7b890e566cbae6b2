import type Router from 'koa-router';
import type { Context, Middleware } from '../http/context';
import { defineCookie } from '../http/cookies';
import { addCompanyRoutes } from './company/routes';
import { addEmailRoutes } from './email/routes';
import { keepToldLogin, readToldLogin } from './legacy/told-login';
import { postData } from './pages/post-data';
import { postFinish, showDone } from './pages/post-finish';
import { addPageFiles } from './pages/routes';
import {
  createWizardPages,
  goTo,
  onward,
  stepOf,
  tellScript,
  WIZARD_PURPOSE,
  type WizardPages,
} from './pages/wizard-pages';
import type { RegistrationParts } from './parts';
import { codeWait, resendCode, submitPassword } from './register';
import { addAccountPowerRoutes } from './power/account/routes';
import { addPowerRoutes } from './power/routes';
import { createWizardPlace, WIZARD_POWER_PATH } from './power/wizard-place';
import { createVisits, type Visits } from './visit';
import { addWaitingRoutes } from './waiting/routes';

const PATH = '/register';

/**
 * The wizard at /register. It is entered there, or from a sign-in page that its relying party sent the person to.
 * Gives the page for the prompt `approval`.
 */
export function addRegistrationRoutes(router: Router, parts: RegistrationParts): Middleware {
  const visits = createVisits(parts, defineCookie(parts.issuer, 'registration'));
  const pages = createWizardPages(parts, visits);

  router.get('/interaction/:uid/register', (async (ctx: Context) => {
    const { brand, uid } = await parts.interactions.details(ctx);
    await visits.begin(ctx, brand.clientId, uid);
    onward(ctx);
  }) as Router.IMiddleware);

  router.get(PATH, (async (ctx: Context) => {
    const registration = await visits.current(ctx);
    const back = ctx.query.step === 'data' && registration.accountId === null;
    await pages.show(ctx, registration, back ? 'data' : stepOf(parts, registration));
  }) as Router.IMiddleware);

  router.post(`${PATH}/data`, ((ctx: Context) => postData(parts, visits, pages, ctx)) as Router.IMiddleware);
  router.post(`${PATH}/password`, ((ctx: Context) =>
    postPassword(parts, visits, pages, ctx)) as Router.IMiddleware);
  router.post(`${PATH}/finish`, ((ctx: Context) =>
    postFinish(parts, visits, pages, ctx)) as Router.IMiddleware);
  router.get(`${PATH}/done`, ((ctx: Context) => showDone(parts, visits, ctx)) as Router.IMiddleware);
  router.post(`${PATH}/cancel`, (async (ctx: Context) => {
    parts.forms.read(ctx, WIZARD_PURPOSE);
    visits.end(ctx);
    goTo(ctx, '/');
    return Promise.resolve();
  }) as Router.IMiddleware);
  router.post('/interaction/:uid/register/cancel', (async (ctx: Context) => {
    await parts.interactions.details(ctx);
    parts.forms.read(ctx, WIZARD_PURPOSE);
    visits.end(ctx);
    await parts.interactions.cancel(ctx);
  }) as Router.IMiddleware);
  addPageFiles(router, parts);
  addCompanyRoutes(router, parts, visits);
  addEmailRoutes(router, parts);
  addPowerRoutes(router, parts, WIZARD_POWER_PATH, createWizardPlace(parts, visits));
  addAccountPowerRoutes(router, parts);
  return addWaitingRoutes(router, parts);
}

async function postPassword(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
): Promise<void> {
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const current = await visits.current(ctx);
  if (stepOf(parts, current) !== 'password') return onward(ctx);
  const registration = await keepToldLogin(parts, current, readToldLogin(form));
  if (!registration) return onward(ctx);
  if (parts.locale.choose(ctx, form.lang)) return pages.show(ctx, registration, 'password');
  if (form.action === 'resend') {
    const problem = await pages.limited(ctx, () => resendCode(parts, registration, ctx.state.address));
    const wait = codeWait(await visits.current(ctx), parts.clock.now());
    if (tellScript(ctx, problem, wait)) return;
    return problem ? pages.show(ctx, registration, 'password', { code: problem }) : onward(ctx);
  }
  const typed = {
    code: form.code ?? '',
    password: form.password ?? '',
    repeated: form.password_repeated ?? '',
    old: { password: form.legacy_password ?? '', address: ctx.state.address },
  };
  const result = await submitPassword(parts, registration, typed);
  if (typeof result === 'string') return onward(ctx);
  // A right code has been kept, so the row is read anew.
  return pages.show(ctx, await visits.current(ctx), 'password', result.problems);
}
