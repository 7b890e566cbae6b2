/** The wizard's last step as a place to attach a power of attorney: nobody has an account yet. */
import type { Context } from '../../http/context';
import { openAnswers } from '../answers';
import { onward, stepOf } from '../pages/wizard-pages';
import type { RegistrationParts } from '../parts';
import type { Visits } from '../visit';
import type { FindPlace } from './places';

export const WIZARD_POWER_PATH = '/register/power-of-attorney';

/** Leads back to the step that is due where it is not the last one, or is done already. */
export function createWizardPlace(parts: RegistrationParts, visits: Visits): FindPlace {
  return async (ctx: Context) => {
    // A browser without a registration must not begin one by posting files.
    const known = await visits.known(ctx);
    const registration = known && (await visits.current(ctx));
    const answers = registration && openAnswers(parts.secrets, registration);
    if (!answers || stepOf(parts, registration) !== 'finish') {
      onward(ctx);
      return undefined;
    }
    return {
      owner: { registrationId: registration.id },
      actor: 'anonymous',
      company: answers.company.name,
      expected: answers,
      path: WIZARD_POWER_PATH,
      back: '/register',
    };
  };
}
