/** Connected applications: relying parties that hold something of the person's, and the end of it. */
import { forgetAllowed } from '../../accounts/sessions/allowed';
import { tellSignedOut } from '../../accounts/sessions/participants';
import { endTokens } from '../../accounts/sessions/store';
import { recordEvent } from '../../audit/store';
import { clientId as clientIdSchema } from '../../clients/client';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import { dayOf } from '../../http/pages/days';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';
import { byThemselves } from '../person';
import { listApplications } from '../store';

const PATH = '/account/applications';
const NOTES = ['revoked'] as const;

export const applicationsPage: AccountPage = {
  path: PATH,
  name: 'applications',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
    routes.post(PATH, (ctx, visitor) => revoke(parts, ctx, visitor));
  },
};

async function show(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const applications = await listApplications(parts.db, visitor.accountId, parts.clock.now());
  parts.render(ctx, {
    view: 'account/applications',
    title: 'account.pages.applications',
    values: {
      person: visitor.name,
      done: doneNote(ctx, NOTES),
      formToken: parts.forms.token(ctx, formPurpose('applications', visitor)),
      applications: applications.map(({ since, scopes, ...rest }) => ({
        ...rest,
        since: dayOf(since, ctx.state.locale),
        scopes: scopes.filter((scope) => scope !== 'openid'),
      })),
    },
  });
}

/** @throws Refusal not_found for a relying party that holds nothing of this person's */
async function revoke(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('applications', visitor));
  const { accountId } = visitor;
  const named = clientIdSchema.safeParse(form.application);
  // What registration would not accept is nobody; Postgres would choke on some of it (U+0000).
  if (!named.success) throw new Refusal('not_found');
  const clientId = named.data;
  const at = parts.clock.now();
  await parts.db.transaction().execute(async (trx) => {
    const forgotten = await forgetAllowed(trx, accountId, clientId);
    if ((await endTokens(trx, accountId, clientId)) === 0 && !forgotten) throw new Refusal('not_found');
    await tellSignedOut(trx, { accountId, clientIds: [clientId] }, at);
    await recordEvent(trx, { event: 'access_revoked', ...byThemselves(ctx, visitor), clientId }, at);
  });
  goTo(ctx, PATH, 'revoked');
}
