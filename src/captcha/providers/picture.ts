import type { Captcha } from '../captcha';
import { createDigitCaptcha, randomAnswer, type CaptchaParts } from '../digit-captcha';

/** Five random digits in a picture of our own, or spoken. Nothing leaves the server. */
export function createPictureCaptcha(parts: CaptchaParts): Captcha {
  return createDigitCaptcha(parts, randomAnswer);
}
