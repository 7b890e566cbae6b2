import type { Captcha } from '../captcha';

/** Asks nothing and lets everyone by. Refused in production. */
export function createNoCaptcha(): Captcha {
  return {
    issue: () => Promise.resolve({ kind: 'none' }),
    picture: () => Promise.resolve(undefined),
    audio: () => Promise.resolve(undefined),
    check: () => Promise.resolve(true),
  };
}
