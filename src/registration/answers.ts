/** Answers are personal data of somebody who is nobody's customer yet: sealed, and bound to their row. */
import type { Secrets } from '../secrets';
import type { Typed } from './fields/field-group';
import type { Answers, Registration } from './registration';

const context = (id: string): string => `registration:${id}`;

export function sealAnswers(secrets: Secrets, id: string, answers: Answers): string {
  return secrets.seal(JSON.stringify(answers), context(id));
}

export function openAnswers(
  secrets: Secrets,
  { id, answers }: Pick<Registration, 'id' | 'answers'>,
): Answers | undefined {
  return answers === null ? undefined : (JSON.parse(secrets.open(answers, context(id))) as Answers);
}

/** What was typed into a page and not accepted yet. */
export interface Draft {
  step: string;
  typed: Typed;
}

/** Boxes that say yes to a document; consent is given anew each time. */
const AGREEMENTS = ['terms', 'personal_data', 'marketing'];

const draftContext = (id: string): string => `registration:${id}:draft`;

export function sealDraft(secrets: Secrets, id: string, { step, typed }: Draft): string {
  const kept = Object.entries(typed).filter(([name]) => !AGREEMENTS.includes(name));
  const draft: Draft = { step, typed: Object.fromEntries(kept) };
  return secrets.seal(JSON.stringify(draft), draftContext(id));
}

/** The draft of this page; undefined where there is none, or it is of another page. */
export function openDraft(
  secrets: Secrets,
  { id, draft }: Pick<Registration, 'id' | 'draft'>,
  step: string,
): Typed | undefined {
  if (draft === null) return undefined;
  const opened = JSON.parse(secrets.open(draft, draftContext(id))) as Partial<Draft>;
  return opened.step === step ? opened.typed : undefined;
}
