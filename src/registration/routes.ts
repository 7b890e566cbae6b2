import type Router from 'koa-router';
import type { Problems } from '../errors';
import type { Context, Middleware } from '../http/context';
import { defineCookie } from '../http/cookies';
import { openAnswers } from './answers';
import { chooseCompany, type CompanyChoice } from './choose-company';
import { checkTyped, readTyped } from './data-form';
import { addEmailRoutes } from './email/routes';
import { addPageFiles } from './pages/routes';
import { createWizardPages, wizardBinding, WIZARD_PURPOSE, type WizardPages } from './pages/wizard-pages';
import type { RegistrationParts } from './parts';
import { findPath } from './paths';
import { resendCode, resendMail, saveAnswers, submitPassword, type RegistrationTools } from './register';
import { nextStep, type Answers, type Registration, type StepName } from './registration';
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
    const back = ctx.query.step === 'data' && registration.submittedAt === null;
    await pages.show(ctx, registration, back ? 'data' : stepOf(parts, registration));
  }) as Router.IMiddleware);

  router.post(`${PATH}/data`, ((ctx: Context) => postData(parts, visits, pages, ctx)) as Router.IMiddleware);
  router.post(`${PATH}/password`, ((ctx: Context) =>
    postPassword(parts, visits, pages, ctx)) as Router.IMiddleware);
  router.post(`${PATH}/finish`, ((ctx: Context) =>
    postFinish(parts, visits, pages, ctx)) as Router.IMiddleware);
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
  addEmailRoutes(router, parts);
  return addWaitingRoutes(router, parts);
}

function stepOf({ secrets }: RegistrationTools, registration: Registration): StepName {
  return nextStep(findPath(registration.path), registration, openAnswers(secrets, registration)?.phone);
}

function goTo(ctx: Context, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}

/** Back to the page that is due, whatever was posted: double clicks, old tabs and forged addresses all end here. */
function onward(ctx: Context): void {
  goTo(ctx, PATH);
}

async function postData(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
): Promise<void> {
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const registration = await visits.current(ctx);
  const typed = readTyped(form);
  if (registration.submittedAt !== null) return onward(ctx);
  if (parts.locale.choose(ctx, form.lang) || form.action === 'refresh') return pages.showData(ctx, typed, {});
  const human = await parts.captcha.check(wizardBinding(parts, ctx), form);
  const { data, problems } = checkTyped(typed);
  if (!human) problems.captcha = form.captcha?.trim() ? 'captcha_wrong' : 'captcha_required';
  // Programs get no look into the directories, and each look may cost.
  const choice: CompanyChoice =
    data && human ? await chooseCompany(parts.directories, data.unit, typed.companyName) : { problems: {} };
  const all: Problems = { ...problems, ...choice.problems };
  if (!data || !choice.company || Object.keys(all).length > 0) return pages.showData(ctx, typed, all, choice);
  const { unit, ...person } = data;
  const answers: Answers = { ...person, ...unit, company: choice.company, consents: consents(parts, ctx) };
  const problem = await pages.limited(ctx, () =>
    saveAnswers(parts, registration, answers, ctx.state.address),
  );
  if (problem) return pages.showData(ctx, typed, { form: problem }, choice);
  onward(ctx);
}

function consents({ documents, clock }: RegistrationParts, ctx: Context): Answers['consents'] {
  const facts = {
    address: ctx.state.address,
    userAgent: ctx.get('user-agent').slice(0, 300),
    at: clock.now().toISOString(),
  };
  return documents.map(({ name, version, textHash }) => ({ document: name, version, textHash, ...facts }));
}

async function postPassword(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
): Promise<void> {
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const registration = await visits.current(ctx);
  if (stepOf(parts, registration) !== 'password') return onward(ctx);
  if (parts.locale.choose(ctx, form.lang)) return pages.show(ctx, registration, 'password');
  if (form.action === 'resend') {
    const problem = await pages.limited(ctx, () => resendCode(parts, registration, ctx.state.address));
    return problem ? pages.show(ctx, registration, 'password', { code: problem }) : onward(ctx);
  }
  const typed = {
    code: form.code ?? '',
    password: form.password ?? '',
    repeated: form.password_repeated ?? '',
  };
  const result = await submitPassword(parts, registration, typed);
  if (typeof result === 'string') return onward(ctx);
  // A right code has been kept, so the row is read anew.
  return pages.show(ctx, await visits.current(ctx), 'password', result.problems);
}

async function postFinish(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
): Promise<void> {
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const registration = await visits.current(ctx);
  if (stepOf(parts, registration) !== 'finish') return onward(ctx);
  if (parts.locale.choose(ctx, form.lang)) return pages.show(ctx, registration, 'finish');
  if (form.action === 'resend') {
    const problem = await pages.limited(ctx, () => resendMail(parts, registration));
    return pages.show(ctx, registration, 'finish', problem ? { form: problem } : {}, problem === undefined);
  }
  const interaction = visits.interaction(ctx);
  visits.end(ctx);
  goTo(ctx, interaction === undefined ? '/' : `/interaction/${interaction}`);
}
