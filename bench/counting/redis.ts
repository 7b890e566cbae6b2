/** What a Redis has been asked so far. */
import { Redis } from 'ioredis';

export interface RedisCount {
  /** By command; what a script calls counts beside the script. */
  commands: Map<string, number>;
  /** Reads from sockets: commands that arrive together are one. */
  reads: number;
}

export interface RedisCounter {
  read(): Promise<RedisCount>;
  close(): void;
}

/** The counter's own questions count, too: the same number of them in every count that is compared. */
export function openRedisCounter(url: string): RedisCounter {
  const redis = new Redis(url);
  return {
    read: async () => {
      const [statistics, commands] = [await redis.info('stats'), await redis.info('commandstats')];
      return {
        reads: Number(/total_reads_processed:(\d+)/.exec(statistics)?.[1]),
        commands: new Map(
          [...commands.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
            ([, name = '', calls]) => [name, Number(calls)] as const,
          ),
        ),
      };
    },
    close: () => {
      redis.disconnect();
    },
  };
}
