/** A password that is chosen during registration: what it may not be made of, and the rule of a path beside ours. */
import type { PasswordPolicy } from '../../accounts/policy/password-policy';
import type { Problems } from '../../errors';
import type { Answers, Path } from '../registration';

export interface ChosenPassword {
  password: string;
  repeated: string;
}

/** What others may know of the person: no password is made of it alone. */
export function contextWords({
  familyName,
  givenName,
  middleName,
  email,
  phone,
  company,
}: Partial<Answers>): string[] {
  const words = [familyName, givenName, middleName, email, phone, company?.name];
  return words.filter((word): word is string => Boolean(word));
}

/** Capital and small Latin letters and digits, no other letters, no spaces. */
function followsLatin(password: string): boolean {
  const kinds = [/[A-Z]/, /[a-z]/, /[0-9]/];
  return kinds.every((kind) => kind.test(password)) && !/\s|(?![A-Za-z])\p{L}/u.test(password);
}

export async function chosenPasswordProblems(
  policy: PasswordPolicy,
  { password, repeated }: ChosenPassword,
  { passwordRule }: Pick<Path, 'passwordRule'>,
  words: readonly string[],
): Promise<Problems> {
  if (password === '') return { password: 'password_required' };
  const problem = await policy.problem(password, words);
  if (problem) return { password: problem };
  if (passwordRule === 'latin' && !followsLatin(password)) return { password: 'password_latin' };
  return password === repeated ? {} : { password_repeated: 'passwords_differ' };
}
