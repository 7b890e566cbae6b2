/**
 * How often a device may ask whether its code was confirmed (RFC 8628 §3.5): every five seconds, and five seconds more
 * rarely for each time it was too early. Counted in the shared store, so asking several nodes gains nothing.
 */
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { DEVICE_GRANT } from '../../clients/protocol';
import type { Context } from '../../http/context';
import { fingerprint } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';

/** Seconds; what a device assumes that is not told (RFC 8628 §3.2). */
const INTERVAL = 5;
const MOST_INTERVAL = 60;
/** A device's clock and the way here are not exact. */
const LEEWAY = 0.5;
/** As long as a code lives. */
const REMEMBERED = 600;

type Polled = Context & Partial<Pick<KoaContextWithOIDC, 'oidc'>>;

/** The code of a poll that was answered "not yet"; undefined of every other request. */
function pendingCode({ oidc, body }: Polled): string | undefined {
  if (oidc?.route !== 'token' || oidc.params?.grant_type !== DEVICE_GRANT) return undefined;
  const pending = (body as { error?: unknown } | null | undefined)?.error === 'authorization_pending';
  return pending && typeof oidc.params.device_code === 'string' ? oidc.params.device_code : undefined;
}

/** Turns "not yet" into "slow down" for a device that asks too often. Runs when the provider has answered. */
export async function slowDown(store: EphemeralStore, ctx: Polled): Promise<void> {
  const code = pendingCode(ctx);
  if (code === undefined) return;
  const id = fingerprint(code);
  const mark = `device_poll:${id}`;
  const times = `device_early:${id}`;
  const early = (await store.count(times, 0, REMEMBERED)).count;
  if (await store.insert(mark, true, pause(early))) return;
  const { count } = await store.count(times, 1, REMEMBERED);
  await store.put(mark, true, pause(count));
  const { error, error_description } = new errors.SlowDown();
  ctx.body = { error, error_description };
}

const pause = (early: number): number => Math.min(INTERVAL * (1 + early), MOST_INTERVAL) - LEEWAY;
