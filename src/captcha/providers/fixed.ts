import { ANSWER_LENGTH, type Captcha } from '../captcha';
import { createDigitCaptcha, type CaptchaParts } from '../digit-captcha';

/** The answer to every challenge of the `fixed` provider. */
export const FIXED_ANSWER = '0'.repeat(ANSWER_LENGTH);

/** The picture captcha with a known answer, for tests and benches. Stops no robot: refused in production. */
export function createFixedCaptcha(parts: CaptchaParts): Captcha {
  return createDigitCaptcha(parts, () => FIXED_ANSWER);
}
