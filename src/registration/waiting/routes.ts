import type Router from 'koa-router';
import type { MembershipView } from '../../companies/memberships/membership';
import { listMemberships } from '../../companies/memberships/store';
import type { Context, Middleware } from '../../http/context';
import type { RegistrationParts } from '../parts';

const LIMIT = 100;
const PURPOSE = 'waiting';

/**
 * The page for the prompt `approval`: whoever is signed in and not approved yet reads how their application stands.
 * Only somebody who gave the right password gets here.
 */
export function addWaitingRoutes(router: Router, parts: RegistrationParts): Middleware {
  const { interactions, forms, render, locale } = parts;

  const page: Middleware = async (ctx) => {
    const details = await interactions.details(ctx);
    locale.suggest(ctx, details.uiLocales);
    const { accountId } = details;
    const memberships =
      accountId === undefined ? [] : await listMemberships(parts.db, { accountId, limit: LIMIT });
    const application = openApplication(memberships);
    const state = application?.status ?? 'over';
    const action = `/interaction/${details.uid}/waiting`;
    render(ctx, {
      view: 'registration/waiting',
      title: `waiting.${state}.title`,
      form: { id: 'waiting', action },
      values: {
        formToken: forms.token(ctx, `${PURPOSE}:${details.uid}`),
        state,
        number: application?.number,
        company: application?.companyName,
        reason: application?.reason,
        date: application && dayOf(application.requestedAt, ctx.state.locale),
      },
    });
  };

  router.get('/interaction/:uid/waiting', page as Router.IMiddleware);
  router.post('/interaction/:uid/waiting', (async (ctx: Context) => {
    const details = await interactions.details(ctx);
    const form = forms.read(ctx, `${PURPOSE}:${details.uid}`);
    if (locale.choose(ctx, form.lang)) await page(ctx, () => Promise.resolve());
    else await interactions.cancel(ctx);
  }) as Router.IMiddleware);
  return page;
}

/** The newest one that waits, else the newest that was declined; none once the person has been let in. */
export function openApplication(memberships: readonly MembershipView[]): MembershipView | undefined {
  if (memberships.some(({ status }) => status === 'approved')) return undefined;
  const newest = (wanted: MembershipView['status']) =>
    memberships.findLast(({ status }) => status === wanted);
  return newest('requested') ?? newest('declined');
}

function dayOf(at: Date, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'Europe/Moscow' }).format(at);
}
