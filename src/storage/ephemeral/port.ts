/**
 * The ephemeral port: small records that end by themselves (sessions, interactions, codes, captchas,
 * counters). Two stores implement it, over SQL and over Redis, and one conformance suite holds both to
 * these words. Time is the store's own (Postgres or Redis), never a node's, so skewed nodes agree.
 *
 * Keys are well-formed text without U+0000, at most 1 KB; whoever makes a key of a foreign value (a cookie, a
 * code, an address) puts its fingerprint there. Records and counters have separate keys.
 *
 * A store that cannot answer throws `Refusal('store_unavailable')`: callers fail closed. What was refused may
 * all the same have been carried out (only the answer was lost); a store never sends it again by itself.
 */

/** Anything JSON can say. What a store returns is the caller's own copy. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Entry {
  value: Json;
  /** True once `spend` has succeeded for this key. */
  spent: boolean;
}

export interface Count {
  /** The counter after this call. */
  count: number;
  /** Seconds until the counter ends, more than 0. */
  ttl: number;
}

export interface EphemeralStore {
  /** The live record under `key`, spent or not; undefined when absent or past its end. */
  find(key: string): Promise<Entry | undefined>;

  /** Writes the record, replacing any earlier one (which also clears its spent mark). `ttl` in seconds, > 0, fractions allowed. */
  put(key: string, value: Json, ttl: number): Promise<void>;

  /** Writes the record only where no live one stands. True for exactly one of any number of callers. */
  insert(key: string, value: Json, ttl: number): Promise<boolean>;

  /** Marks a live record as spent, keeping value and end. True for exactly one of any number of callers; false when absent or already spent. */
  spend(key: string): Promise<boolean>;

  /** Removes the record and returns it. Exactly one of any number of callers gets it. */
  take(key: string): Promise<Entry | undefined>;

  /** Removes the record, if any. */
  delete(key: string): Promise<void>;

  /** Adds `by` (a whole number, may be negative) to the counter under `key`. A new counter starts at `by` and ends `ttl` seconds later; later calls do not move its end. */
  count(key: string, by: number, ttl: number): Promise<Count>;

  /** Removes what is past its end, in small batches; the number removed (0 where the store does so itself). */
  sweep(): Promise<number>;

  /** Resolves when the store can answer; rejects with `Refusal('store_unavailable')` otherwise. */
  ping(): Promise<void>;

  /** Frees what the store opened itself. */
  close(): Promise<void>;
}
