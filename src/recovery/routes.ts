import type Router from 'koa-router';
import { Refusal } from '../errors';
import type { Context } from '../http/context';
import { challengeLinks, recoveryBinding } from './captcha';
import { RECOVERY_PURPOSE, type RecoveryParts, type RecoveryStep } from './parts';
import { addSetPasswordRoutes } from './link/routes';
import { showPasswordSet } from './password-set';
import { STEPS } from './steps';
import { createVisits, type Visit } from './visit';

const PATH = '/recovery';

/** The pages of a recovery at /recovery, entered there or from a sign-in page, and the page behind the mailed link. */
export function addRecoveryRoutes(router: Router, given: Omit<RecoveryParts, 'visits'>): void {
  const parts: RecoveryParts = { ...given, visits: createVisits(given) };

  router.get('/interaction/:uid/recovery', (async (ctx: Context) => {
    const { uid, brand } = await parts.interactions.details(ctx);
    parts.visits.enter(ctx, uid, brand.clientId);
    goTo(ctx, `${PATH}?step=name&by=${ctx.query.by === 'phone' ? 'phone' : 'email'}`);
  }) as Router.IMiddleware);

  router.get(PATH, (async (ctx: Context) => {
    const visit = await parts.visits.current(ctx);
    const due = stepDue(visit);
    // Whoever mistyped the name may go back to it; nothing else can be chosen.
    const shown = ctx.query.step === 'name' && due?.name === 'code' ? STEPS[0] : due;
    if (!shown) return goTo(ctx, `${PATH}/done`);
    await shown.show(parts, ctx, visit);
    // What opened the form has gone meanwhile.
    if (ctx.body === undefined) goTo(ctx, `${PATH}/over`);
  }) as Router.IMiddleware);

  for (const step of STEPS)
    router.post(`${PATH}/${step.name}`, ((ctx: Context) => post(parts, ctx, step)) as Router.IMiddleware);

  router.get(`${PATH}/done`, ((ctx: Context) => showPasswordSet(parts, ctx)) as Router.IMiddleware);

  router.get(`${PATH}/over`, (async (ctx: Context) => {
    await parts.visits.end(ctx, await parts.visits.current(ctx));
    parts.render(ctx, { view: 'recovery/over', title: 'recovery.over.title', status: 410 });
  }) as Router.IMiddleware);

  addCaptchaRoutes(router, parts);
  addSetPasswordRoutes(router, parts);
}

/** The first step that is still needed; undefined when the password is set. */
function stepDue(visit: Visit): RecoveryStep | undefined {
  return STEPS.find((step) => step.needed(visit));
}

/** A form of a step that is not due changes nothing: back buttons, double clicks and forged addresses end at the due one. */
async function post(parts: RecoveryParts, ctx: Context, step: RecoveryStep): Promise<void> {
  const form = parts.forms.read(ctx, RECOVERY_PURPOSE);
  const visit = await parts.visits.current(ctx);
  const due = stepDue(visit);
  const again = step.name === 'name' && due?.name === 'code';
  if (step !== due && !again) return goTo(ctx, PATH);
  if (parts.locale.choose(ctx, form.lang) || form.action === 'refresh')
    return step.show(parts, ctx, visit, { form });
  const problems = await step.submit(parts, ctx, visit, form);
  if (ctx.body !== undefined) return;
  if (!problems) return goTo(ctx, PATH);
  await step.show(parts, ctx, visit, { form, problems });
  if (ctx.body === undefined) goTo(ctx, PATH);
}

function goTo(ctx: Context, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}

function addCaptchaRoutes(router: Router, parts: RecoveryParts): void {
  const { captcha, forms } = parts;
  router.get(`${PATH}/captcha/:file`, (async (ctx: Context & { params: { file: string } }) => {
    const [, id = '', kind] = /^([\w-]+)\.(png|wav)$/.exec(ctx.params.file) ?? [];
    const bound = recoveryBinding(parts, ctx);
    const body =
      kind === 'wav' ? await captcha.audio(id, bound, ctx.state.locale) : await captcha.picture(id, bound);
    if (!body) throw new Refusal('not_found');
    ctx.type = kind === 'wav' ? 'audio/wav' : 'image/png';
    ctx.body = body;
  }) as unknown as Router.IMiddleware);

  router.post(`${PATH}/captcha`, (async (ctx: Context) => {
    forms.read(ctx, RECOVERY_PURPOSE);
    const links = challengeLinks(await captcha.issue(recoveryBinding(parts, ctx)));
    if (!links) throw new Refusal('not_found');
    ctx.body = links;
  }) as Router.IMiddleware);
}
