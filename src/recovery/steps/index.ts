/** The steps of a recovery in their order; what else an account asks for (remainingChecks) stands before the password. */
import type { RecoveryStep } from '../parts';
import { codeStep } from './code';
import { nameStep } from './name';
import { passwordStep } from './password';

export const STEPS: readonly RecoveryStep[] = [nameStep, codeStep, passwordStep];
