/** What a Redis has been asked so far. */
import { Redis } from 'ioredis';

export interface RedisCount {
  /** By command; what a script calls counts beside the script. */
  commands: Map<string, number>;
  /** Commands that came over a socket, those of scripts not among them. */
  sent: number;
  /** Reads from sockets: commands that arrive together are one. */
  reads: number;
}

export interface RedisCounter {
  read(): Promise<RedisCount>;
  close(): void;
}

/** The counter's own questions count, too: the same number of them in every count that is compared. */
export async function openRedisCounter(url: string): Promise<RedisCounter> {
  const redis = new Redis(url);
  const monitor = await redis.monitor();
  let sent = 0;
  monitor.on('monitor', (_time: string, _command: string[], source: string) => {
    if (source !== 'lua') sent += 1;
  });
  return {
    read: async () => {
      const [statistics, commands] = [await redis.info('stats'), await redis.info('commandstats')];
      return {
        sent,
        reads: Number(/total_reads_processed:(\d+)/.exec(statistics)?.[1]),
        commands: new Map(
          [...commands.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
            ([, name = '', calls]) => [name, Number(calls)] as const,
          ),
        ),
      };
    },
    close: () => {
      monitor.disconnect();
      redis.disconnect();
    },
  };
}
