/** The list of captcha providers. A new one is its file and one line here. */
import type { Captcha } from '../captcha';
import type { CaptchaParts } from '../digit-captcha';
import { createFixedCaptcha } from './fixed';
import { createNoCaptcha } from './none';
import { createPictureCaptcha } from './picture';

const PROVIDERS = {
  fixed: createFixedCaptcha,
  none: createNoCaptcha,
  picture: createPictureCaptcha,
} satisfies Record<string, (parts: CaptchaParts) => Captcha>;

export type CaptchaKind = keyof typeof PROVIDERS;

/** The provider that the configuration names. */
export function createCaptcha(kind: CaptchaKind, parts: CaptchaParts): Captcha {
  return PROVIDERS[kind](parts);
}
