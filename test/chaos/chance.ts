/** Chance that a seed repeats, so that a run that found something can be made again (mulberry32). */
export interface Chance {
  /** From 0 to 1, without 1. */
  next(): number;
  /** From `least` to `most`. */
  between(least: number, most: number): number;
}

export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, between: (least, most) => least + next() * (most - least) };
}
