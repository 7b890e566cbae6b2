/** The security log: what happened to the account, in words. */
import type { Context } from '../../http/context';
import { timeOf } from '../../http/pages/days';
import { Refusal } from '../../errors';
import type { AccountPage, AccountParts, Visitor } from '../parts';
import { listOwnEvents } from '../store';
import { OWN_EVENTS } from './own-events';

const PATH = '/account/log';
const SHOWN = 30;

export const logPage: AccountPage = {
  path: PATH,
  name: 'log',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
  },
};

/** @throws Refusal bad_request for a place in the list that is none */
async function show(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { before } = ctx.query;
  if (before !== undefined && (typeof before !== 'string' || !/^\d{1,18}$/.test(before)))
    throw new Refusal('bad_request');
  const page = { before, limit: SHOWN + 1 };
  const rows = await listOwnEvents(parts.db, visitor.accountId, OWN_EVENTS, page);
  const shown = rows.slice(0, SHOWN);
  parts.render(ctx, {
    view: 'account/log',
    title: 'account.pages.log',
    values: {
      person: visitor.name,
      older: rows.length > SHOWN ? shown.at(-1)?.id : undefined,
      paged: before !== undefined,
      events: shown.map(({ event, at, address, actor }) => ({
        event,
        at: timeOf(at, ctx.state.locale),
        address,
        operator: actor.startsWith('operator:'),
      })),
    },
  });
}
