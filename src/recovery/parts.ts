/** What the pages of a recovery are made of. */
import type { PasswordPolicy } from '../accounts/policy/password-policy';
import type { Captcha } from '../captcha/captcha';
import type { Problems } from '../errors';
import type { Context } from '../http/context';
import { defineCookie, KNOWN_BROWSER } from '../http/cookies';
import type { Form, Forms } from '../http/forms';
import type { Interactions } from '../http/interactions';
import type { Render } from '../http/pages/render';
import type { localeFor } from '../http/pages/texts';
import type { SetPasswordTools } from './set-password';
import type { Asker, RecoveryTools } from './start';
import type { Visit, Visits } from './visit';

export interface RecoveryParts extends RecoveryTools, SetPasswordTools {
  interactions: Interactions;
  captcha: Captcha;
  passwordPolicy: PasswordPolicy;
  forms: Forms;
  render: Render;
  locale: ReturnType<typeof localeFor>;
  visits: Visits;
}

export type StepName = 'name' | 'code' | 'password';

/** One step of a recovery: a page and what becomes of its form. */
export interface RecoveryStep {
  name: StepName;
  /** Whether it still has something to ask. */
  needed(visit: Visit): boolean;
  show(parts: RecoveryParts, ctx: Context, visit: Visit, state?: StepState): Promise<void>;
  /** What is wrong with the form; undefined when the person goes on to whatever is due then. */
  submit(parts: RecoveryParts, ctx: Context, visit: Visit, form: Form): Promise<Problems | undefined>;
}

export interface StepState {
  form?: Form;
  problems?: Problems;
}

/** What the tokens of the forms are bound to. */
export const RECOVERY_PURPOSE = 'recovery';

/** Who asks, for limits and the audit. */
export function asker({ issuer }: RecoveryParts, ctx: Context, { token, clientId }: Visit): Asker {
  const { locale, address, requestId } = ctx.state;
  const knownBrowser = defineCookie(issuer, KNOWN_BROWSER).read(ctx);
  return { token, clientId, locale, address, requestId, knownBrowser };
}
