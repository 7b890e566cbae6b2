/** The wizard's pages: what each shows, from the saved answers or from what was just typed. */
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { formatPhone } from '../../accounts/phone-number';
import { listPowers } from '../../attorney/store';
import type { CaptchaBinding, Challenge } from '../../captcha/captcha';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { isPersonInn } from '../../companies/identifiers';
import { openAnswers, openDraft } from '../answers';
import type { CompanyChoice } from '../choose-company';
import { readTyped, type TypedData } from '../data-form';
import { findPath } from '../paths';
import { mailWait } from '../email/proof-mail';
import { codeWait, contextWords } from '../register';
import type { Visits } from '../visit';
import {
  isHuman,
  nextStep,
  stepNumber,
  type Answers,
  type Registration,
  type StepName,
} from '../registration';
import type { RegistrationParts } from '../parts';

export interface WizardPages {
  show(
    ctx: Context,
    registration: Registration,
    step: StepName,
    problems?: Problems,
    sent?: boolean,
  ): Promise<void>;
  showData(
    ctx: Context,
    registration: Registration,
    typed: TypedData,
    problems: Problems,
    choice?: CompanyChoice,
  ): Promise<void>;
  /** Runs a limited act; gives the problem to show when it was refused or came too soon. */
  limited(ctx: Context, act: () => Promise<unknown>): Promise<string | undefined>;
}

const PATH = '/register';
const SCRIPT = 'registration.js';

/** The page that is due by what is saved. */
export function stepOf(
  { secrets }: Pick<RegistrationParts, 'secrets'>,
  registration: Registration,
): StepName {
  return nextStep(findPath(registration.path), registration, openAnswers(secrets, registration)?.phone);
}

export function goTo(ctx: Context, path: string): void {
  ctx.status = 303;
  ctx.redirect(path);
}

/** Back to the page that is due, whatever was posted: double clicks, old tabs and forged addresses all end here. */
export function onward(ctx: Context): void {
  goTo(ctx, PATH);
}

/**
 * Answers the page's script, which sends a message again without leaving the page; false when a page is asked for.
 * @param wait seconds until the next one may be asked for
 */
export function tellScript(ctx: Context, problem: string | undefined, wait: number): boolean {
  if (ctx.accepts('html', 'json') !== 'json') return false;
  ctx.set('Cache-Control', 'no-store');
  ctx.body = { outcome: problem ?? 'sent', wait };
  return true;
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
      scripts: step === 'password' ? [SCRIPT, ...METER_SCRIPTS] : [SCRIPT],
      progress: stepNumber(path, step),
      cancel: interaction === undefined ? '/register/cancel' : `/interaction/${interaction}/register/cancel`,
    };
  };
  const form = (step: StepName) => ({ id: 'register', action: `${PATH}/${step}` });

  const showData: WizardPages['showData'] = async (ctx, registration, typed, problems, choice) => {
    const human = isHuman(registration, clock.now());
    const challenge = human ? undefined : await captcha.issue(wizardBinding(parts, ctx));
    render(ctx, {
      view: 'registration/data',
      title: 'register.data.title',
      problems,
      form: form('data'),
      values: {
        ...common(ctx, 'data'),
        typed,
        captcha: challenge && challengeLinks(challenge),
        captchaRefresh: '/register/captcha',
        company: choice?.company?.source === 'directory' ? choice.company : undefined,
        // A sole proprietor's business is called by their own name, which a form does not show.
        person: isPersonInn(typed.inn.replace(/\D/g, '')),
        askName: choice?.askName ?? typed.companyName !== '',
        documents: await parts.documents.required(),
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
        legacyLogin: answers.legacy?.login,
        legacyProved: answers.legacy?.proved === true,
        askLegacyPassword: parts.legacyCheck !== undefined,
        words: contextWords(answers),
      },
    });
  };

  return {
    showData,
    show: async (ctx, registration, step, problems = {}, sent = false) => {
      const answers = openAnswers(secrets, registration);
      if (step === 'data') {
        const saved = answers ? typedFrom(answers) : readTyped({});
        await showData(ctx, registration, openDraft(secrets, registration) ?? saved, problems);
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
            email: answers?.email,
            proved: registration.accountId !== null,
            papers: (await listPowers(parts.db, { registrationId: registration.id })).length,
            wait: mailWait(registration, clock.now()),
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
