import type Router from 'koa-router';
import type { Context, Middleware } from '../http/context';
import { defineCookie } from '../http/cookies';
import { addCompanyRoutes } from './company/routes';
import { addEmailRoutes } from './email/routes';
import { CHOOSER_PATH, isUnchosen, postChooser, showChooser } from './pages/chooser';
import { DONE_PATH, showDone } from './pages/done';
import { addPageFiles } from './pages/routes';
import { goTo, isOpen, onward, stepOf, turnOf, WIZARD_PURPOSE, type Wizard } from './pages/wizard-pages';
import type { RegistrationParts } from './parts';
import { addAccountPowerRoutes } from './power/account/routes';
import { addPowerRoutes } from './power/routes';
import { createWizardPlace, WIZARD_POWER_PATH } from './power/wizard-place';
import { findStep, type Paths } from './registration';
import { pagesOf } from './steps';
import { createVisits } from './visit';
import { addWaitingRoutes } from './waiting/routes';

const PATH = '/register';

/**
 * The wizard at /register. It is entered there, or from a sign-in page that its relying party sent the person to.
 * Gives the page for the prompt `approval`.
 */
export function addRegistrationRoutes(router: Router, parts: RegistrationParts): Middleware {
  const unknown = parts.ownPaths.find((name) => !Object.hasOwn(parts.paths, name));
  if (unknown !== undefined)
    throw new Error(
      `REGISTRATION_PATHS must be of ${Object.keys(parts.paths).join(', ')}; ${unknown} is none of them`,
    );
  const visits = createVisits(parts, defineCookie(parts.issuer, 'registration'));
  const wizard: Wizard = { parts, visits };

  router.get('/interaction/:uid/register', (async (ctx: Context) => {
    const { brand, uid } = await parts.interactions.details(ctx);
    await visits.begin(ctx, brand.clientId, uid);
    onward(ctx);
  }) as Router.IMiddleware);

  router.get(PATH, ((ctx: Context) => showDue(wizard, ctx)) as Router.IMiddleware);
  for (const name of stepNames(parts.paths))
    router.post(`${PATH}/${name}`, ((ctx: Context) => postStep(wizard, ctx, name)) as Router.IMiddleware);
  router.post(CHOOSER_PATH, ((ctx: Context) => postChooser(wizard, ctx)) as Router.IMiddleware);
  router.get(DONE_PATH, ((ctx: Context) => showDone(wizard, ctx)) as Router.IMiddleware);
  addCancelRoutes(router, wizard);
  addPageFiles(router, parts);
  addCompanyRoutes(router, parts, visits);
  addEmailRoutes(router, parts);
  addPowerRoutes(router, parts, WIZARD_POWER_PATH, createWizardPlace(parts, visits));
  addAccountPowerRoutes(router, parts);
  return addWaitingRoutes(router, parts);
}

const stepNames = (paths: Paths): Set<string> =>
  new Set(Object.values(paths).flatMap(({ steps }) => steps.map(({ name }) => name)));

function addCancelRoutes(router: Router, { parts, visits }: Wizard): void {
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
}

/** The page that is due, or an earlier one that is asked for by `?step=`. */
async function showDue(wizard: Wizard, ctx: Context): Promise<void> {
  const turn = await turnOf(wizard, ctx);
  const asked = ctx.query.step;
  const { accountId } = turn.registration;
  const choosesAnew =
    asked === 'path' && accountId === null && (await wizard.visits.offered(turn.registration)).length > 1;
  if (isUnchosen(turn) || choosesAnew) return showChooser(wizard, turn);
  const step = typeof asked === 'string' ? findStep(turn.path, asked) : undefined;
  const shown = step && isOpen(turn, step) ? step : stepOf(turn);
  await pagesOf(shown).show(wizard, turn, shown);
}

/** Takes what was sent to a step, where that step is due or may be told anew; everything else leads onward. */
async function postStep(wizard: Wizard, ctx: Context, name: string): Promise<void> {
  const form = wizard.parts.forms.read(ctx, WIZARD_PURPOSE);
  const turn = await turnOf(wizard, ctx);
  const step = findStep(turn.path, name);
  if (isUnchosen(turn) || !step || !isOpen(turn, step)) return onward(ctx);
  await pagesOf(step).post(wizard, turn, step, form);
}
