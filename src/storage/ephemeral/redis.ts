/**
 * The ephemeral port over Redis 6.2 or newer. Each operation is one command on one key, so it is atomic and
 * works in a cluster; Redis ends records by itself. Records and counters stand under different prefixes.
 *
 * A record is `0` or `1` (spent) and its JSON: spending overwrites that one character and nothing else.
 */
import type { Cluster, Redis } from 'ioredis';
import { redisUnavailability, type RedisConnection } from '../redis';
import { decode, encode, toMilliseconds } from './encoding';
import type { Entry, EphemeralStore } from './port';

// SETRANGE changes a string in place and leaves its expiry as it is.
const SPEND = `
if redis.call('getrange', KEYS[1], 0, 0) ~= '0' then return 0 end
redis.call('setrange', KEYS[1], 0, '1')
return 1`;

// Only a new counter has no expiry.
const COUNT = `
local count = redis.call('incrby', KEYS[1], ARGV[1])
local left = redis.call('pttl', KEYS[1])
if left < 0 then
  redis.call('pexpire', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return { count, left }`;

/** The client with the two scripts above as commands (EVALSHA, or EVAL where the server has not seen them). */
type Scripted = (Redis | Cluster) & {
  ephemeralSpend(key: string): Promise<number>;
  ephemeralCount(key: string, by: number, milliseconds: number): Promise<[number, number]>;
};

function scripted(client: Redis | Cluster): Scripted {
  client.defineCommand('ephemeralSpend', { numberOfKeys: 1, lua: SPEND });
  client.defineCommand('ephemeralCount', { numberOfKeys: 1, lua: COUNT });
  return client as Scripted;
}

const toText = (value: Parameters<typeof encode>[0]): string => `0${encode(value)}`;
const toEntry = (text: string | null): Entry | undefined =>
  text === null ? undefined : { value: decode(text.slice(1)), spent: text.startsWith('1') };

export interface RedisStoreOptions {
  /** Begins every key, so that several installations may share a server. */
  prefix?: string;
}

/** The ephemeral store of a connection; it opens nothing, so closing it leaves the connection open. */
export function createRedisStore(
  connection: RedisConnection,
  options: RedisStoreOptions = {},
): EphemeralStore {
  const client = scripted(connection.client);
  const { prefix = 'port-one-id:' } = options;
  const record = (key: string) => `${prefix}r:${key}`;
  const counter = (key: string) => `${prefix}c:${key}`;
  const ask = <T>(command: () => Promise<T>): Promise<T> => answer(connection, command);

  return {
    find: async (key) => toEntry(await ask(() => client.get(record(key)))),
    async put(key, value, ttl) {
      const milliseconds = toMilliseconds(ttl);
      await ask(() => client.set(record(key), toText(value), 'PX', milliseconds));
    },
    async insert(key, value, ttl) {
      const milliseconds = toMilliseconds(ttl);
      return (await ask(() => client.set(record(key), toText(value), 'PX', milliseconds, 'NX'))) === 'OK';
    },
    spend: async (key) => (await ask(() => client.ephemeralSpend(record(key)))) === 1,
    take: async (key) => toEntry(await ask(() => client.getdel(record(key)))),
    async delete(key) {
      await ask(() => client.del(record(key)));
    },
    async count(key, by, ttl) {
      const milliseconds = toMilliseconds(ttl);
      const [count, left] = await ask(() => client.ephemeralCount(counter(key), by, milliseconds));
      return { count, ttl: Math.max(left, 1) / 1000 };
    },
    sweep: () => Promise.resolve(0),
    async ping() {
      await ask(() => client.ping());
    },
    close: () => Promise.resolve(),
  };
}

async function answer<T>(connection: RedisConnection, command: () => Promise<T>): Promise<T> {
  try {
    if (connection.client.status !== 'ready') await connection.ready();
    return await command();
  } catch (error) {
    throw redisUnavailability(error) ?? error;
  }
}
