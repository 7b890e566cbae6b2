/** A throw-away Postgres cluster: loopback only, random password. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  findProgram,
  startProcess,
  tail,
  temporaryFolder,
  unprivilegedOwner,
  until,
  type ProcessOwner,
  type RunningProcess,
} from './processes';
import { freePort } from './ports';

export interface PostgresServer {
  port: number;
  /** File that the server writes its log to. */
  log: string;
  /** URL of a database of this server. */
  url(database: string): string;
  pid(): number;
  /** Ends the server at once (SIGQUIT, its immediate stop); connections break. */
  kill(): Promise<void>;
  /** Starts it again on the same port; data are still there. */
  restart(): Promise<void>;
  /** Ends it for good and removes its folder. */
  close(): Promise<void>;
}

const DEBIAN_FOLDER = '/usr/lib/postgresql';

/** The folder of Postgres' programs, version 15 or newer; undefined when there is none. */
export function findPostgres(): string | undefined {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER) : [];
  const newest = versions
    .filter((version) => Number(version) >= 15 && existsSync(join(DEBIAN_FOLDER, version, 'bin/postgres')))
    .sort((a, b) => Number(b) - Number(a))[0];
  if (newest) return join(DEBIAN_FOLDER, newest, 'bin');
  return findProgram('initdb')?.replace(/\/initdb$/, '');
}

/** Nothing waits for the disk; what was committed still outlives a kill of the server, not one of the machine. */
const OPTIONS = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  autovacuum: 'off',
};

/** Makes a cluster and starts its server. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const programs = findPostgres();
  if (!programs) throw new Error('Postgres is not installed');
  const owner = unprivilegedOwner();
  const folder = temporaryFolder(owner);
  const password = randomBytes(12).toString('hex');
  initialise(programs, folder.path, password, owner);
  const log = join(folder.path, 'postgres.log');
  const options = Object.entries(OPTIONS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const start = async (port: number): Promise<RunningProcess | undefined> => {
    const command = [
      join(programs, 'postgres'),
      '-D',
      join(folder.path, 'data'),
      '-p',
      String(port),
      ...options,
    ];
    const server = startProcess(command, log, owner);
    const url = urlOf(port, password)('postgres');
    await until('Postgres to accept connections', async () => !server.alive() || (await answers(url)), 30);
    return server.alive() ? server : undefined;
  };
  for (let attempt = 1; attempt <= 5; attempt++) {
    const port = await freePort();
    const server = await start(port);
    if (server)
      return postgresServer({ port, log, url: urlOf(port, password) }, server, start, folder.remove);
  }
  throw new Error(`Postgres does not start: ${tail(log)}`);
}

const urlOf = (port: number, password: string) => (database: string) =>
  `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;

function initialise(programs: string, folder: string, password: string, owner?: ProcessOwner): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner) chownSync(passwordFile, owner.uid, owner.gid);
  execFileSync(
    join(programs, 'initdb'),
    [
      ...[
        '-D',
        join(folder, 'data'),
        '-U',
        'postgres',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
        '--no-instructions',
      ],
      ...['--auth=password', `--pwfile=${passwordFile}`],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder, ...owner },
  );
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function postgresServer(
  facts: Pick<PostgresServer, 'port' | 'log' | 'url'>,
  first: RunningProcess,
  start: (port: number) => Promise<RunningProcess | undefined>,
  removeFolder: () => void,
): PostgresServer {
  let server = first;
  return {
    ...facts,
    pid: () => server.pid,
    kill: () => server.stop('SIGQUIT'),
    restart: async () => {
      const next = await start(facts.port);
      if (!next) throw new Error(`Postgres did not come back on port ${facts.port}`);
      server = next;
    },
    close: async () => {
      await server.stop('SIGQUIT');
      removeFolder();
    },
  };
}
