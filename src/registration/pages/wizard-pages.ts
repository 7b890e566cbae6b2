/** What all pages of the wizard share: who asks and where they stand, the frame of a page, and the way onward. */
import type { CaptchaBinding, Challenge } from '../../captcha/captcha';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { openAnswers } from '../answers';
import type { CompanyChoice } from '../../companies/choose-company';
import type { Typed } from '../fields/field-group';
import type { RegistrationParts } from '../parts';
import { pathOf } from '../register';
import { dueStep, stepNumber, type Answers, type Path, type Registration, type Step } from '../registration';
import type { Visits } from '../visit';

/** One request to the wizard. */
export interface Turn {
  ctx: Context;
  registration: Registration;
  path: Path;
  answers: Answers | undefined;
}

/** What a page shows beside what is saved. */
export interface Shown {
  problems?: Problems;
  typed?: Typed;
  choice?: CompanyChoice;
  /** A message has just been sent again. */
  sent?: boolean;
}

export interface Wizard {
  parts: RegistrationParts;
  visits: Visits;
}

/** One kind of step: what its page shows, and what becomes of what was sent in. The post is allowed by then. */
export interface StepPages<Kind extends Step> {
  show(wizard: Wizard, turn: Turn, step: Kind, shown?: Shown): Promise<void>;
  post(wizard: Wizard, turn: Turn, step: Kind, form: Form): Promise<void>;
}

const PATH = '/register';
export const SCRIPT = 'registration.js';

/** What the tokens of the wizard's forms are bound to. */
export const WIZARD_PURPOSE = 'register';

export async function turnOf({ parts, visits }: Wizard, ctx: Context): Promise<Turn> {
  const registration = await visits.current(ctx);
  const answers = openAnswers(parts.secrets, registration);
  return { ctx, registration, path: pathOf(parts, registration), answers };
}

/** The step that is due by what is saved. */
export function stepOf({ path, registration, answers }: Omit<Turn, 'ctx'>): Step {
  return dueStep(path, registration, answers?.phone, answers?.told);
}

/** Whether a page may be opened or sent now: the one that is due, and forms before it. */
export function isOpen(turn: Turn, step: Step): boolean {
  const due = stepOf(turn);
  if (step.name === due.name) return true;
  const number = (name: string): number => stepNumber(turn.path, name).number;
  const before = number(step.name) < number(due.name);
  return step.kind === 'form' && turn.registration.accountId === null && before;
}

/** Draws a step's page inside the wizard's frame. */
export function drawStep(
  { parts, visits }: Wizard,
  { ctx, path }: Turn,
  step: Step,
  page: { view: string; problems?: Problems; scripts?: string[]; values: Record<string, unknown> },
): void {
  const progress = stepNumber(path, step.name);
  const interaction = visits.interaction(ctx);
  parts.render(ctx, {
    view: `registration/${page.view}`,
    title: step.title ?? `register.${step.name}.title`,
    titleValues: { number: String(progress.number), of: String(progress.of) },
    problems: page.problems ?? {},
    form: { id: 'register', action: `${PATH}/${step.name}` },
    values: {
      ...page.values,
      formToken: parts.forms.token(ctx, WIZARD_PURPOSE),
      scripts: [SCRIPT, ...(page.scripts ?? [])],
      progress,
      cancel: interaction === undefined ? '/register/cancel' : `/interaction/${interaction}/register/cancel`,
      before: formBefore(path, step),
    },
  });
}

/** Name of the form that «Назад» leads to. */
function formBefore({ steps }: Path, step: Step): string | undefined {
  const place = steps.findIndex(({ name }) => name === step.name);
  return steps.slice(0, place).findLast(({ kind }) => kind === 'form')?.name;
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

/** Runs a limited act; gives the problem to show when it was refused or came too soon. */
export async function limited(ctx: Context, act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return (await act()) === 'too_soon' ? 'too_soon' : undefined;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    ctx.set('Retry-After', String(Math.ceil(error.retryAfter ?? 60)));
    return 'too_many_messages';
  }
}

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
