import { createRedisStore } from '../../../src/storage/ephemeral/redis';
import { openRedis } from '../../../src/storage/redis';
import { ephemeralConformance, type EphemeralUnderTest } from '../../conformance/ephemeral';
import { until } from '../../support/processes';
import { openTestRedis } from '../../support/redis';
import { startRedisCluster, startRedisServer, startSentinel } from '../../support/redis-server';

const quiet = () => undefined;

/** What a test opened; closed after it even when it fails, since a connection tries for ever to come back. */
const opened: { close(): Promise<void> }[] = [];
function closing<T extends { close(): Promise<void> }>(thing: T): T {
  opened.push(thing);
  return thing;
}
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

function twoNodes(url: string, close: () => Promise<void>): EphemeralUnderTest {
  const connections = [openRedis(url, quiet), openRedis(url, quiet)] as const;
  return {
    store: createRedisStore(connections[0]),
    other: createRedisStore(connections[1]),
    close: async () => {
      await Promise.all(connections.map((connection) => connection.close()));
      await close();
    },
  };
}

ephemeralConformance('Redis', async () => {
  const { url, close } = await openTestRedis();
  return twoNodes(url, close);
});

ephemeralConformance('Redis Cluster', async () => {
  const server = await startRedisCluster();
  return twoNodes(server.url, server.close);
});

ephemeralConformance('Redis behind Sentinel', async () => {
  const server = await startRedisServer();
  const sentinel = await startSentinel(server);
  return twoNodes(sentinel.url, async () => {
    await sentinel.close();
    await server.close();
  });
});

it('keeps installations with different prefixes apart', async () => {
  const { url } = closing(await openTestRedis());
  const connection = closing(openRedis(url, quiet));
  const [one, two] = ['one:', 'two:'].map((prefix) => createRedisStore(connection, { prefix }));
  await one?.put('key', 1, 60);
  expect(await two?.find('key')).toBeUndefined();
  expect(await one?.find('key')).toEqual({ value: 1, spent: false });
});

it('leaves nothing in Redis that does not end by itself', async () => {
  const server = closing(await startRedisServer());
  const connection = closing(openRedis(server.url, quiet));
  const store = createRedisStore(connection);
  await store.put('put', 1, 60);
  await store.insert('inserted', 1, 60);
  await store.spend('put');
  await store.count('counter', 1, 60);
  await store.count('counter', -1, 60);
  const keys = await connection.client.keys('*');
  const ends = await Promise.all(keys.map((key) => connection.client.pttl(key)));
  expect(ends).toHaveLength(3);
  expect(Math.min(...ends)).toBeGreaterThan(0);
});

it('counts what is asked for in one turn with one command', async () => {
  const server = closing(await startRedisServer());
  const connection = closing(openRedis(server.url, quiet));
  const store = createRedisStore(connection);
  const limits = ['account', 'address', 'all'];
  await Promise.all(limits.map((key) => store.count(key, 1, 60)));
  await connection.client.config('RESETSTAT');
  await Promise.all(limits.map((key) => store.count(key, 1, 60)));
  const statistics = await connection.client.info('commandstats');
  expect(/cmdstat_evalsha:calls=(\d+)/.exec(statistics)?.[1]).toBe('1');
  expect(/cmdstat_incrby:calls=(\d+)/.exec(statistics)?.[1]).toBe('3');
});

describe.each([
  ['one server', startRedisServer],
  ['a cluster', startRedisCluster],
])('when the server goes away: %s', (_, start) => {
  const unavailable = { code: 'store_unavailable', status: 503, retryAfter: 3 };

  it('refuses within 3 seconds, keeps the process alive, and works again once it is back', async () => {
    const server = closing(await start());
    const errors: Error[] = [];
    const connection = closing(openRedis(server.url, (error) => errors.push(error)));
    const store = createRedisStore(connection);
    await answersAgain(() => store.put('key', 1, 60));
    await server.kill();
    for (const round of [1, 2]) {
      const began = performance.now();
      await Promise.all([
        expect(store.find('key')).rejects.toMatchObject(unavailable),
        expect(store.put('key', 1, 60)).rejects.toMatchObject(unavailable),
        expect(store.insert('key', 1, 60)).rejects.toMatchObject(unavailable),
        expect(store.spend('key')).rejects.toMatchObject(unavailable),
        expect(store.take('key')).rejects.toMatchObject(unavailable),
        expect(store.delete('key')).rejects.toMatchObject(unavailable),
        expect(store.count('key', 1, 60)).rejects.toMatchObject(unavailable),
        expect(store.ping()).rejects.toMatchObject(unavailable),
      ]);
      expect([round, performance.now() - began < 3000]).toEqual([round, true]);
    }
    await until('an error to be reported', () => errors.length > 0);
    await server.restart();
    await answersAgain(() => store.ping());
    // Nothing that was refused is carried out afterwards.
    expect(await store.find('key')).toBeUndefined();
    expect(await store.count('key', 1, 60)).toMatchObject({ count: 1 });
  });

  it('refuses within 3 seconds when the server hangs, and works again once it goes on', async () => {
    const server = closing(await start());
    const connection = closing(openRedis(server.url, quiet));
    const store = createRedisStore(connection);
    await answersAgain(() => store.ping());
    server.freeze();
    const began = performance.now();
    await Promise.all([
      expect(store.find('key')).rejects.toMatchObject(unavailable),
      expect(store.count('key', 1, 60)).rejects.toMatchObject(unavailable),
    ]);
    expect(performance.now() - began).toBeLessThan(3000);
    server.thaw();
    await answersAgain(() => store.ping());
    expect(await store.find('key')).toBeUndefined();
  });

  it('refuses when it was never there, and closes at once', async () => {
    const server = closing(await start());
    await server.close();
    const connection = closing(openRedis(server.url, quiet));
    const began = performance.now();
    await expect(createRedisStore(connection).ping()).rejects.toMatchObject(unavailable);
    await connection.close();
    expect(performance.now() - began).toBeLessThan(3000);
    await expect(createRedisStore(connection).find('key')).rejects.toMatchObject(unavailable);
  });
});

const answersAgain = (ping: () => Promise<void>): Promise<void> =>
  until('the store to answer again', () =>
    ping().then(
      () => true,
      () => false,
    ),
  );
