/** An empty Redis database of a test's own on the bench's server. */
import { Redis } from 'ioredis';
import { coordinates } from './bench/coordinates';

export interface TestRedis {
  /** `redis://127.0.0.1:port/number` */
  url: string;
  close(): Promise<void>;
}

/** As many databases as the bench's server is started with; number 0 keeps the count. */
const DATABASES = 4096;

/** @returns a database that nobody else is given until thousands more have been. */
export async function openTestRedis(): Promise<TestRedis> {
  const { redisUrl } = coordinates();
  const redis = new Redis(redisUrl);
  const given = await redis.incr('given');
  const url = `${redisUrl}/${1 + (given % (DATABASES - 1))}`;
  redis.disconnect();
  return {
    url,
    close: async () => {
      const connection = new Redis(url);
      await connection.flushdb();
      connection.disconnect();
    },
  };
}
