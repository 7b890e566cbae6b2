/** The code from the text message, and on some paths the password and the login of the older portal. */
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { formatPhone } from '../../accounts/phone-number';
import { contextWords } from '../fields/password';
import { keepToldLogin, readToldLogin } from '../legacy/told-login';
import {
  drawStep,
  limited,
  onward,
  tellScript,
  turnOf,
  type StepPages,
  type Turn,
  type Wizard,
} from '../pages/wizard-pages';
import { codeWait } from '../phone/phone-code';
import { submitPhone } from '../phone/submit-phone';
import { resendCode } from '../register';
import { formWith, needsCode, type PhoneStep } from '../registration';

export const phonePages: StepPages<PhoneStep> = {
  show: (wizard, turn, step, { problems } = {}) => {
    const { parts } = wizard;
    const { registration, answers, path } = turn;
    const { phone = '', legacy } = answers ?? {};
    drawStep(wizard, turn, step, {
      view: 'password',
      problems,
      scripts: step.password ? [...METER_SCRIPTS] : [],
      values: {
        phone: formatPhone(phone),
        asksCode: needsCode(registration, phone),
        proved: registration.provedPhone === phone,
        wait: codeWait(registration, parts.clock.now()),
        userName: path.phoneIsName ? phone : answers?.email,
        askPassword: step.password === true,
        passwordRule: path.passwordRule,
        last: path.steps.at(-2)?.name === step.name,
        changePhone: formWith(path, 'phone')?.name,
        askLegacy: step.legacyLogin === true,
        legacyLogin: legacy?.login,
        legacyProved: legacy?.proved === true,
        askLegacyPassword: parts.legacyCheck !== undefined,
        words: answers ? contextWords(answers) : [],
      },
    });
    return Promise.resolve();
  },

  post: async (wizard, turn, step, form) => {
    const { parts } = wizard;
    const { ctx } = turn;
    const told = step.legacyLogin ? readToldLogin(form) : undefined;
    const registration = await keepToldLogin(parts, turn.registration, told);
    if (!registration) return onward(ctx);
    if (parts.locale.choose(ctx, form.lang)) return phonePages.show(wizard, await turnOf(wizard, ctx), step);
    if (form.action === 'resend') return resend(wizard, { ...turn, registration }, step);
    const typed = {
      code: form.code ?? '',
      password: form.password ?? '',
      repeated: form.password_repeated ?? '',
      old: { password: form.legacy_password ?? '', address: ctx.state.address },
    };
    let result: Awaited<ReturnType<typeof submitPhone>> | undefined;
    const problem = await limited(ctx, async () => {
      result = await submitPhone(parts, registration, step, typed);
    });
    if (problem === undefined && typeof result !== 'object') return onward(ctx);
    const problems =
      problem === undefined ? (typeof result === 'object' ? result.problems : {}) : { form: problem };
    // A right code has been kept, so the row is read anew.
    return phonePages.show(wizard, await turnOf(wizard, ctx), step, { problems });
  },
};

async function resend(wizard: Wizard, { ctx, registration }: Turn, step: PhoneStep): Promise<void> {
  const { parts } = wizard;
  const problem = await limited(ctx, () => resendCode(parts, registration, ctx.state.address));
  const now = await turnOf(wizard, ctx);
  if (tellScript(ctx, problem, codeWait(now.registration, parts.clock.now()))) return;
  if (problem === undefined) return onward(ctx);
  await phonePages.show(wizard, now, step, { problems: { code: problem } });
}
