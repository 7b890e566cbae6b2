/**
 * The ephemeral port over Redis 6.2 or newer. Each operation is one command on one key, so it is atomic and
 * works in a cluster; only counters that are asked for in one turn go together, where one server has them all. Redis
 * ends records by itself. Records and counters stand under different prefixes.
 *
 * A record is `0` or `1` (spent) and its JSON: spending overwrites that one character and nothing else.
 */
import { Cluster, type Redis } from 'ioredis';
import { redisUnavailability, type RedisConnection } from '../redis';
import { decode, encode, toMilliseconds } from './encoding';
import type { Count, Entry, EphemeralStore } from './port';

// SETRANGE changes a string in place and leaves its expiry as it is.
const SPEND = `
if redis.call('getrange', KEYS[1], 0, 0) ~= '0' then return 0 end
redis.call('setrange', KEYS[1], 0, '1')
return 1`;

// Of each counter what is added and how long a new one lasts. Only a new one has no expiry.
const COUNT = `
local answers = {}
for place, key in ipairs(KEYS) do
  local count = redis.call('incrby', key, ARGV[2 * place - 1])
  local left = redis.call('pttl', key)
  if left < 0 then
    left = tonumber(ARGV[2 * place])
    redis.call('pexpire', key, left)
  end
  answers[2 * place - 1] = count
  answers[2 * place] = left
end
return answers`;

/** The client with the two scripts above as commands (EVALSHA, or EVAL where the server has not seen them). */
type Scripted = (Redis | Cluster) & {
  ephemeralSpend(key: string): Promise<number>;
  ephemeralCount(numberOfKeys: number, ...given: (string | number)[]): Promise<number[]>;
};

function scripted(client: Redis | Cluster): Scripted {
  client.defineCommand('ephemeralSpend', { numberOfKeys: 1, lua: SPEND });
  client.defineCommand('ephemeralCount', { lua: COUNT });
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
  const count = counting(connection.client instanceof Cluster ? 1 : TOGETHER, (counters) =>
    ask(() =>
      client.ephemeralCount(
        counters.length,
        ...counters.map(({ key }) => key),
        ...counters.flatMap(({ by, milliseconds }) => [by, milliseconds]),
      ),
    ),
  );

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
    // A wrong lifetime is refused before anybody else's counter goes with it.
    count: async (key, by, ttl) => count({ key: counter(key), by, milliseconds: toMilliseconds(ttl) }),
    sweep: () => Promise.resolve(0),
    async ping() {
      await ask(() => client.ping());
    },
    close: () => Promise.resolve(),
  };
}

interface Counter {
  key: string;
  by: number;
  milliseconds: number;
}

/** Counters that one script takes at most. */
const TOGETHER = 50;

/** Counts what is asked for in one turn by as few scripts as may be: the limits of one attempt by one. */
function counting(
  together: number,
  run: (counters: readonly Counter[]) => Promise<number[]>,
): (counter: Counter) => Promise<Count> {
  let gathered: { counters: Counter[]; answers: Promise<number[]> } | undefined;
  const begin = () => {
    const counters: Counter[] = [];
    const answers = Promise.resolve().then(() => {
      if (gathered?.counters === counters) gathered = undefined;
      return run(counters);
    });
    return { counters, answers };
  };
  return async (counter) => {
    if (!gathered || gathered.counters.length >= together) gathered = begin();
    const { counters, answers } = gathered;
    const place = 2 * (counters.push(counter) - 1);
    const { [place]: count, [place + 1]: left } = await answers;
    if (count === undefined || left === undefined) throw new Error('the counting script left a counter out');
    return { count, ttl: Math.max(left, 1) / 1000 };
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
