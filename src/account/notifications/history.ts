/** «История уведомлений»: what was written to the person, without the words, since those may hold codes. */
import { Refusal } from '../../errors';
import { listWritten } from '../../notifications/settings';
import type { Context } from '../../http/context';
import { timeOf } from '../../http/pages/days';
import type { AccountPage, AccountParts, Visitor } from '../parts';

const PATH = '/account/messages';
const SHOWN = 50;
/** A moment as the link to older messages holds it. */
const WRITTEN = /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const messagesPage: AccountPage = {
  path: PATH,
  name: 'messages',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
  },
};

async function show(parts: AccountParts, ctx: Context, { accountId, name }: Visitor): Promise<void> {
  const before = readMoment(ctx.query.before);
  const found = await listWritten(parts.db, { accountId, before, limit: SHOWN + 1 });
  const written = found.slice(0, SHOWN);
  const last = written.at(-1);
  parts.render(ctx, {
    view: 'account/messages',
    title: 'account.pages.messages',
    values: {
      person: name,
      older: found.length > SHOWN && last ? last.createdAt.toISOString() : undefined,
      messages: written.map((message) => ({
        ...{ template: message.template, channel: message.channel, status: message.status },
        to: message.maskedTo ?? '',
        at: timeOf(message.sentAt ?? message.createdAt, ctx.state.locale),
      })),
    },
  });
}

/** @throws Refusal bad_request for what no page wrote: years that the database has not would be a fault of ours. */
function readMoment(text: unknown): Date | undefined {
  if (text === undefined) return undefined;
  const at = typeof text === 'string' && WRITTEN.test(text) ? new Date(text) : undefined;
  if (!at || Number.isNaN(at.getTime())) throw new Refusal('bad_request');
  return at;
}
