/** How often somebody may be wrong about a user code (RFC 8628 §5.1): eight of twenty letters, ten minutes each. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Context } from '../../http/context';
import { reserve } from '../../http/limits';
import type { EphemeralStore } from '../../storage/ephemeral/port';

const WINDOW = 600;
/** An office behind one address mistypes, too. */
const MOST_OF_ADDRESS = 20;
/** With a thousand live codes this finds one in a thousand years. */
const MOST_OF_ALL = 600;

const given = new WeakMap<object, string>();

/** The code that stood in the address (`verification_uri_complete`). */
export function givenCode(ctx: Pick<Context, 'req'>): string | undefined {
  return given.get(ctx.req);
}

/**
 * Runs the provider for a request. A posted code counts as a guess unless there is such a code. One in the address is
 * kept for the field of the page: oidc-provider would send it in by itself.
 * @throws Refusal too_many_attempts
 */
export function guardUserCodes(
  store: EphemeralStore,
): (ctx: Context & Partial<Pick<KoaContextWithOIDC, 'oidc'>>, run: () => Promise<unknown>) => Promise<void> {
  return async (ctx, run) => {
    if (ctx.path === '/device' && ctx.method === 'GET') {
      const { user_code: code, ...rest } = ctx.query;
      if (typeof code === 'string') given.set(ctx.req, code);
      if (code !== undefined) ctx.query = rest;
    }
    if (ctx.path !== '/device' || ctx.method !== 'POST') {
      await run();
      return;
    }
    const place = await reserve(store, [
      { key: `user_code:address:${ctx.state.address}`, max: MOST_OF_ADDRESS, window: WINDOW },
      { key: 'user_code:all', max: MOST_OF_ALL, window: WINDOW },
    ]);
    await run();
    if (ctx.oidc?.entities.DeviceCode) await place.release();
  };
}
