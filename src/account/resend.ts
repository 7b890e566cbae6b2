/** «Отправить ещё раз» on the pages where a code is typed: after a pause, and of any number of clicks one sends. */
import { addSeconds } from '../clock';
import type { Context } from '../http/context';
import { once } from '../http/limits';
import { limited } from './limited';
import type { AccountParts } from './parts';

/** Seconds before another message may be asked for, as in registration and recovery. */
export const RESEND_PAUSE = 60;

/** The script of these pages, which counts the seconds and stays on the page. */
export const RESEND_SCRIPTS = ['registration.js'];

/** Longer than any code lives. */
const ONCE_TTL = 3600;

export interface SentCode {
  codeId: string;
  sentAt: Date;
}

/** Seconds until another message may be asked for. */
export function resendWait({ sentAt }: Pick<SentCode, 'sentAt'>, now: Date): number {
  return Math.max(0, Math.ceil((addSeconds(sentAt, RESEND_PAUSE).getTime() - now.getTime()) / 1000));
}

/** Sends again in the place of `before`; undefined when it is sent. */
export async function sendAgain(
  { ephemeral, clock }: Pick<AccountParts, 'ephemeral' | 'clock'>,
  ctx: Context,
  before: SentCode,
  send: () => Promise<unknown>,
): Promise<'too_soon' | 'too_many_messages' | undefined> {
  if (resendWait(before, clock.now()) > 0) return 'too_soon';
  let sent = false;
  const problem = await limited(ctx, async () => {
    sent = await once(ephemeral, `account:resend:${before.codeId}`, ONCE_TTL, send);
  });
  return problem ?? (sent ? undefined : 'too_soon');
}

/**
 * Answers the page's script; false when a page is asked for.
 * @param wait seconds until the next message
 * @param page where the new code is typed, when that is another page
 */
export function tellScript(ctx: Context, problem: string | undefined, wait: number, page?: string): boolean {
  if (ctx.accepts('html', 'json') !== 'json') return false;
  ctx.set('Cache-Control', 'no-store');
  ctx.status = 200;
  ctx.body = { outcome: problem ?? 'sent', wait, page };
  return true;
}
