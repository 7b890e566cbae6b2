/** «Восстановить доступ»: the e-mail or phone of the account, and a captcha before anything is sent. */
import { countryOptions, readCountry } from '../../accounts/phone-number';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { challengeLinks, recoveryBinding } from '../captcha';
import { asker, RECOVERY_PURPOSE, type RecoveryParts, type RecoveryStep } from '../parts';
import { readRecoveryName, type RecoveryKind, type RecoveryName } from '../recovery';
import { startRecovery } from '../start';
import type { Visit } from '../visit';

const kindOf = (by: unknown): RecoveryKind => (by === 'phone' ? 'phone' : 'email');

export const nameStep: RecoveryStep = {
  name: 'name',
  needed: ({ recovery }) => recovery === undefined,

  show: async (parts, ctx, visit, { form = {}, problems } = {}) => {
    const kind = kindOf(form.by ?? ctx.query.by ?? visit.recovery?.name.kind);
    const refreshed = form.action === 'refresh';
    parts.render(ctx, {
      view: 'recovery/name',
      title: 'recovery.name.title',
      problems,
      form: { id: 'recovery', action: '/recovery/name' },
      values: {
        tab: kind === 'phone' ? 'phone' : 'text',
        tabs: [
          { name: 'phone', label: 'phone', href: '/recovery?step=name&by=phone' },
          { name: 'text', label: 'email', href: '/recovery?step=name&by=email' },
        ],
        by: kind,
        text: (kind === 'phone' ? form.phone : form.email) ?? '',
        country: readCountry(form.country),
        countries: countryOptions(ctx.state.locale),
        focus: problems ? undefined : refreshed ? 'captcha' : kind,
        captcha: challengeLinks(await parts.captcha.issue(recoveryBinding(parts, ctx))),
        captchaRefresh: '/recovery/captcha',
        back: visit.interaction,
        formToken: parts.forms.token(ctx, RECOVERY_PURPOSE),
      },
    });
  },

  submit: async (parts, ctx, visit, form) => {
    const kind = kindOf(form.by);
    const typed = (kind === 'phone' ? form.phone : form.email) ?? '';
    const name = readRecoveryName(kind, typed, readCountry(form.country));
    const problems: Problems = typeof name === 'string' ? { [kind]: name } : {};
    if (!(await parts.captcha.check(recoveryBinding(parts, ctx), form)))
      problems.captcha = form.captcha?.trim() ? 'captcha_wrong' : 'captcha_required';
    if (typeof name === 'string' || Object.keys(problems).length > 0) return problems;
    return begin(parts, ctx, visit, name);
  },
};

async function begin(
  parts: RecoveryParts,
  ctx: Context,
  visit: Visit,
  name: RecoveryName,
): Promise<Problems | undefined> {
  const renewed = parts.visits.renew(ctx, visit);
  try {
    const sent = await startRecovery(parts, asker(parts, ctx, renewed), name);
    const unknown = name.kind === 'phone' ? 'no_profile_phone' : 'no_profile_email';
    return sent === 'unknown' ? { [name.kind]: unknown } : undefined;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    ctx.set('Retry-After', String(Math.ceil(error.retryAfter ?? 60)));
    return { form: 'too_many_messages' };
  }
}
