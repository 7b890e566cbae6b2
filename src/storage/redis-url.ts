/** What an address of Redis says. Pure text; connections are opened in redis.ts. */

export interface RedisHost {
  host: string;
  port: number;
}

interface RedisLogin {
  username: string | undefined;
  password: string | undefined;
  tls: boolean;
}

export type RedisAddress = RedisLogin &
  (
    | { kind: 'single'; node: RedisHost; db: number }
    | {
        kind: 'sentinel';
        nodes: RedisHost[];
        master: string;
        db: number;
        sentinelPassword: string | undefined;
      }
    | { kind: 'cluster'; nodes: RedisHost[] }
  );

const ACCEPTED =
  'a Redis URL is redis://[user:password@]host[:port][/db], ' +
  'redis+sentinel://[user:password@]host[:port][,host[:port]…]/master[/db][?sentinelPassword=…] or ' +
  'redis+cluster://[user:password@]host[:port][,host[:port]…], each with rediss instead of redis for TLS';

/** The accepted forms are none of these. The message never repeats the URL, which may hold a password. */
export class MalformedRedisUrl extends Error {
  constructor() {
    super(ACCEPTED);
    this.name = 'MalformedRedisUrl';
  }
}

const FORM =
  /^redis(?<tls>s)?(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/;
const HOST = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/;

/** Reads a URL of one of the accepted forms. @throws MalformedRedisUrl */
export function parseRedisUrl(url: string): RedisAddress {
  const parts = FORM.exec(url.trim())?.groups;
  if (!parts?.['hosts']) throw new MalformedRedisUrl();
  const login = { ...parseLogin(parts['login']), tls: parts['tls'] !== undefined };
  const path = (parts['path'] ?? '').split('/').slice(1).map(decoded);
  const query = new URLSearchParams(parts['query']);
  if (parts['kind'] !== 'sentinel' && parts['query']) throw new MalformedRedisUrl();
  if (parts['kind'] === 'sentinel') return { ...login, ...sentinel(parts['hosts'], path, query) };
  if (parts['kind'] === 'cluster') return { ...login, ...cluster(parts['hosts'], path) };
  return { ...login, ...single(parts['hosts'], path) };
}

function single(hosts: string, path: string[]) {
  const [node, ...more] = parseHosts(hosts, 6379);
  if (!node || more.length > 0 || path.length > 1) throw new MalformedRedisUrl();
  return { kind: 'single' as const, node, db: parseNumber(path[0]) };
}

function sentinel(hosts: string, path: string[], query: URLSearchParams) {
  const [master, db] = path;
  if (!master || path.length > 2) throw new MalformedRedisUrl();
  const nodes = parseHosts(hosts, 26379);
  const sentinelPassword = query.get('sentinelPassword') ?? undefined;
  if ([...query.keys()].some((name) => name !== 'sentinelPassword')) throw new MalformedRedisUrl();
  return { kind: 'sentinel' as const, nodes, master, db: parseNumber(db), sentinelPassword };
}

function cluster(hosts: string, path: string[]) {
  // A cluster has database 0 only.
  if (path.length > 1 || parseNumber(path[0]) !== 0) throw new MalformedRedisUrl();
  return { kind: 'cluster' as const, nodes: parseHosts(hosts, 6379) };
}

function parseLogin(login = ''): { username: string | undefined; password: string | undefined } {
  const colon = login.indexOf(':');
  const [username, password] = colon < 0 ? [login, ''] : [login.slice(0, colon), login.slice(colon + 1)];
  return { username: decoded(username) || undefined, password: decoded(password) || undefined };
}

function parseHosts(hosts: string, defaultPort: number): RedisHost[] {
  return hosts.split(',').map((text) => {
    const { ipv6, name, port } = HOST.exec(text)?.groups ?? {};
    const host = ipv6 ?? name;
    const number = port === undefined ? defaultPort : Number(port);
    if (!host || number < 1 || number > 65_535) throw new MalformedRedisUrl();
    return { host, port: number };
  });
}

function parseNumber(text = ''): number {
  if (!/^\d{0,5}$/.test(text)) throw new MalformedRedisUrl();
  return Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedRedisUrl();
  }
}
