/** What lies in Redis, by kind of key. */
import { Redis } from 'ioredis';

export interface KeyKind {
  kind: string;
  keys: number;
  /** What Redis says each takes, its own bookkeeping included. */
  bytes: number;
  /** Greatest of them. */
  ttlSeconds: number;
}

/** Counts every key; for a Redis that holds thousands, not millions. */
export async function measureKeys(url: string): Promise<KeyKind[]> {
  const redis = new Redis(url);
  const kinds = new Map<string, KeyKind>();
  try {
    for await (const batch of redis.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
      for (const key of batch) {
        const [bytes, ttl] = await Promise.all([redis.memory('USAGE', key), redis.pttl(key)]);
        const kind = kindOf(key);
        const known = kinds.get(kind) ?? { kind, keys: 0, bytes: 0, ttlSeconds: 0 };
        kinds.set(kind, {
          kind,
          keys: known.keys + 1,
          bytes: (known.bytes * known.keys + (bytes ?? 0)) / (known.keys + 1),
          ttlSeconds: Math.max(known.ttlSeconds, ttl / 1000),
        });
      }
    }
  } finally {
    redis.disconnect();
  }
  return [...kinds.values()].sort((left, right) => right.ttlSeconds - left.ttlSeconds);
}

/** Without what is different in each: fingerprints, ids, addresses. */
const kindOf = (key: string): string =>
  key
    .replace(/^port-one-id:/, '')
    .split(':')
    .map((part) => (/^[\w-]{20,}$|^[\d.a-f/]{6,}$/.test(part) ? '…' : part))
    .join(':');
