/** How both ephemeral stores write a value and a lifetime. */
import type { Json } from './port';

/**
 * JSON text of a value. `JSON.stringify` escapes U+0000 and lone surrogates, which neither a Postgres text
 * nor UTF-8 can hold as they are, so that every string comes back unchanged.
 */
export function encode(value: Json): string {
  return JSON.stringify(value);
}

export function decode(text: string): Json {
  return JSON.parse(text) as Json;
}

/** A lifetime in whole milliseconds, at least 1. @throws RangeError unless `ttl` (seconds) is finite and above 0. */
export function toMilliseconds(ttl: number): number {
  if (!(ttl > 0 && Number.isFinite(ttl))) throw new RangeError(`a lifetime is above 0 seconds, not ${ttl}`);
  return Math.max(1, Math.round(ttl * 1000));
}
