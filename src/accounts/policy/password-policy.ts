/** Which new passwords are taken here: the rules of passwords.ts, as long as the operator wants them, and known breaches. */
import { PASSWORD_MIN_LENGTH, passwordProblem, type PasswordProblem } from '../passwords';
import type { BreachedList } from './breached-list';

export interface PasswordPolicy {
  /**
   * Why a new password is refused, or undefined when it may be used.
   * @param words what others know of the person: names, company, e-mail address, phone, product
   * @throws Error when the list of breached passwords cannot be read
   */
  problem(
    password: string,
    words: readonly string[],
  ): Promise<PasswordProblem | 'password_breached' | undefined>;
}

export interface PasswordPolicyOptions {
  /** Characters; 15 where there is no second factor, says NIST SP 800-63B-4. */
  minLength?: number;
  /** Absent: no list (OWASP ASVS 5.0, 6.2.12 asks for one). */
  breached?: BreachedList;
}

export function createPasswordPolicy({
  minLength = PASSWORD_MIN_LENGTH,
  breached,
}: PasswordPolicyOptions = {}): PasswordPolicy {
  return {
    problem: async (password, words) => {
      const problem = passwordProblem(password, words, minLength);
      if (problem !== undefined || !breached) return problem;
      // As it is hashed (NFKC) and as it was typed: a list holds what people type.
      const spellings = new Set([password.normalize('NFKC'), password]);
      for (const spelling of spellings) if (await breached.includes(spelling)) return 'password_breached';
      return undefined;
    },
  };
}
