import { createCipheriv, createHmac } from 'node:crypto';

/** A stream of random numbers that is the same each time it is made from the same seed and label. */
export interface SeededRandom {
  /** At least 0, below 1. */
  unit(): number;
  /** At least `low`, below `high`. */
  between(low: number, high: number): number;
  /** A whole number, at least 0, below `limit`. */
  below(limit: number): number;
  pick<T>(list: readonly T[]): T;
}

const BLOCK = Buffer.alloc(4096);
const TWO_TO_32 = 2 ** 32;

/**
 * AES-256-CTR keystream under HMAC(seed, label): who does not hold the seed can neither foresee nor repeat
 * it, and what is drawn under one label tells nothing of another.
 */
export function seededRandom(seed: Buffer, label: string): SeededRandom {
  const key = createHmac('sha256', seed).update(label).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  let block = cipher.update(BLOCK);
  let offset = 0;

  const unit = (): number => {
    if (offset === block.length) {
      block = cipher.update(BLOCK);
      offset = 0;
    }
    const value = block.readUInt32LE(offset);
    offset += 4;
    return value / TWO_TO_32;
  };
  const below = (limit: number): number => Math.floor(unit() * limit);
  return {
    unit,
    below,
    between: (low, high) => low + unit() * (high - low),
    pick(list) {
      const chosen = list[below(list.length)];
      if (chosen === undefined) throw new Error('nothing to pick from');
      return chosen;
    },
  };
}
