/** «1 / 3» sent in: captcha, fields, company, and then the message that leads on. */
import type { CompanyChoice } from '../choose-company';
import { chooseCompany } from '../choose-company';
import { agreedVersion } from '../../consents/consent';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { sealDraft } from '../answers';
import { lookUp } from '../company/look-up';
import { checkTyped, readTyped, type TypedData } from '../data-form';
import type { RegistrationParts } from '../parts';
import { saveAnswers } from '../register';
import { isHuman, type Answers, type Registration } from '../registration';
import { updateRegistration } from '../store';
import type { Visits } from '../visit';
import { onward, wizardBinding, WIZARD_PURPOSE, type WizardPages } from './wizard-pages';

export async function postData(
  parts: RegistrationParts,
  visits: Visits,
  pages: WizardPages,
  ctx: Context,
): Promise<void> {
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const found = await visits.current(ctx);
  const typed = readTyped(form);
  if (found.accountId !== null) return onward(ctx);
  if (parts.locale.choose(ctx, form.lang) || form.action === 'refresh')
    return pages.showData(ctx, await keepDraft(parts, found, typed), typed, {});
  const human = await proveHuman(parts, ctx, found, form);
  const registration = human ?? found;
  const { data, problems } = checkTyped(typed);
  if (!human) problems.captcha = form.captcha?.trim() ? 'captcha_wrong' : 'captcha_required';
  const asker = { registration: registration.id, address: ctx.state.address };
  // Programs get no look into the directories by this way.
  const choice: CompanyChoice =
    data && human
      ? chooseCompany(await lookUp(parts, data.unit, asker), typed.companyName)
      : { problems: {} };
  const all: Problems = { ...problems, ...choice.problems };
  if (!data || !choice.company || Object.keys(all).length > 0)
    return pages.showData(ctx, await keepDraft(parts, registration, typed), typed, all, choice);
  const { unit, ...person } = data;
  const answers: Answers = {
    ...person,
    ...unit,
    company: choice.company,
    consents: await consents(parts, ctx, form),
  };
  const problem = await pages.limited(ctx, () =>
    saveAnswers(parts, registration, answers, ctx.state.address),
  );
  if (problem) return pages.showData(ctx, registration, typed, { form: problem }, choice);
  onward(ctx);
}

/**
 * The registration, once its browser has solved a captcha: now, or within the last half hour. Undefined for a
 * program. The mark stands in the row and is gone with the message it paid for, so that one picture does not pay
 * for messages to many phones.
 */
async function proveHuman(
  parts: RegistrationParts,
  ctx: Context,
  registration: Registration,
  form: Readonly<Record<string, string | undefined>>,
): Promise<Registration | undefined> {
  const now = parts.clock.now();
  if (isHuman(registration, now)) return registration;
  if (!(await parts.captcha.check(wizardBinding(parts, ctx), form))) return undefined;
  return (
    (await updateRegistration(parts.db, registration, { humanAt: now, locale: registration.locale })) ??
    registration
  );
}

/** Keeps what is not accepted yet, so that it is there after a restart and in another tab. */
async function keepDraft(
  { db, secrets }: RegistrationParts,
  registration: Registration,
  typed: TypedData,
): Promise<Registration> {
  const draft = sealDraft(secrets, registration.id, typed);
  return (await updateRegistration(db, registration, { draft })) ?? registration;
}

async function consents(
  { documents, clock }: RegistrationParts,
  ctx: Context,
  form: Form,
): Promise<Answers['consents']> {
  const facts = {
    address: ctx.state.address,
    userAgent: ctx.get('user-agent').slice(0, 300),
    at: clock.now().toISOString(),
  };
  // What stood beside the box is what was agreed to; where it has changed meanwhile, the first sign-in asks.
  const shown = (await documents.required()).map(
    async (document) =>
      (await documents.find(document.name, form[`${document.name}_version`] ?? '')) ?? document,
  );
  return (await Promise.all(shown)).map((document) => ({ ...agreedVersion(document), ...facts }));
}
