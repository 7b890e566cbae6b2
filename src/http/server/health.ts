/** Live: the process answers. Ready: it can also serve. Asked by address, so no Host is required here. */
import type { Middleware } from '../context';

export interface Readiness {
  /** Name of what is checked → resolves when it can serve. */
  [part: string]: () => Promise<unknown>;
}

/** @param draining true once the process has begun to stop: not ready, though still serving. */
export function health(parts: Readiness, draining: () => boolean): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/health/live' && ctx.path !== '/health/ready') {
      await next();
      return;
    }
    ctx.set('Cache-Control', 'no-store');
    if (ctx.path === '/health/live') {
      ctx.body = { status: 'live' };
      return;
    }
    const states = await Promise.all(
      Object.entries(parts).map(async ([name, check]) => [name, await works(check)] as const),
    );
    const ready = !draining() && states.every(([, sound]) => sound);
    ctx.status = ready ? 200 : 503;
    ctx.body = {
      status: ready ? 'ready' : 'not ready',
      ...Object.fromEntries(states.map(([name, sound]) => [name, sound ? 'ok' : 'failing'])),
    };
  };
}

async function works(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch {
    return false;
  }
}
