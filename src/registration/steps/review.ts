/** Everything once more, each part with the way back to it, before it is sent in. */
import { FIELDS } from '../fields';
import { drawStep, limited, onward, type StepPages } from '../pages/wizard-pages';
import { advance } from '../register';
import type { Answers, Path, ReviewStep } from '../registration';

/** Lines of what was told, each with the form that asked for it. */
function rowsOf({ steps }: Path, answers: Answers) {
  return steps.flatMap((step) =>
    step.kind === 'form'
      ? step.fields.flatMap((field) =>
          FIELDS[field].rows(answers).map((row) => ({ ...row, form: step.name, field })),
        )
      : [],
  );
}

export const reviewPages: StepPages<ReviewStep> = {
  show: (wizard, turn, step, { problems } = {}) => {
    const rows = turn.answers ? rowsOf(turn.path, turn.answers) : [];
    const documents = [...new Set(turn.answers?.consents.map(({ document }) => document))];
    drawStep(wizard, turn, step, { view: 'review', problems, values: { rows, documents } });
    return Promise.resolve();
  },

  post: async (wizard, turn, step, form) => {
    const { ctx, registration, answers } = turn;
    if (wizard.parts.locale.choose(ctx, form.lang)) return reviewPages.show(wizard, turn, step);
    if (!answers) return onward(ctx);
    const change = { submittedAt: wizard.parts.clock.now() };
    const { address } = ctx.state;
    const problem = await limited(ctx, () =>
      advance(wizard.parts, { registration, answers, change, address }),
    );
    if (problem) return reviewPages.show(wizard, turn, step, { problems: { form: problem } });
    onward(ctx);
  },
};
