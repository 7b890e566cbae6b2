/**
 * Limits that are exact under concurrency: an attempt is counted before it is made, so of any number of parallel
 * ones no more than the limit get through. A success gives its place back. No answer from the store is a refusal,
 * never a pass.
 */
import { Refusal } from '../errors';
import type { EphemeralStore } from '../storage/ephemeral/port';

export interface Limit {
  /** What is counted, such as `sign_in:account:<id>`. */
  key: string;
  max: number;
  /** Seconds from the first attempt until the count starts anew. */
  window: number;
}

export interface Reservation {
  /** Gives the places back: the attempt was a good one. */
  release(): Promise<void>;
  /** Makes the attempt or a part of it. A fault in it gives the places back, since what it cut short was none. */
  during<Result>(part: () => Promise<Result>): Promise<Result>;
}

/** Counts one attempt against every limit. @throws Refusal too_many_attempts with the seconds to wait. */
export async function reserve(store: EphemeralStore, limits: readonly Limit[]): Promise<Reservation> {
  const asked = await Promise.allSettled(
    limits.map(async (limit) => ({ limit, ...(await store.count(`limit:${limit.key}`, 1, limit.window)) })),
  );
  const counted = asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const release = async (): Promise<void> => {
    await Promise.all(
      counted.map(async ({ limit: { key, window } }) => {
        const { count } = await store.count(`limit:${key}`, -1, window);
        // The window ended meanwhile: a new one must not begin with a place too many.
        if (count < 0) await store.count(`limit:${key}`, 1, window);
      }),
    );
  };
  // What was refused was no attempt: it must not use up the limits that still had room.
  const failed = asked.find((answer) => answer.status === 'rejected');
  if (failed) {
    await release().catch(() => undefined);
    throw failed.reason;
  }
  const exceeded = counted.filter(({ count, limit }) => count > limit.max);
  if (exceeded.length > 0) {
    await release();
    throw new Refusal('too_many_attempts', Math.max(...exceeded.map(({ ttl }) => ttl)));
  }
  const during = async <Result>(part: () => Promise<Result>): Promise<Result> => {
    try {
      return await part();
    } catch (error) {
      await release().catch(() => undefined);
      throw error;
    }
  };
  return { release, during };
}

/**
 * Of any number of callers with one mark, one makes the attempt. One that a fault cut short was none, as in `counting`.
 * @param seconds how long the mark stands
 * @returns whether it was made
 */
export async function once(
  store: EphemeralStore,
  mark: string,
  seconds: number,
  attempt: () => Promise<unknown>,
): Promise<boolean> {
  if (!(await store.insert(mark, true, seconds))) return false;
  try {
    await attempt();
    return true;
  } catch (error) {
    await store.delete(mark).catch(() => undefined);
    throw error;
  }
}

/**
 * Counts one attempt and makes it. One that a fault cut short was none: a message that was never written down must not
 * use up the few that somebody has. @throws Refusal too_many_attempts
 */
export async function counting<Result>(
  store: EphemeralStore,
  limits: readonly Limit[],
  attempt: () => Promise<Result>,
): Promise<Result> {
  const { during } = await reserve(store, limits);
  return during(attempt);
}
