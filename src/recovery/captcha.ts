/** The captcha of a recovery: it is good in this browser only. */
import type { CaptchaBinding, Challenge } from '../captcha/captcha';
import type { Context } from '../http/context';
import type { Forms } from '../http/forms';

export function recoveryBinding({ forms }: { forms: Forms }, ctx: Context): CaptchaBinding {
  return { purpose: 'recovery', browser: forms.browser(ctx), context: '' };
}

/** Addresses of its picture and voice. */
export function challengeLinks(challenge: Challenge) {
  if (challenge.kind === 'none') return undefined;
  const base = `/recovery/captcha/${challenge.id}`;
  return { id: challenge.id, picture: `${base}.png`, audio: `${base}.wav` };
}
