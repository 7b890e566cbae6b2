import { openRedis } from '../../src/storage/redis';
import { parseRedisUrl } from '../../src/storage/redis-url';

const anonymous = { username: undefined, password: undefined, tls: false };

it.each([
  ['redis://cache.test', { ...anonymous, kind: 'single', node: { host: 'cache.test', port: 6379 }, db: 0 }],
  [
    'redis://cache.test:6380/',
    { ...anonymous, kind: 'single', node: { host: 'cache.test', port: 6380 }, db: 0 },
  ],
  [
    'rediss://app:p%40ss%3Aword@[::1]:6380/7',
    {
      username: 'app',
      password: 'p@ss:word',
      tls: true,
      kind: 'single',
      node: { host: '::1', port: 6380 },
      db: 7,
    },
  ],
  [
    'redis+sentinel://:secret@one.test,two.test:26380/cabinet/3?sentinelPassword=watch%21',
    {
      username: undefined,
      password: 'secret',
      tls: false,
      kind: 'sentinel',
      nodes: [
        { host: 'one.test', port: 26379 },
        { host: 'two.test', port: 26380 },
      ],
      master: 'cabinet',
      db: 3,
      sentinelPassword: 'watch!',
    },
  ],
  [
    'rediss+cluster://app:secret@one.test:7000,10.0.0.2',
    {
      username: 'app',
      password: 'secret',
      tls: true,
      kind: 'cluster',
      nodes: [
        { host: 'one.test', port: 7000 },
        { host: '10.0.0.2', port: 6379 },
      ],
    },
  ],
])('reads %s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address);
});

it.each([
  '',
  'cache.test:6379',
  'http://cache.test',
  'redis://',
  'redis://cache.test:0',
  'redis://cache.test:70000',
  'redis://cache.test/first',
  'redis://cache.test/1/2',
  'redis://one.test,two.test',
  'redis://cache.test?db=1',
  'redis://:bad%zzescape@cache.test',
  'redis+sentinel://one.test',
  'redis+sentinel://one.test/cabinet?other=1',
  'redis+cluster://one.test/1',
  'redis+other://one.test',
])('refuses %j with the accepted forms and without repeating the URL', (url) => {
  expect(() => openRedis(url, () => undefined)).toThrow(
    /^a Redis URL is redis:\/\/\S+, redis\+sentinel:\/\/\S+ or redis\+cluster:\/\/\S+, each with rediss/,
  );
});
