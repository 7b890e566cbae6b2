/**
 * What is known of DaData between two questions: its answers, and that the day's allowance is used up. Kept in the
 * ephemeral store, so that all nodes share it. While that store is away nothing is remembered; the question goes out.
 */
import { addSeconds, type Clock } from '../../clock';
import { Refusal } from '../../errors';
import type { EphemeralStore, Json } from '../../storage/ephemeral/port';

export interface Memory {
  find(key: string): Promise<Json | undefined>;
  /** @param seconds how long it holds. */
  keep(key: string, value: Json, seconds: number): Promise<void>;
}

const PREFIX = 'company:dadata:';

export function createMemory(store: EphemeralStore | undefined, clock: Clock): Memory {
  return {
    find: async (key) => {
      const entry = await quietly(async () => store?.find(PREFIX + key));
      const held = entry?.value as { until: number; value: Json } | undefined;
      return held && clock.now().getTime() < held.until ? held.value : undefined;
    },
    keep: async (key, value, seconds) => {
      const until = addSeconds(clock.now(), seconds).getTime();
      await quietly(async () => store?.put(PREFIX + key, { until, value }, seconds));
    },
  };
}

async function quietly<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

const MOSCOW_OFFSET_S = 3 * 3600;
const DAY_S = 24 * 3600;

/** Seconds until the next midnight in Moscow, which keeps UTC+3 all year; at least 1. */
export function secondsToMoscowMidnight(now: Date): number {
  const passed = (Math.floor(now.getTime() / 1000) + MOSCOW_OFFSET_S) % DAY_S;
  return DAY_S - passed;
}
