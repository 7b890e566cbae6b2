/**
 * Registrations while the server is killed every other second: stores, mail server and SMS gateway survive, the
 * product does not. People reload, and go on where they were.
 */
import { chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { compileProgram } from '../http/program';
import { startPostgresServer } from '../support/postgres-server';
import { FOLDER_VARIABLE, freePort, temporaryFolder, until } from '../support/processes';
import { startRedisServer } from '../support/redis-server';
import { CREDENTIALS, openSmsStandIn } from '../support/sms';
import { openSmtpSink } from '../support/smtp';
import { onStop } from '../support/bench/running';
import { seededChance } from './chance';
import { startKilling, type KilledProgram, type Killing } from './killing';
import { register, type Post, type Story } from './registrant';
import {
  checkAudit,
  checkPost,
  checkRegistrations,
  type Invariant,
  type MailFigures,
} from './registration-checks';

export interface RegistrationPlan {
  registrations: number;
  /** Seconds between two kills, about. */
  killEvery: number;
  /** People at once; most of them wait for a message whose sender was killed. */
  parallel: number;
  seed: number;
}

export interface Findings {
  figures: Record<string, string>;
  invariants: Invariant[];
}

/** A message whose sender was killed waits for the end of its lease. */
const LEASE_PATIENCE_SECONDS = 120;

interface Place extends KilledProgram {
  issuer: string;
  env: Record<string, string> & { DATABASE_URL: string };
  post: Post;
}

/** Runs it in stores of its own. @throws Error when a server does not start */
export async function runRegistrations(
  plan: RegistrationPlan,
  note: (line: string) => void,
): Promise<Findings> {
  const place = await preparePlace();
  const killing = await startKilling(place, plan.killEvery, seededChance(plan.seed));
  const begun = performance.now();
  const stories = await registerAll(place, plan, note);
  const seconds = (performance.now() - begun) / 1000;
  await killing.stop();
  note('waiting until the outbox is empty');
  await outboxEmpty(place.env.DATABASE_URL);
  const exitCode = await killing.end();
  const post = checkPost(place.post, stories);
  const invariants = [
    ...(await checkRegistrations(place.env.DATABASE_URL, stories)),
    ...post.invariants,
    checkAudit(join(dirname(place.main), 'admin', 'main.js'), place.env),
    { name: 'the server said nothing but its log', broken: killing.complaints },
    { name: 'the server stopped in order', broken: exitCode === 0 ? [] : [`exit code ${exitCode}`] },
  ];
  return { figures: figuresOf(stories, killing, seconds, post.figures), invariants };
}

async function preparePlace(): Promise<Place> {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  const compiled = compileProgram();
  const [postgres, redis] = await Promise.all([startPostgresServer(), startRedisServer()]);
  onStop(postgres.close);
  onStop(redis.close);
  const post = { sms: await openSmsStandIn('smsc'), mail: await openSmtpSink() };
  onStop(post.sms.close);
  onStop(post.mail.close);
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const env = {
    NODE_ENV: 'test',
    ISSUER: issuer,
    PORT: String(port),
    DATA_DIR: join(folder.path, 'data'),
    SECRET_KEY: 'test-master-key-of-no-value-0000000000000000',
    DATABASE_URL: postgres.url('postgres'),
    REDIS_URL: redis.url,
    CAPTCHA_PROVIDER: 'fixed',
    LOG_LEVEL: 'error',
    SMTP_URL: post.mail.url,
    SMS_GATEWAY: 'smsc',
    SMSC_URL: post.sms.origin,
    SMSC_API_KEY: CREDENTIALS.apiId,
    SMS_LIMIT_PREFIX: '1000000',
    SMS_LIMIT_ADDRESS: '1000000',
    SMS_LIMIT_GLOBAL: '1000000',
    // Restarts are what this is about; compiling the same code again is not.
    NODE_COMPILE_CACHE: join(folder.path, 'compiled'),
  };
  return { issuer, env, folder: folder.path, main: compiled.main, post };
}

/** So many people at once; whoever is done makes room for the next. */
async function registerAll(
  { issuer, post }: Place,
  { registrations, parallel }: RegistrationPlan,
  note: (line: string) => void,
): Promise<Story[]> {
  const stories: Story[] = [];
  let begun = 0;
  const oneAfterAnother = async (): Promise<void> => {
    while (begun < registrations) {
      begun += 1;
      stories.push(await register(issuer, post, begun));
      if (stories.length % 100 === 0) note(`${stories.length} registrations`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, oneAfterAnother));
  return stories;
}

async function outboxEmpty(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const isEmpty = async (): Promise<boolean> => {
    const { rows } = await client.query<{ left: number }>(
      `select count(*)::int as left from outbox where status = 'waiting'`,
    );
    return rows[0]?.left === 0;
  };
  // What is left after that is told by the checks.
  await until('an empty outbox', isEmpty, LEASE_PATIENCE_SECONDS).catch(() => undefined);
  await client.end();
}

function figuresOf(
  stories: readonly Story[],
  { kills, restarts, seconds: killingSeconds }: Killing,
  seconds: number,
  { sent, duplicates }: MailFigures,
): Record<string, string> {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  const took = stories.map((story) => story.seconds).sort((one, other) => one - other);
  const quantile = (part: number): string => (took[Math.floor((took.length - 1) * part)] ?? 0).toFixed(1);
  const refusals = stories.flatMap((story) => story.refusals);
  return {
    registrations: `${stories.filter((story) => story.acknowledged).length} of ${stories.length} in ${seconds.toFixed(0)} s`,
    kills: `${kills}, one every ${(killingSeconds / Math.max(1, kills - 1)).toFixed(1)} s`,
    'from start to ready': `${(sum(restarts) / restarts.length / 1000).toFixed(2)} s on average`,
    'requests without an answer': String(sum(stories.map((story) => story.failures))),
    'codes asked for again': String(sum(stories.map((story) => story.resends))),
    'forms that came back': `${refusals.length}${refusals.length > 0 ? `, such as "${refusals[0] ?? ''}"` : ''}`,
    'one registration took': `p50 ${quantile(0.5)} s, p95 ${quantile(0.95)} s, at most ${quantile(1)} s`,
    mails: `${sent}, ${duplicates} of them twice (${((100 * duplicates) / Math.max(1, sent)).toFixed(2)} %)`,
  };
}
