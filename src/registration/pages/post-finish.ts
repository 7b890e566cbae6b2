/** «3 / 3» sent in: another mail, the code of the mail, the end of the wizard. */
import { maskEmail } from '../../accounts/email-address';
import { findProfile } from '../../accounts/store';
import { listMemberships } from '../../companies/memberships/store';
import type { Context } from '../../http/context';
import { openAnswers } from '../answers';
import { mailWait, resendMail } from '../email/proof-mail';
import type { RegistrationParts } from '../parts';
import { proveEmailByCode } from '../prove-email';
import type { Registration } from '../registration';
import type { Visits } from '../visit';
import { goTo, onward, stepOf, tellScript, WIZARD_PURPOSE, type WizardPages } from './wizard-pages';

const DONE = '/register/done';

export async function postFinish(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
): Promise<void> {
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const registration = await visits.current(ctx);
  if (stepOf(parts, registration) !== 'finish') return onward(ctx);
  if (parts.locale.choose(ctx, form.lang)) return pages.show(ctx, registration, 'finish');
  if (form.action === 'resend') return resend(parts, visits, pages, ctx, registration);
  if (form.action === 'again') return startAgain(visits, ctx);
  const { code = '' } = form;
  // Enter in the field sends no button.
  if (registration.accountId === null && (form.action === 'code' || code.trim() !== '')) {
    const outcome = await proveEmailByCode(parts, registration, code);
    if (outcome === 'proved' || outcome === 'spent') return onward(ctx);
    const problem = outcome === 'unknown' ? 'code_over' : outcome;
    return pages.show(ctx, registration, 'finish', { email_code: problem });
  }
  goTo(ctx, DONE);
}

async function resend(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
  registration: Registration,
): Promise<void> {
  const problem = await pages.limited(ctx, () => resendMail(parts, registration));
  const now = await visits.current(ctx);
  if (tellScript(ctx, problem, mailWait(now, parts.clock.now()))) return;
  await pages.show(ctx, now, 'finish', problem ? { form: problem } : {}, problem === undefined);
}

/** For the next person at the same computer. */
function startAgain(visits: Visits, ctx: Context): void {
  const interaction = visits.interaction(ctx);
  visits.end(ctx);
  goTo(ctx, interaction === undefined ? '/register' : `/interaction/${interaction}/register`);
}

/** What stands after the wizard: done, or what is left to do, and the way back to where the person came from. */
export async function showDone(parts: RegistrationParts, visits: Visits, ctx: Context): Promise<void> {
  const registration = await visits.current(ctx);
  if (stepOf(parts, registration) !== 'finish') return onward(ctx);
  const answers = openAnswers(parts.secrets, registration);
  const { accountId } = registration;
  const profile = accountId === null ? undefined : await findProfile(parts.db, accountId);
  const [application] = accountId === null ? [] : await listMemberships(parts.db, { accountId, limit: 1 });
  const interaction = visits.interaction(ctx);
  const state = accountId === null ? 'email_left' : 'complete';
  parts.render(ctx, {
    view: 'registration/done',
    title: `register.done.${state}.title`,
    values: {
      state,
      email: answers?.email ?? (profile?.email ? maskEmail(profile.email) : undefined),
      company: answers?.company.name ?? application?.companyName,
      number: application?.number,
      action: '/register/finish',
      formToken: parts.forms.token(ctx, WIZARD_PURPOSE),
      signIn: interaction === undefined ? undefined : `/interaction/${interaction}`,
    },
  });
}
