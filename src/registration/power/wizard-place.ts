/** The wizard's last step as a place to attach a power of attorney: nobody has an account yet. */
import type { Context } from '../../http/context';
import { onward, stepOf, turnOf } from '../pages/wizard-pages';
import type { RegistrationParts } from '../parts';
import type { Answers } from '../registration';
import type { Visits } from '../visit';
import type { FindPlace } from './places';

export const WIZARD_POWER_PATH = '/register/power-of-attorney';

/** Leads back to the step that is due where it is not the last one, or is done already. */
export function createWizardPlace(parts: RegistrationParts, visits: Visits): FindPlace {
  return async (ctx: Context) => {
    // A browser without a registration must not begin one by posting files.
    const known = await visits.known(ctx);
    const turn = known && (await turnOf({ parts, visits }, ctx));
    const answers = turn?.answers;
    if (!turn || !answers?.company || stepOf(turn).kind !== 'finish') {
      onward(ctx);
      return undefined;
    }
    return {
      owner: { registrationId: turn.registration.id },
      actor: 'anonymous',
      company: answers.company.name,
      expected: expectedIn(answers),
      path: WIZARD_POWER_PATH,
      back: '/register',
    };
  };
}

/** Whom and which company the paper should name. */
function expectedIn({ inn = '', kpp = null, familyName = '', givenName = '', middleName = null }: Answers) {
  return { inn, kpp, familyName, givenName, middleName };
}
