/**
 * Connections to Redis: one server, Sentinel or Cluster. A command either reaches a ready server or fails,
 * all within `READY_WAIT_MS + COMMAND_MS` (people get their 503 within 3 s), and the client never sends one
 * twice: a `spend` whose first answer was lost would look like somebody else's theft.
 */
import type { Duplex } from 'node:stream';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { Refusal } from '../errors';
import { parseRedisUrl, type RedisAddress } from './redis-url';
import { sendTogether } from './together';

export interface RedisConnection {
  readonly client: Redis | Cluster;
  /** Resolves once commands can be sent. @throws Refusal store_unavailable after about a second. */
  ready(): Promise<void>;
  /** Ends the connection; commands under way fail. */
  close(): Promise<void>;
}

/** How long a request waits for a connection that is being made again. */
const READY_WAIT_MS = 1000;
/** How long a command waits for its answer. */
const COMMAND_MS = 1500;
/** A connection whose server says nothing for so long is given up; TCP itself would take a quarter of an hour. */
const SILENCE_MS = 2000;

const retryDelay = (attempt: number): number => Math.min(50 * attempt, 1000);

/**
 * Starts connecting and returns at once; broken connections are made again for ever.
 * @param onError hears of every failed attempt (the same one may repeat each second).
 * @throws MalformedRedisUrl
 */
export function openRedis(url: string, onError: (error: Error) => void): RedisConnection {
  const client = connect(parseRedisUrl(url));
  // Unheard, an 'error' event would end the process.
  client.on('error', onError);
  if (client instanceof Cluster) client.on('node error', onError).on('+node', sendsTogether);
  else sendsTogether(client);
  return {
    client,
    ready: readiness(client),
    close: () => end(client),
  };
}

/** Also of a connection that is made again. */
function sendsTogether(client: Redis): void {
  client.on('connect', () => {
    sendTogether((client as unknown as { stream: Duplex }).stream);
  });
}

function connect(address: RedisAddress): Redis | Cluster {
  const { username, password } = address;
  const tls = address.tls ? {} : undefined;
  const options: RedisOptions = { ...BOUNDS, username, password, tls };
  if (address.kind === 'cluster') return connectCluster(address.nodes, options);
  if (address.kind === 'single') {
    return new Redis({ ...options, ...address.node, db: address.db, retryStrategy: retryDelay });
  }
  return new Redis({
    ...options,
    sentinels: address.nodes,
    name: address.master,
    db: address.db,
    sentinelPassword: address.sentinelPassword,
    sentinelTLS: tls,
    enableTLSForSentinelMode: address.tls,
    sentinelCommandTimeout: COMMAND_MS,
    sentinelRetryStrategy: retryDelay,
    retryStrategy: retryDelay,
    failoverDetector: true,
  });
}

const BOUNDS: RedisOptions = {
  commandTimeout: COMMAND_MS,
  connectTimeout: COMMAND_MS,
  socketTimeout: SILENCE_MS,
  disconnectTimeout: 250,
  // No queue of the client's: what waits there may still be sent long after its caller was refused.
  enableOfflineQueue: false,
  // A command under way when the connection breaks fails at once and is never sent again.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // After a failover the old primary may answer, read-only, at the same address.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
  disableClientInfo: true,
};

function connectCluster(nodes: { host: string; port: number }[], options: RedisOptions): Cluster {
  return new Cluster(nodes, {
    redisOptions: options,
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    // Zero: a command whose node went away is not sent again. Redirections are safe, they precede execution.
    retryDelayOnFailover: 0,
    maxRedirections: 5,
    slotsRefreshTimeout: COMMAND_MS,
    slotsRefreshInterval: 2000,
    // With TLS, hosts are reached by the names in their certificates.
    ...(options.tls ? { dnsLookup: (host, callback) => callback(null, host) } : {}),
  });
}

/** One wait, and one timer, for all who find the connection unready at the same time. */
function readiness(client: Redis | Cluster): () => Promise<void> {
  let waiting: Promise<void> | undefined;
  return () => {
    if (client.status === 'ready') return Promise.resolve();
    waiting ??= nextReady(client).finally(() => (waiting = undefined));
    return waiting;
  };
}

function nextReady(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => () => {
      clearTimeout(timer);
      client.off('ready', onReady).off('end', onEnd);
      action();
    };
    const refuse = () => reject(new Refusal('store_unavailable', 3));
    const onReady = settle(resolve);
    const onEnd = settle(refuse);
    const timer = setTimeout(onEnd, READY_WAIT_MS);
    client.once('ready', onReady).once('end', onEnd);
    if (client.status === 'end') onEnd();
  });
}

async function end(client: Redis | Cluster): Promise<void> {
  // Between two attempts there is no socket whose closing would be reported.
  const open = ['connecting', 'connect', 'ready'].includes(client.status);
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  client.disconnect();
  if (open) await ended;
}

/** Answers of Redis that mean a fault of ours; all others (LOADING, READONLY, CLUSTERDOWN, OOM, …) mean "not now". */
const OUR_FAULT = /^(ERR|WRONGTYPE|NOSCRIPT|CROSSSLOT) /;

/** The `Refusal` that a failed command means; undefined when the command itself was wrong. */
export function redisUnavailability(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (!(error instanceof Error) || error instanceof TypeError) return undefined;
  if (error.name === 'ReplyError' && OUR_FAULT.test(error.message)) return undefined;
  return new Refusal('store_unavailable', 3, { cause: error });
}
