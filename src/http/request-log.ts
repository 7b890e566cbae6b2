/** One id and one log line a request. The path is logged without its query, which may hold codes or hints. */
import { randomUUID } from 'node:crypto';
import type { AddressRanges } from '../config/readers';
import type { Logger } from '../log';
import { clientAddress } from './client-address';
import type { Middleware } from './context';

const UID = /\/[A-Za-z0-9_-]{21,}/g;

/** Gives the request its id, address and logger, and logs how it ended. */
export function requestLog(
  log: Logger,
  trusted: AddressRanges,
  observe: (route: string, status: number, seconds: number) => void,
): Middleware {
  return async (ctx, next) => {
    const begun = performance.now();
    ctx.state.requestId = randomUUID();
    ctx.state.address = clientAddress(
      ctx.socket.remoteAddress ?? '',
      ctx.get('x-forwarded-for') || undefined,
      trusted,
    );
    ctx.state.log = log.child({ requestId: ctx.state.requestId });
    ctx.set('x-request-id', ctx.state.requestId);
    try {
      await next();
    } finally {
      const seconds = (performance.now() - begun) / 1000;
      const path = ctx.path.slice(0, 200).replace(UID, '/:id');
      observe(path, ctx.status, seconds);
      ctx.state.log.info(
        {
          method: ctx.method,
          path,
          status: ctx.status,
          ms: Math.round(seconds * 1000),
          address: ctx.state.address,
        },
        'request',
      );
    }
  };
}
