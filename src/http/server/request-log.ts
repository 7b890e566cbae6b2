/** One id and one log line a request. The path is logged without its query, which may hold codes or hints. */
import { randomUUID } from 'node:crypto';
import type { AddressRanges } from '../../config/readers';
import type { Logger } from '../../log';
import { clientAddress } from '../client-address';
import type { Middleware, RequestState } from '../context';

const UID = /\/[A-Za-z0-9_-]{21,}/g;

/** The request's own logger, made when somebody has something to say: most requests end with the one line. */
class State implements Pick<RequestState, 'requestId' | 'address' | 'log'> {
  readonly requestId = randomUUID();
  #log: Logger | undefined;

  constructor(
    readonly address: string,
    private readonly parent: Logger,
  ) {}

  get log(): Logger {
    this.#log ??= this.parent.child({ requestId: this.requestId });
    return this.#log;
  }
}

/** Gives the request its id, address and logger, and logs how it ended. */
export function requestLog(
  log: Logger,
  trusted: AddressRanges,
  observe: (route: string, status: number, seconds: number) => void,
): Middleware {
  // Its fields are these few, so nothing in it needs to be searched for secrets.
  const lines = log.child({}, { redact: [] });
  return async (ctx, next) => {
    const begun = performance.now();
    const address = clientAddress(
      ctx.socket.remoteAddress ?? '',
      ctx.get('x-forwarded-for') || undefined,
      trusted,
    );
    const state = new State(address, log);
    ctx.state = state as RequestState & State;
    ctx.set('x-request-id', state.requestId);
    try {
      await next();
    } finally {
      const seconds = (performance.now() - begun) / 1000;
      const path = ctx.path.slice(0, 200).replace(UID, '/:id');
      observe(path, ctx.status, seconds);
      lines.info(
        {
          requestId: state.requestId,
          method: ctx.method,
          path,
          status: ctx.status,
          ms: Math.round(seconds * 1000),
          address,
        },
        'request',
      );
    }
  };
}
