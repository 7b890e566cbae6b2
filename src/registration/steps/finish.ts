/** The last page: another mail, the code of the mail, the end of the wizard. */
import { listPowers } from '../../attorney/store';
import { listMemberships } from '../../companies/memberships/store';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { mailWait, resendMail } from '../email/proof-mail';
import {
  drawStep,
  goTo,
  limited,
  onward,
  tellScript,
  turnOf,
  type StepPages,
  type Turn,
  type Wizard,
} from '../pages/wizard-pages';
import { ownPowerPage } from '../power/places';
import { WIZARD_POWER_PATH } from '../power/wizard-place';
import { proveEmailByCode } from '../prove-email';
import { formWith, type FinishStep } from '../registration';
import { DONE_PATH } from '../pages/done';
import type { Visits } from '../visit';

export const finishPages: StepPages<FinishStep> = {
  show: async (wizard, turn, step, { problems, sent = false } = {}) => {
    const { parts } = wizard;
    const { registration, answers, path } = turn;
    const { accountId } = registration;
    const proved = accountId !== null;
    // What was told is forgotten by then.
    const [application] = proved ? await listMemberships(parts.db, { accountId, limit: 1 }) : [];
    const papers = application ? { membershipId: application.id } : { registrationId: registration.id };
    drawStep(wizard, turn, step, {
      view: 'finish',
      problems,
      values: {
        company: answers?.company?.name ?? application?.companyName,
        number: application?.number,
        email: answers?.email,
        proved,
        applies: answers?.company !== undefined || application !== undefined,
        changeEmail: formWith(path, 'email')?.name,
        papers: (await listPowers(parts.db, papers)).length,
        powerPage: application ? ownPowerPage(application) : WIZARD_POWER_PATH,
        wait: mailWait(registration, parts.clock.now()),
        sent,
      },
    });
  },

  post: async (wizard, turn, step, form) => {
    const { parts, visits } = wizard;
    const { ctx, registration } = turn;
    if (parts.locale.choose(ctx, form.lang)) return finishPages.show(wizard, turn, step);
    if (form.action === 'resend') return resend(wizard, turn, step);
    if (form.action === 'again') return startAgain(visits, ctx);
    const { code = '' } = form;
    // Enter in the field sends no button.
    if (registration.accountId === null && (form.action === 'code' || code.trim() !== '')) {
      const outcome = await proveEmailByCode(parts, registration, code);
      if (outcome === 'proved' || outcome === 'spent') return onward(ctx);
      const problem = outcome === 'unknown' ? 'code_over' : outcome;
      return finishPages.show(wizard, turn, step, { problems: { email_code: problem } });
    }
    goTo(ctx, DONE_PATH);
  },
};

async function resend(wizard: Wizard, { ctx, registration }: Turn, step: FinishStep): Promise<void> {
  const { parts } = wizard;
  const problem = await limited(ctx, () => resendMail(parts, registration));
  const now = await turnOf(wizard, ctx);
  if (tellScript(ctx, problem, mailWait(now.registration, parts.clock.now()))) return;
  const problems: Problems = problem ? { form: problem } : {};
  await finishPages.show(wizard, now, step, { problems, sent: problem === undefined });
}

/** For the next person at the same computer. */
function startAgain(visits: Visits, ctx: Context): void {
  const interaction = visits.interaction(ctx);
  visits.end(ctx);
  goTo(ctx, interaction === undefined ? '/register' : `/interaction/${interaction}/register`);
}
