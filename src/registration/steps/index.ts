/** The pages of each kind of step; when it is due is said in registration.ts. */
import type { StepPages } from '../pages/wizard-pages';
import type { Step, StepKind } from '../registration';
import { finishPages } from './finish';
import { formPages } from './form';
import { phonePages } from './phone';
import { reviewPages } from './review';

const STEPS: { [Kind in StepKind]: StepPages<Extract<Step, { kind: Kind }>> } = {
  form: formPages,
  phone: phonePages,
  review: reviewPages,
  finish: finishPages,
};

export function pagesOf(step: Step): StepPages<Step> {
  return STEPS[step.kind];
}
