/** The temporary password of the message: six digits, good once, in this browser, for ten minutes. */
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { checkCode } from '../check-code';
import { asker, RECOVERY_PURPOSE, type RecoveryStep } from '../parts';
import { RESEND_PAUSE } from '../recovery';
import { resend, resendWait } from '../start';

export const codeStep: RecoveryStep = {
  name: 'code',
  needed: ({ recovery, right }) => recovery === undefined || right === 'unknown',

  show: async (parts, ctx, { recovery }, { problems } = {}) => {
    if (!recovery) throw new Refusal('bad_request');
    const { name, channel, target } = recovery;
    const byMail = name.kind === 'email' ? 'email' : 'other';
    parts.render(ctx, {
      view: 'recovery/code',
      title: 'recovery.code.title',
      problems,
      form: { id: 'recovery', action: '/recovery/code' },
      values: {
        way: channel === 'sms' ? channel : byMail,
        target,
        tells: parts.tellsUnknown,
        channel,
        kind: name.kind,
        scripts: ['registration.js'],
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
    const who = asker(parts, ctx, visit);
    if (form.action === 'resend' || form.action === 'email') {
      const channel = form.action === 'email' ? 'email' : recovery.channel;
      const problems = await limited(ctx, 'too_many_messages', async () =>
        (await resend(parts, who, recovery, channel)) === 'too_soon' ? { form: 'too_soon' } : undefined,
      );
      // The page's script stays on the page and counts on from here.
      if (ctx.accepts('html', 'json') !== 'json') return problems;
      const wait = problems ? resendWait(recovery, parts.clock.now()) : RESEND_PAUSE;
      ctx.body = { outcome: problems?.form ?? 'sent', wait };
      return undefined;
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
