/** A page of fields: captcha, fields, password, company, and then the message that leads on. */
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { isPersonInn } from '../../companies/identifiers';
import type { Problems } from '../../errors';
import type { Form } from '../../http/forms';
import { openDraft, sealDraft } from '../answers';
import type { CompanyChoice } from '../../companies/choose-company';
import { checkTyped, readTyped, typedFrom } from '../data-form';
import { askedDocuments } from '../fields/agreements';
import type { Typed } from '../fields/field-group';
import { contextWords } from '../fields/password';
import { agreedTo } from '../pages/consents';
import { isFullyTold, mergeAnswers, tellCompany, tellPassword } from '../pages/told';
import {
  challengeLinks,
  drawStep,
  limited,
  onward,
  wizardBinding,
  type StepPages,
  type Turn,
  type Wizard,
} from '../pages/wizard-pages';
import { advance } from '../register';
import { isHuman, type Answers, type FormStep, type Registration } from '../registration';
import { updateRegistration } from '../store';

export const formPages: StepPages<FormStep> = {
  show: async (wizard, turn, step, { problems, typed, choice } = {}) => {
    const { parts, visits } = wizard;
    const { ctx, registration, path, answers } = turn;
    const { fields } = step;
    const asksCaptcha = fields.includes('captcha') && !isHuman(registration, parts.clock.now());
    const challenge = asksCaptcha ? await parts.captcha.issue(wizardBinding(parts, ctx)) : undefined;
    const shown = typed ?? openDraft(parts.secrets, registration, step.name) ?? savedTyped(turn, step);
    const names = askedDocuments(fields);
    drawStep(wizard, turn, step, {
      view: 'form',
      problems,
      scripts: fields.includes('password') ? [...METER_SCRIPTS] : [],
      values: {
        fields,
        typed: shown,
        path,
        captcha: challenge && challengeLinks(challenge),
        captchaRefresh: '/register/captcha',
        chooser: path.steps[0]?.name === step.name && (await visits.offered(registration)).length > 1,
        hasPassword: Boolean(registration.passwordHash),
        words: contextWords(answers ?? {}),
        company: choice?.company?.source === 'directory' ? choice.company : undefined,
        // A sole proprietor's business is called by their own name, which a form does not show.
        person: isPersonInn((shown.inn ?? '').replace(/\D/g, '')),
        askName: choice?.askName ?? Boolean(shown.company_name),
        documents: (await parts.documents.current()).filter(({ name }) => names.includes(name)),
      },
    });
  },

  post: async (wizard, turn, step, form) => {
    const { parts } = wizard;
    const { ctx, path } = turn;
    const asked = { path, fields: step.fields, rules: parts.identifierRules };
    const typed = readTyped(form, asked);
    if (parts.locale.choose(ctx, form.lang) || form.action === 'refresh')
      return again(wizard, turn, step, typed, { problems: {} });
    const human = step.fields.includes('captcha') ? await proveHuman(wizard, turn, form) : turn.registration;
    const now = { ...turn, registration: human ?? turn.registration };
    const { data, problems } = checkTyped(typed, asked);
    if (!human) problems.captcha = form.captcha?.trim() ? 'captcha_wrong' : 'captcha_required';
    const password = await tellPassword(parts, now, step, form, data);
    Object.assign(problems, password.problems);
    // Programs get no look into the directories by this way.
    const choice: CompanyChoice =
      data && human ? await tellCompany(parts, now, data, typed.company_name ?? '') : { problems: {} };
    const all: Problems = { ...problems, ...choice.problems };
    if (!data || !isFullyTold(data, choice) || Object.keys(all).length > 0)
      return again(wizard, now, step, typed, { problems: all, choice });
    const agreed = await agreedTo(parts, ctx, step, typed, form);
    const answers = mergeAnswers(now.answers, step, { data, choice, agreed });
    const problem = await keep(wizard, now, answers, password.chosen);
    if (problem) return formPages.show(wizard, now, step, { typed, problems: { form: problem }, choice });
    onward(ctx);
  },
};

async function keep(
  { parts }: Wizard,
  { ctx, registration }: Turn,
  answers: Answers,
  password: string | undefined,
): Promise<string | undefined> {
  const change = password === undefined ? {} : { passwordHash: await parts.passwords.hash(password) };
  return limited(ctx, () => advance(parts, { registration, answers, change, address: ctx.state.address }));
}

function savedTyped({ answers, path }: Turn, step: FormStep): Typed {
  const typed = typedFrom(answers ?? { consents: [] }, step);
  return step.fields.includes('customer') && !typed.customer_kind
    ? { ...typed, customer_kind: path.customer?.usual ?? '' }
    : typed;
}

/** Keeps what is not accepted yet, so that it is there after a restart and in another tab, and shows it. */
async function again(
  wizard: Wizard,
  turn: Turn,
  step: FormStep,
  typed: Typed,
  shown: { problems: Problems; choice?: CompanyChoice },
): Promise<void> {
  const { db, secrets } = wizard.parts;
  const draft = sealDraft(secrets, turn.registration.id, { step: step.name, typed });
  const registration = (await updateRegistration(db, turn.registration, { draft })) ?? turn.registration;
  await formPages.show(wizard, { ...turn, registration }, step, { ...shown, typed });
}

/**
 * The registration, once its browser has solved a captcha: now, or within the last half hour. Undefined for a
 * program. The mark stands in the row and is gone with the message it paid for, so that one picture does not pay
 * for messages to many phones.
 */
async function proveHuman(
  { parts }: Wizard,
  { ctx, registration }: Turn,
  form: Form,
): Promise<Registration | undefined> {
  const now = parts.clock.now();
  if (isHuman(registration, now)) return registration;
  if (!(await parts.captcha.check(wizardBinding(parts, ctx), form))) return undefined;
  const { locale } = registration;
  return (await updateRegistration(parts.db, registration, { humanAt: now, locale })) ?? registration;
}
