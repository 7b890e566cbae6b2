/** What stands after the wizard: done, or what is left to do, and the way back to where the person came from. */
import { maskEmail } from '../../accounts/email-address';
import { findProfile } from '../../accounts/store';
import { listMemberships } from '../../companies/memberships/store';
import type { Context } from '../../http/context';
import { onward, stepOf, turnOf, WIZARD_PURPOSE, type Wizard } from './wizard-pages';

export const DONE_PATH = '/register/done';

export async function showDone(wizard: Wizard, ctx: Context): Promise<void> {
  const { parts, visits } = wizard;
  const turn = await turnOf(wizard, ctx);
  const due = stepOf(turn);
  if (due.kind !== 'finish') return onward(ctx);
  const { answers, path, registration } = turn;
  const { accountId } = registration;
  const profile = accountId === null ? undefined : await findProfile(parts.db, accountId);
  const [application] = accountId === null ? [] : await listMemberships(parts.db, { accountId, limit: 1 });
  const interaction = visits.interaction(ctx);
  const company = answers?.company?.name ?? application?.companyName;
  const what = company === undefined ? 'ready' : 'complete';
  const state = accountId === null ? 'email_left' : what;
  parts.render(ctx, {
    view: 'registration/done',
    title: `register.done.${state}.title`,
    values: {
      state,
      applies: company !== undefined,
      byPhone: path.phoneIsName === true,
      email: answers?.email ?? (profile?.email ? maskEmail(profile.email) : undefined),
      company,
      number: application?.number,
      action: `/register/${due.name}`,
      formToken: parts.forms.token(ctx, WIZARD_PURPOSE),
      signIn: interaction === undefined ? undefined : `/interaction/${interaction}`,
    },
  });
}
