/** Throw-away Redis servers: data only in memory, loopback only. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  accepts,
  findProgram,
  startProcess,
  tail,
  temporaryFolder,
  until,
  type RunningProcess,
} from './processes';
import { freePort } from './ports';

export interface RedisServer {
  port: number;
  url: string;
  pid(): number;
  /** Kills the server at once (SIGKILL), as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Stops the process so that connections hang unanswered, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends it for good and removes its folder. */
  close(): Promise<void>;
}

/** Starts one; `parameters` are more of redis-server's own options, such as `['--requirepass', 'x']`. */
export async function startRedisServer(parameters: readonly string[] = []): Promise<RedisServer> {
  const program = findProgram('redis-server');
  if (!program) throw new Error('redis-server is not installed');
  const folder = temporaryFolder();
  const log = join(folder.path, 'redis.log');
  const start = async (port: number): Promise<RunningProcess | undefined> => {
    const options = ['--save', '', '--appendonly', 'no', '--databases', '4096', '--dir', folder.path];
    const command = [program, '--port', String(port), '--bind', '127.0.0.1', ...options, ...parameters];
    const server = startProcess(command, log);
    await until('redis-server to accept connections', async () => !server.alive() || (await accepts(port)));
    return server.alive() ? server : undefined;
  };
  for (let attempt = 1; attempt <= 5; attempt++) {
    const port = await freePort();
    const server = await start(port);
    if (server) return redisServer(port, server, start, folder.remove);
  }
  throw new Error(`redis-server does not start: ${tail(log)}`);
}

function redisServer(
  port: number,
  first: RunningProcess,
  start: (port: number) => Promise<RunningProcess | undefined>,
  removeFolder: () => void,
): RedisServer {
  let server = first;
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: () => server.pid,
    kill: () => server.stop('SIGKILL'),
    restart: async () => {
      const next = await start(port);
      if (!next) throw new Error(`redis-server did not come back on port ${port}`);
      server = next;
    },
    freeze: () => process.kill(server.pid, 'SIGSTOP'),
    thaw: () => process.kill(server.pid, 'SIGCONT'),
    close: async () => {
      await server.stop('SIGKILL');
      removeFolder();
    },
  };
}

/** A cluster of one node that serves all slots; `url` is its redis+cluster address. */
export async function startRedisCluster(): Promise<RedisServer> {
  // Other nodes would tell it its address; alone, it has to be told.
  const server = await startRedisServer(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
  const redis = new Redis(server.port, '127.0.0.1');
  await redis.call('cluster', 'addslotsrange', '0', '16383');
  await until('the cluster to be complete', async () =>
    String(await redis.call('cluster', 'info')).includes('cluster_state:ok'),
  );
  redis.disconnect();
  return { ...server, url: `redis+cluster://127.0.0.1:${server.port}` };
}

/** A sentinel that watches `server`; `url` names both. Closing it leaves the server running. */
export async function startSentinel(server: RedisServer): Promise<{ url: string; close(): Promise<void> }> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'sentinel.conf');
  const port = await freePort();
  // A sentinel rewrites its own configuration file.
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${folder.path}\nsentinel monitor cabinet 127.0.0.1 ${server.port} 1\n`,
  );
  const program = findProgram('redis-server') ?? 'redis-server';
  const sentinel = startProcess([program, file, '--sentinel'], join(folder.path, 'sentinel.log'));
  await until('the sentinel to accept connections', () => accepts(port));
  return {
    url: `redis+sentinel://127.0.0.1:${port}/cabinet`,
    close: async () => {
      await sentinel.stop('SIGKILL');
      folder.remove();
    },
  };
}
