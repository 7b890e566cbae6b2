import type Router from 'koa-router';
import { mayAct, type MembershipView } from '../../../companies/memberships/membership';
import { listMemberships } from '../../../companies/memberships/store';
import { Refusal } from '../../../errors';
import type { Context } from '../../../http/context';
import { dayOf } from '../../../http/pages/days';
import type { RegistrationParts } from '../../parts';
import { OWN_POWERS_PATH as PATH, placeOf } from '../places';
import { addPowerRoutes } from '../routes';

const LIMIT = 100;

/** For somebody who is in already: their companies, and attaching a power of attorney to each. */
export function addAccountPowerRoutes(router: Router, parts: RegistrationParts): void {
  router.get(PATH, (async (ctx: Context) => {
    const own = await ownMemberships(parts, ctx, PATH);
    if (!own) return;
    const now = parts.clock.now();
    parts.render(ctx, {
      view: 'registration/own-companies',
      title: 'power.title',
      values: {
        path: PATH,
        companies: own.map((view) => ({
          number: view.number,
          name: view.companyName,
          state: stateOf(view, now),
          until: view.canActUntil && dayOf(view.canActUntil, ctx.state.locale),
        })),
      },
    });
  }) as Router.IMiddleware);

  addPowerRoutes(router, parts, `${PATH}/:number`, async (ctx) => {
    const { number } = ctx.params as { number: string };
    const path = `${PATH}/${number}`;
    const own = await ownMemberships(parts, ctx, /^\d{1,9}$/.test(number) ? path : PATH);
    if (!own) return undefined;
    const view = own.find((one) => String(one.number) === number);
    if (!view) throw new Refusal('not_found');
    return placeOf(view, parts, { path, back: PATH });
  });
}

/** Those that papers can be attached to; undefined when the person was sent to sign in first. */
async function ownMemberships(
  parts: RegistrationParts,
  ctx: Context,
  returnTo: string,
): Promise<MembershipView[] | undefined> {
  const session = await parts.sessions.current(ctx);
  if (!session) {
    parts.sessions.signIn(ctx, returnTo);
    return undefined;
  }
  const all = await listMemberships(parts.db, { accountId: session.accountId, limit: LIMIT });
  return all.filter(({ status }) => status === 'approved' || status === 'requested');
}

function stateOf(view: MembershipView, now: Date): 'waits' | 'acts' | 'acts_until' | 'reads' {
  if (view.status === 'requested') return 'waits';
  if (!mayAct(view, now)) return 'reads';
  return view.canActUntil === null ? 'acts' : 'acts_until';
}
