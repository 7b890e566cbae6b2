/** The wizard's pages: what each shows, from the saved answers or from what was just typed. */
import { formatPhone } from '../../accounts/phone-number';
import { maskEmail } from '../../accounts/email-address';
import type { CaptchaBinding, Challenge } from '../../captcha/captcha';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { openAnswers } from '../answers';
import type { CompanyChoice } from '../choose-company';
import { readTyped, type TypedData } from '../data-form';
import { findPath } from '../paths';
import { codeWait } from '../register';
import type { Visits } from '../visit';
import { stepNumber, type Answers, type Registration, type StepName } from '../registration';
import type { RegistrationParts } from '../parts';

export interface WizardPages {
  show(
    ctx: Context,
    registration: Registration,
    step: StepName,
    problems?: Problems,
    sent?: boolean,
  ): Promise<void>;
  showData(ctx: Context, typed: TypedData, problems: Problems, choice?: CompanyChoice): Promise<void>;
  /** Runs a limited act; gives the problem to show when it was refused or came too soon. */
  limited(ctx: Context, act: () => Promise<unknown>): Promise<string | undefined>;
}

/** What the tokens of the wizard's forms are bound to. */
export const WIZARD_PURPOSE = 'register';

/** The wizard's captcha is good in this browser only. */
export const wizardBinding = ({ forms }: RegistrationParts, ctx: Context): CaptchaBinding => ({
  purpose: WIZARD_PURPOSE,
  browser: forms.browser(ctx),
  context: '',
});

export interface ChallengeLinks {
  id: string;
  picture: string;
  audio: string;
}

export function challengeLinks(challenge: Challenge): ChallengeLinks | undefined {
  if (challenge.kind === 'none') return undefined;
  const base = `/register/captcha/${challenge.id}`;
  return { id: challenge.id, picture: `${base}.png`, audio: `${base}.wav` };
}

/** The answers as they would be typed. */
export function typedFrom(answers: Answers): TypedData {
  return {
    ...answers,
    middleName: answers.middleName ?? '',
    noMiddleName: answers.middleName === null,
    phone: formatPhone(answers.phone),
    kpp: answers.kpp ?? '',
    companyName: answers.company.source === 'person' ? answers.company.name : '',
    terms: false,
    personalData: false,
  };
}

export function createWizardPages(parts: RegistrationParts, visits: Visits): WizardPages {
  const { captcha, forms, render, secrets, clock } = parts;
  const path = findPath('port-one');
  const common = (ctx: Context, step: StepName) => {
    const interaction = visits.interaction(ctx);
    return {
      formToken: forms.token(ctx, WIZARD_PURPOSE),
      progress: stepNumber(path, step),
      cancel: interaction === undefined ? '/register/cancel' : `/interaction/${interaction}/register/cancel`,
    };
  };
  const form = (step: StepName) => ({ id: 'register', action: `/register/${step}` });

  const showData: WizardPages['showData'] = async (ctx, typed, problems, choice) => {
    const challenge = await captcha.issue(wizardBinding(parts, ctx));
    render(ctx, {
      view: 'registration/data',
      title: 'register.data.title',
      problems,
      form: form('data'),
      values: {
        ...common(ctx, 'data'),
        typed,
        captcha: challengeLinks(challenge),
        captchaRefresh: '/register/captcha',
        company: choice?.company?.source === 'directory' ? choice.company : undefined,
        askName: choice?.askName ?? typed.companyName !== '',
      },
    });
  };

  const showPassword = (
    ctx: Context,
    registration: Registration,
    answers: Answers,
    problems: Problems,
  ): void => {
    render(ctx, {
      view: 'registration/password',
      title: 'register.password.title',
      problems,
      form: form('password'),
      values: {
        ...common(ctx, 'password'),
        phone: formatPhone(answers.phone),
        proved: registration.provedPhone === answers.phone,
        wait: codeWait(registration, clock.now()),
        email: answers.email,
      },
    });
  };

  return {
    showData,
    show: async (ctx, registration, step, problems = {}, sent = false) => {
      const answers = openAnswers(secrets, registration);
      if (step === 'data') {
        await showData(ctx, answers ? typedFrom(answers) : readTyped({}), problems);
      } else if (step === 'password' && answers) showPassword(ctx, registration, answers, problems);
      else {
        render(ctx, {
          view: 'registration/finish',
          title: 'register.finish.title',
          problems,
          form: form('finish'),
          values: {
            ...common(ctx, 'finish'),
            company: answers?.company.name,
            email: answers && maskEmail(answers.email),
            proved: registration.accountId !== null,
            sent,
          },
        });
      }
    },
    limited: async (ctx, act) => {
      try {
        return (await act()) === 'too_soon' ? 'too_soon' : undefined;
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
        ctx.set('Retry-After', String(Math.ceil(error.retryAfter ?? 60)));
        return 'too_many_messages';
      }
    },
  };
}
