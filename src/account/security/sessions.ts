/** Sessions and devices: where the person is signed in, and the end of each. */
import { deviceName } from '../../accounts/sessions/device';
import { endOtherSessions, endSession, listSessions } from '../../accounts/sessions/store';
import { isUuid } from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import { timeOf } from '../../http/pages/days';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';
import { byThemselves } from '../person';

const PATH = '/account/sessions';
const NOTES = ['ended', 'others_ended'] as const;

export const sessionsPage: AccountPage = {
  path: PATH,
  name: 'sessions',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
    routes.post(PATH, (ctx, visitor) => end(parts, ctx, visitor));
  },
};

async function show(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const sessions = await listSessions(parts.db, visitor.accountId, parts.clock.now());
  const { locale } = ctx.state;
  parts.render(ctx, {
    view: 'account/sessions',
    title: 'account.pages.sessions',
    values: {
      person: visitor.name,
      done: doneNote(ctx, NOTES),
      formToken: parts.forms.token(ctx, formPurpose('sessions', visitor)),
      sessions: sessions.map((session) => ({
        id: session.id,
        device: deviceName(session.userAgent),
        address: session.address,
        since: timeOf(session.signedInAt, locale),
        seen: timeOf(session.lastSeenAt, locale),
        here: session.uid === visitor.sessionUid,
      })),
    },
  });
}

/** @throws Refusal not_found for a session that is none of this person's */
async function end(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('sessions', visitor));
  const { accountId, sessionUid } = visitor;
  const at = parts.clock.now();
  const common = byThemselves(ctx, visitor);
  const id = form.session ?? '';
  await parts.db.transaction().execute(async (trx) => {
    if (form.others === 'yes') {
      const ended = await endOtherSessions(trx, accountId, sessionUid, at);
      await recordEvent(trx, { event: 'sessions_ended', ...common, details: { ended } }, at);
      return;
    }
    const ended = isUuid(id) ? await endSession(trx, accountId, { id }, at) : undefined;
    if (!ended) throw new Refusal('not_found');
    await recordEvent(trx, { event: 'session_ended', ...common }, at);
  });
  goTo(ctx, PATH, form.others === 'yes' ? 'others_ended' : 'ended');
}
