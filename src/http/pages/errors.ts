/** The end of every request that threw: a refusal gets its page, anything else is logged once and is a 500. */
import { REFUSALS, Refusal, type RefusalCode } from '../../errors';
import { unavailability } from '../../storage/postgres';
import type { Context, Middleware } from '../context';
import { pageAddress } from './address';
import type { Render } from './render';

/** Seconds; said with every 503 whose cause names no time. */
const SOON = 3;

/** @param wayForward where a person can go on from a dead end, when the request still shows it. */
export function handleErrors(
  render: Render,
  wayForward: (ctx: Context) => Promise<string | undefined>,
): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) throw new Refusal('not_found');
    } catch (error) {
      const refusal = asRefusal(error);
      if (!refusal) ctx.state.log.error({ err: error }, 'fault');
      else if (refusal.status >= 500) ctx.state.log.warn({ err: error, refusal: refusal.code }, 'refused');
      await answer(ctx, refusal, render, wayForward);
    }
    // Whoever answered it, the provider's own pages too (RFC 9110 §15.6.4).
    if (ctx.status === 503 && !ctx.response.get('Retry-After')) ctx.set('Retry-After', String(SOON));
  };
}

function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const status = (error as { status?: unknown }).status;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const code = (Object.keys(REFUSALS) as RefusalCode[]).find((name) => REFUSALS[name] === status);
    return new Refusal(code ?? 'bad_request');
  }
  return unavailability(error);
}

async function answer(
  ctx: Context,
  refusal: Refusal | undefined,
  render: Render,
  wayForward: (ctx: Context) => Promise<string | undefined>,
): Promise<void> {
  const status = refusal?.status ?? 500;
  const code = refusal?.code ?? 'fault';
  ctx.response.remove('Content-Length');
  if (refusal?.retryAfter !== undefined) ctx.set('Retry-After', String(Math.ceil(refusal.retryAfter)));
  if (ctx.accepts('html', 'json') === 'json') {
    ctx.status = status;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = { error: code, request_id: ctx.state.requestId };
    return;
  }
  const onward = status < 500 ? await wayForward(ctx).catch(() => undefined) : undefined;
  const values = { code, onward, again: WORTH_ANOTHER_TRY.has(code) ? pageAddress(ctx) : undefined };
  render(ctx, { view: 'error', title: `refusal.${code}.title`, status, values });
}

/** Refusals that a fresh page, or a little time, may settle. */
const WORTH_ANOTHER_TRY = new Set<RefusalCode | 'fault'>([
  'bad_request',
  'body_too_large',
  'forged_form',
  'overloaded',
  'store_unavailable',
  'too_many_attempts',
  'fault',
]);
