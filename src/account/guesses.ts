/** Activation codes are guessed by programs: each try is counted for the account and for the network address. */
import { Refusal } from '../errors';
import { addressBlock } from '../http/client-address';
import type { Context } from '../http/context';
import { reserve } from '../http/limits';
import type { AccountParts, Visitor } from './parts';

const HOUR = 3600;

/** `minutes` to wait, or the place that a right code gives back. */
export type Guess = { minutes: number } | { minutes?: undefined; release(): Promise<void> };

export async function limitGuesses(
  { ephemeral }: AccountParts,
  ctx: Context,
  { accountId }: Visitor,
): Promise<Guess> {
  try {
    return await reserve(ephemeral, [
      { key: `activation:account:${accountId}`, max: 10, window: HOUR },
      { key: `activation:${addressBlock(ctx.state.address)}`, max: 30, window: HOUR },
    ]);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    ctx.set('Retry-After', String(error.retryAfter ?? HOUR));
    return { minutes: Math.ceil((error.retryAfter ?? HOUR) / 60) };
  }
}
