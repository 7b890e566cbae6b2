/** Answers are personal data of somebody who is nobody's customer yet: sealed, and bound to their row. */
import type { Secrets } from '../secrets';
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
