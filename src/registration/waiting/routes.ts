import type Router from 'koa-router';
import { listPowers } from '../../attorney/store';
import { answerQuestion } from '../../companies/memberships/answer';
import type { MembershipView } from '../../companies/memberships/membership';
import { listMemberships } from '../../companies/memberships/store';
import { hasAnswered, readSaid } from '../../companies/memberships/talk/said';
import type { Problems } from '../../errors';
import type { Context, Middleware } from '../../http/context';
import { dayOf } from '../../http/pages/days';
import type { InteractionDetails } from '../../http/interactions';
import { listLegacyLinks } from '../../legacy-accounts/store';
import type { RegistrationParts } from '../parts';
import { placeOf, showPower } from '../power/places';
import { addPowerRoutes } from '../power/routes';
import { LONGEST_ANSWER, openApplication, readWords, stateOf } from './application';
import { readApplication, sendApplication, type TypedApplication } from './apply-again';

const LIMIT = 100;
const BASE = '/interaction/:uid/waiting';

interface Visit {
  details: InteractionDetails;
  path: string;
  purpose: string;
  application: MembershipView | undefined;
}

/** What is shown again after something was not right. */
interface Shown {
  problems?: Problems;
  typed?: Partial<TypedApplication> & { answer?: string };
  askName?: boolean;
}

/**
 * The page for the prompt `approval`: whoever is signed in and not approved yet reads how their application stands,
 * answers, adds papers, asks again. Only somebody who gave the right password gets here.
 */
export function addWaitingRoutes(router: Router, parts: RegistrationParts): Middleware {
  const page: Middleware = async (ctx) => {
    await showPage(parts, ctx, await visit(parts, ctx));
  };
  router.get(BASE, page as Router.IMiddleware);
  router.post(BASE, ((ctx: Context) => leave(parts, ctx)) as Router.IMiddleware);
  router.post(`${BASE}/answer`, ((ctx: Context) => answer(parts, ctx)) as Router.IMiddleware);
  router.post(`${BASE}/again`, ((ctx: Context) => again(parts, ctx)) as Router.IMiddleware);
  addPowerRoutes(router, parts, `${BASE}/power-of-attorney`, async (ctx) => {
    const { application, path } = await visit(parts, ctx);
    if (application?.status === 'requested')
      return placeOf(application, parts, { path: `${path}/power-of-attorney`, back: path });
    goTo(ctx, path);
    return undefined;
  });
  return page;
}

function goTo(ctx: Context, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}

async function visit(parts: RegistrationParts, ctx: Context): Promise<Visit> {
  const details = await parts.interactions.details(ctx);
  parts.locale.suggest(ctx, details.uiLocales);
  const { accountId, uid } = details;
  const memberships =
    accountId === undefined ? [] : await listMemberships(parts.db, { accountId, limit: LIMIT });
  const application = openApplication(memberships);
  return { details, path: `/interaction/${uid}/waiting`, purpose: `waiting:${uid}`, application };
}

async function showPage(
  parts: RegistrationParts,
  ctx: Context,
  { path, purpose, application }: Visit,
  { problems = {}, typed = {}, askName }: Shown = {},
): Promise<void> {
  const { locale } = ctx.state;
  const state = stateOf(application);
  const powers = application ? await listPowers(parts.db, { membershipId: application.id }) : [];
  const powerPath = `${path}/power-of-attorney`;
  const asked = state === 'requested' && application?.question !== null;
  const legacy = application ? await listLegacyLinks(parts.db, application.accountId) : [];
  const mayAskAgain = state === 'declined' || state === 'expired' || state === 'revoked';
  // The language switch sends the form in which something may have been typed.
  const form = asked
    ? { id: 'answer-form', action: `${path}/answer` }
    : mayAskAgain
      ? { id: 'again', action: `${path}/again` }
      : { id: 'waiting', action: path };
  parts.render(ctx, {
    view: 'registration/waiting',
    title: `waiting.${asked ? 'asked' : state}.title`,
    problems,
    form,
    values: {
      ...{ path, powerPath, state, asked, mayAskAgain, application, typed, askName },
      formToken: parts.forms.token(ctx, purpose),
      longest: LONGEST_ANSWER,
      said: readSaid(application?.answer ?? null),
      // Only where it is so may the page say it.
      answered: ctx.query.done === 'answered' && !asked && hasAnswered(application?.answer ?? null),
      logins: legacy.map(({ login, status }) => ({ login, status })),
      date: application && dayOf(application.requestedAt, locale),
      powers: powers.map((power) =>
        showPower(power, application ?? NOBODY, { locale, now: parts.clock.now(), path: powerPath }),
      ),
    },
  });
}

const NOBODY = { inn: '', kpp: null, familyName: '', givenName: '', middleName: null };

async function leave(parts: RegistrationParts, ctx: Context): Promise<void> {
  const found = await visit(parts, ctx);
  const form = parts.forms.read(ctx, found.purpose);
  if (parts.locale.choose(ctx, form.lang)) await showPage(parts, ctx, found);
  else await parts.interactions.cancel(ctx);
}

/** Answers what a reviewer asked; where nothing is asked any more the page says how it stands. */
async function answer(parts: RegistrationParts, ctx: Context): Promise<void> {
  const found = await visit(parts, ctx);
  const form = parts.forms.read(ctx, found.purpose);
  const { application, path } = found;
  if (application?.status !== 'requested' || application.question === null) {
    parts.locale.choose(ctx, form.lang);
    goTo(ctx, path);
    return;
  }
  const words = readWords(form.answer);
  if (parts.locale.choose(ctx, form.lang))
    return showPage(parts, ctx, found, { typed: { answer: form.answer } });
  if (words === '') return showPage(parts, ctx, found, { problems: { answer: 'answer_required' } });
  const { id, accountId } = application;
  await answerQuestion(parts, { membershipId: id, accountId, answer: words }, `account:${accountId}`);
  goTo(ctx, `${path}?done=answered`);
}

/** Asks to be let in once more, where the last application came to nothing. */
async function again(parts: RegistrationParts, ctx: Context): Promise<void> {
  const found = await visit(parts, ctx);
  const form = parts.forms.read(ctx, found.purpose);
  const { application, path } = found;
  const chosen = parts.locale.choose(ctx, form.lang);
  if (!application || application.status === 'requested') {
    goTo(ctx, path);
    return;
  }
  const typed = readApplication(form);
  if (chosen) return showPage(parts, ctx, found, { typed, askName: form.company_name !== undefined });
  const refused = await sendApplication(parts, application.accountId, typed, ctx.state.address);
  if (refused) return showPage(parts, ctx, found, { ...refused, typed });
  goTo(ctx, path);
}
