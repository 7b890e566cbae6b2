/** Servers of a run's own, and the product on them: nodes of the compiled program, before which a proxy may stand. */
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { createApp } from '../../src/app';
import { loadConfig } from '../../src/config';
import { openFoundation } from '../../src/foundation';
import { compileProgram, startProgram, type Program } from '../http/program';
import { addClient, addPerson, type TestClient, type TestPerson } from '../support/app';
import { onStop } from '../support/bench/running';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server';
import { FOLDER_VARIABLE, temporaryFolder } from '../support/processes';
import { startProxy } from '../support/proxy';
import { startRedisServer, type RedisServer } from '../support/redis-server';
import { CREDENTIALS, openSmsStandIn } from '../support/sms';
import { openSmtpSink } from '../support/smtp';
import type { Post } from './registrant';
import { freePort } from '../support/ports';

export interface Premises {
  folder: string;
  /** The compiled program, and the command line beside it. */
  main: string;
  command: string;
  postgres: PostgresServer;
  redis: RedisServer;
  post: Post;
  issuer: string;
  /** Settings of every node; each adds its own PORT. */
  env: Record<string, string> & { DATABASE_URL: string };
}

/** Stores, mail server, SMS gateway, and a compiled program; all end with the run. */
export async function openPremises(): Promise<Premises> {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  const { main } = compileProgram();
  const [postgres, redis] = await Promise.all([startPostgresServer(), startRedisServer()]);
  onStop(postgres.close);
  onStop(redis.close);
  const post = { sms: await openSmsStandIn('smsc'), mail: await openSmtpSink() };
  onStop(post.sms.close);
  onStop(post.mail.close);
  const issuer = `http://localhost:${await freePort()}`;
  const env = {
    NODE_ENV: 'test',
    ISSUER: issuer,
    PORT: new URL(issuer).port,
    DATA_DIR: join(folder.path, 'data'),
    SECRET_KEY: 'test-master-key-of-no-value-0000000000000000',
    DATABASE_URL: postgres.url('postgres'),
    REDIS_URL: redis.url,
    CAPTCHA_PROVIDER: 'fixed',
    LOG_LEVEL: 'error',
    SMTP_URL: post.mail.url,
    SMS_GATEWAY: 'smsc',
    SMSC_URL: post.sms.origin,
    SMSC_RESERVE_URL: post.sms.origin,
    SMSC_API_KEY: CREDENTIALS.apiId,
    SMS_LIMIT_PREFIX: '1000000',
    SMS_LIMIT_ADDRESS: '1000000',
    SMS_LIMIT_GLOBAL: '1000000',
    SIGN_IN_LIMIT_ADDRESS: '1000000',
    SHUTDOWN_NOTICE: '3',
    // Restarts are what this is about; compiling the same code again is not.
    NODE_COMPILE_CACHE: join(folder.path, 'compiled'),
  };
  const command = join(dirname(main), 'admin', 'main.js');
  return { folder: folder.path, main, command, postgres, redis, post, issuer, env };
}

export interface Guests {
  client: TestClient;
  people: TestPerson[];
}

/** Migrates, and registers a relying party and so many people, who can sign in. */
export async function addGuests({ env }: Premises, people: number): Promise<Guests> {
  const passwords = createPasswordHasher({ workers: 1 });
  const app = await createApp(await openFoundation(loadConfig(env)), { passwords });
  try {
    const guests: Guests = { client: await addClient(app), people: [] };
    for (let number = 0; number < people; number += 1) guests.people.push(await addPerson(app));
    return guests;
  } finally {
    await app.close();
  }
}

export interface FleetNode {
  port: number;
  program: Program;
  /** Ends it with a signal; its exit code, null after SIGKILL. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on its port; resolves when it is ready. */
  start(): Promise<void>;
}

export interface Fleet {
  nodes: [FleetNode, FleetNode];
  /** What any process that ran said beside its log. */
  complaints(): string[];
  /** What their logs say of faults, the last of each node that ran. */
  faults(): string[];
}

/** Two nodes behind the proxy at the issuer's port. */
export async function startFleet({ main, env, folder, issuer }: Premises): Promise<Fleet> {
  const programs: Program[] = [];
  const node = async (): Promise<FleetNode> => {
    const port = await freePort();
    const begin = async (): Promise<Program> => {
      const settings = { ...env, PORT: String(port), TRUSTED_PROXIES: '127.0.0.1' };
      const program = startProgram(main, settings, folder);
      programs.push(program);
      await program.ready();
      return program;
    };
    const started: FleetNode = {
      port,
      program: await begin(),
      stop: (signal) => started.program.kill(signal),
      start: async () => {
        started.program = await begin();
      },
    };
    return started;
  };
  const nodes: Fleet['nodes'] = [await node(), await node()];
  onStop(async () => {
    for (const { program } of nodes) await program.kill('SIGKILL');
  });
  const ports = nodes.map(({ port }) => port);
  const proxy = await startProxy(Number(new URL(issuer).port), await freePort(), ports);
  onStop(proxy.close);
  return {
    nodes,
    complaints: () => programs.map((program) => program.complaints()).filter(Boolean),
    faults: () =>
      programs.flatMap((program) => {
        const lines = program.log().split('\n');
        return lines.findLast((line) => line.includes('"msg":"fault"'))?.slice(0, 3000) ?? [];
      }),
  };
}
