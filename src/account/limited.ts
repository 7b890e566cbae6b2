import { Refusal } from '../errors';
import type { Context } from '../http/context';

/** A message that is one too many is told on the page, with the time to wait in the header. */
export async function limited(
  ctx: Context,
  send: () => Promise<unknown>,
): Promise<'too_many_messages' | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    ctx.set('Retry-After', String(Math.ceil(error.retryAfter ?? 60)));
    return 'too_many_messages';
  }
}
