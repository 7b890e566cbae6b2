/** A throw-away redis-server: nothing on disk, loopback only. */
import { join } from 'node:path';
import {
  accepts,
  findProgram,
  freePort,
  startProcess,
  tail,
  temporaryFolder,
  until,
  type RunningProcess,
} from './processes';

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
