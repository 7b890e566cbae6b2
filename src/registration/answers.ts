/** Answers are personal data of somebody who is nobody's customer yet: sealed, and bound to their row. */
import type { Secrets } from '../secrets';
import { readTyped, type TypedData } from './data-form';
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

const draftContext = (id: string): string => `registration:${id}:draft`;

export function sealDraft(secrets: Secrets, id: string, typed: TypedData): string {
  return secrets.seal(JSON.stringify(typed), draftContext(id));
}

/** What was typed last and not accepted; consent is given anew each time. */
export function openDraft(
  secrets: Secrets,
  { id, draft }: Pick<Registration, 'id' | 'draft'>,
): TypedData | undefined {
  if (draft === null) return undefined;
  const typed = JSON.parse(secrets.open(draft, draftContext(id))) as Partial<TypedData>;
  return { ...readTyped({}), ...typed, terms: false, personalData: false };
}
