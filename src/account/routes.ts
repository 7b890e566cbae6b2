/**
 * `/account`: a signed-in person's own pages. They stand on the session of this provider (http/sessions.ts), without a
 * token: the pages are the provider's own, and a token would only be one more thing to steal. This folder owns the pages
 * and what they show; what they change is accounts/', consents/' and the others' matter.
 */
import type Router from 'koa-router';
import { fullName } from '../accounts/account';
import { findProfile } from '../accounts/store';
import { Refusal } from '../errors';
import { addSeconds } from '../clock';
import { findOpenClosing } from '../consents/store';
import type { Context } from '../http/context';
import { dayOf } from '../http/pages/days';
import type { Sessions } from '../http/sessions';
import { PAGES } from './pages';
import {
  FRESH_SECONDS,
  type AccountParts,
  type AccountRoutes,
  type Gate,
  type Handler,
  type Visitor,
} from './parts';

const PATH = '/account';

export interface AccountFlow extends AccountParts {
  router: Router;
  sessions: Sessions;
}

export function addAccountRoutes(flow: AccountFlow): void {
  const { router, render } = flow;
  const guarded = (handle: Handler, gate: Gate = {}): Router.IMiddleware =>
    (async (ctx: Context) => {
      const visitor = await visitorOf(flow, ctx, gate);
      if (visitor) await handle(ctx, visitor);
    }) as Router.IMiddleware;
  const routes: AccountRoutes = {
    open: (path, handle) => router.get(path, (async (ctx: Context) => handle(ctx)) as Router.IMiddleware),
    get: (path, handle, gate) => router.get(path, guarded(handle, gate)),
    post: (path, handle, gate) => router.post(path, guarded(handle, gate)),
  };
  routes.get(PATH, async (ctx, visitor) => {
    const open = await findOpenClosing(flow.db, visitor.accountId);
    const closing = open && dayOf(open.destroyAfter ?? open.destroyBy, ctx.state.locale);
    const pages = PAGES.map(({ path, name }) => ({ path, name }));
    render(ctx, {
      view: 'account/menu',
      title: 'account.title',
      values: { person: visitor.name, pages, closing },
    });
  });
  for (const page of PAGES) page.add(routes, flow);
}

/** Undefined when the browser was sent to sign in. */
async function visitorOf(flow: AccountFlow, ctx: Context, gate: Gate): Promise<Visitor | undefined> {
  const session = await flow.sessions.current(ctx);
  const person = session && (await findProfile(flow.db, session.accountId));
  const oldest = addSeconds(flow.clock.now(), -FRESH_SECONDS);
  if (person && (!gate.fresh || session.authTime >= oldest))
    return {
      accountId: person.id,
      name: fullName(person),
      authTime: session.authTime,
      sessionUid: session.uid,
    };
  const back = gate.back ?? ctx.path.replace(/\/$/, '');
  // The router reads more than one writing of an address; back leads only what is written plainly.
  if (!/^(\/[\w-]+)+$/.test(back)) throw new Refusal('not_found');
  flow.sessions.signIn(ctx, back, gate.fresh ? { maxAge: FRESH_SECONDS } : undefined);
  return undefined;
}
