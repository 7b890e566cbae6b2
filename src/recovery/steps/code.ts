/** The temporary password of the message: six digits, good once, in this browser, for ten minutes. */
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { checkCode } from '../check-code';
import { asker, RECOVERY_PURPOSE, type RecoveryStep } from '../parts';
import { resend, resendWait } from '../start';

export const codeStep: RecoveryStep = {
  name: 'code',
  needed: ({ recovery, right }) => recovery === undefined || right === 'unknown',

  show: async (parts, ctx, { recovery }, { problems } = {}) => {
    if (!recovery) throw new Refusal('bad_request');
    const { name, channel, target } = recovery;
    parts.render(ctx, {
      view: 'recovery/code',
      title: 'recovery.code.title',
      problems,
      form: { id: 'recovery', action: '/recovery/code' },
      values: {
        sent:
          channel === name.channel && name.kind === 'email' ? 'email' : channel === 'sms' ? 'sms' : 'other',
        target,
        tells: parts.tellsUnknown,
        channel,
        kind: name.kind,
        wait: resendWait(recovery, parts.clock.now()),
        focus: problems ? undefined : 'code',
        formToken: parts.forms.token(ctx, RECOVERY_PURPOSE),
      },
    });
    return Promise.resolve();
  },

  submit: async (parts, ctx, visit, form) => {
    const { recovery } = visit;
    if (!recovery) return undefined;
    const who = asker(ctx, visit);
    if (form.action === 'resend' || form.action === 'email') {
      const channel = form.action === 'email' ? 'email' : recovery.channel;
      return limited(ctx, 'too_many_messages', async () =>
        (await resend(parts, who, recovery, channel)) === 'too_soon' ? { form: 'too_soon' } : undefined,
      );
    }
    return limited(ctx, 'too_many_codes', async () => {
      const answer = await checkCode(parts, who, recovery, form.code ?? '');
      return answer === 'right' ? undefined : { code: answer };
    });
  },
};

async function limited(
  ctx: Context,
  problem: string,
  act: () => Promise<Problems | undefined>,
): Promise<Problems | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    ctx.set('Retry-After', String(Math.ceil(error.retryAfter ?? 60)));
    return { form: problem };
  }
}
