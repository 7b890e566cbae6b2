/** The page with the code: proves the phone, and where the page asks for it takes the password. */
import type { Problems } from '../../errors';
import { openAnswers } from '../answers';
import { chosenPasswordProblems, contextWords, type ChosenPassword } from '../fields/password';
import { proveToldLogin, toldLoginProblem, type OldPassword } from '../legacy/told-login';
import { advance, pathOf, type Outcome, type RegistrationTools } from '../register';
import { needsCode, type PhoneStep, type Registration } from '../registration';
import { provePhone } from './phone-code';

export interface SubmittedCode extends ChosenPassword {
  code: string;
  /** Of the older portal; empty when none was typed. */
  old: OldPassword;
}

/** A right code is kept even where the password is not good yet. */
export async function submitPhone(
  tools: RegistrationTools,
  registration: Registration,
  step: PhoneStep,
  typed: SubmittedCode,
): Promise<{ problems: Problems } | Outcome> {
  const answers = openAnswers(tools.secrets, registration);
  if (answers?.phone === undefined) return 'overtaken';
  const { address } = typed.old;
  const legacyProblem = toldLoginProblem(answers.legacy);
  const problems: Problems = {
    ...(legacyProblem ? { legacy_login: legacyProblem } : {}),
    ...(step.password
      ? await chosenPasswordProblems(
          tools.passwordPolicy,
          typed,
          pathOf(tools, registration),
          contextWords(answers),
        )
      : {}),
  };
  const proved = needsCode(registration, answers.phone)
    ? await provePhone(tools, registration, answers.phone, typed.code)
    : registration;
  if (typeof proved === 'string') return { problems: { code: proved, ...problems } };
  if (Object.keys(problems).length > 0) return { problems };
  const legacy = await proveToldLogin(tools, registration.id, answers.legacy, typed.old);
  if ('problem' in legacy) return { problems: { legacy_password: legacy.problem } };
  const change = step.password ? { passwordHash: await tools.passwords.hash(typed.password) } : {};
  return advance(tools, {
    registration: proved,
    answers: { ...answers, legacy: legacy.told },
    change,
    address,
  });
}
