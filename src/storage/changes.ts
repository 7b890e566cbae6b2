/**
 * How nodes learn that what they keep in memory has changed. Whoever changes it announces the topic in the same
 * transaction, and every node, that one too, hears of it once it is committed: NOTIFY of Postgres, which the embedded
 * database has as well. Nothing is lost for good: after a broken connection, and every few seconds in any case,
 * listeners are told that anything may have changed. What is always read from the database needs none of this.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Client, type Notification, type Pool, type PoolClient } from 'pg';
import type { Queryable } from './tables';

/** What may be kept in memory, and therefore has to be announced. */
export const TOPICS = ['clients', 'resources', 'documents', 'signing_keys'] as const;
export type Topic = (typeof TOPICS)[number];

/** Tells every node that something of this topic has changed, once `trx` is committed. */
export async function announce(trx: Queryable, topic: Topic): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${topic})`.execute(trx);
}

/** Drops or renews what is kept. May be called without a change. */
export type ChangeListener = () => void | Promise<void>;

export interface Changes {
  onChange(topic: Topic, listener: ChangeListener): void;
  /** Hears no more. */
  close(): Promise<void>;
}

export interface ChangesParts {
  /** postgres:// URL of the server itself (a pooler in transaction mode passes no NOTIFY on); undefined: embedded. */
  url: string | undefined;
  pool: Pool;
  /** Hears of broken connections and of listeners that failed. */
  onError: (error: Error) => void;
}

const CHANNEL = 'port_one_id_changes';
/** Listeners are told so often, whether or not anything was heard. */
const SAFETY_MS = 10_000;
/** And so often while nothing can be heard. */
const DEAF_MS = 1000;
/** A connection that says nothing for so long is given up. */
const PATIENCE_MS = 2500;

/** Begins to listen at once, in the background. */
export function openChanges({ url, pool, onError }: ChangesParts): Changes {
  const listeners = new Map<Topic, ChangeListener[]>(TOPICS.map((topic) => [topic, []]));
  const ending = new AbortController();
  const tell = (topic: Topic): void => {
    for (const listener of listeners.get(topic) ?? []) {
      // A listener that fails keeps nobody else from hearing.
      void new Promise((resolve) => resolve(listener())).catch(onError);
    }
  };
  const ear: Ear = {
    heard: ({ channel, payload }) => {
      const topic = TOPICS.find((one) => one === payload);
      if (channel === CHANNEL && topic) tell(topic);
    },
    anything: () => TOPICS.forEach(tell),
    onError,
    signal: ending.signal,
  };
  const listening = url === undefined ? listenEmbedded(pool, ear) : listenAt(url, ear);
  return {
    onChange: (topic, listener) => {
      listeners.get(topic)?.push(listener);
    },
    close: async () => {
      ending.abort();
      await listening;
    },
  };
}

interface Ear {
  heard(notification: Notification): void;
  anything(): void;
  onError(error: Error): void;
  signal: AbortSignal;
}

/** Resolves early, and without an error, when the listening ends. */
const pause = (ms: number, { signal }: Ear): Promise<void> =>
  sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);

/** The embedded database has one session, which all clients of the pool share one after the other. */
async function listenEmbedded(pool: Pool, ear: Ear): Promise<void> {
  const known = new WeakSet<PoolClient>();
  const attach = (client: PoolClient): void => {
    if (known.has(client)) return;
    known.add(client);
    client.on('notification', ear.heard);
  };
  pool.on('acquire', attach);
  await pool.query(`listen ${CHANNEL}`).catch(ear.onError);
  while (!ear.signal.aborted) {
    await pause(SAFETY_MS, ear);
    if (!ear.signal.aborted) ear.anything();
  }
  pool.off('acquire', attach);
}

/** A connection of its own, made again for ever. */
async function listenAt(url: string, ear: Ear): Promise<void> {
  while (!ear.signal.aborted) {
    await listenOnce(url, ear).catch((error: unknown) => ear.onError(error as Error));
    if (ear.signal.aborted) return;
    ear.anything();
    await pause(DEAF_MS, ear);
  }
}

/** Listens until the connection breaks. @throws Error when it cannot be made or says nothing any more */
async function listenOnce(url: string, ear: Ear): Promise<void> {
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
  });
  // Unheard, an 'error' event would end the process; the end that follows is what counts.
  client.on('error', () => undefined);
  client.on('notification', ear.heard);
  const ended = new AbortController();
  client.once('end', () => ended.abort());
  const quiet = { ...ear, signal: AbortSignal.any([ear.signal, ended.signal]) };
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    while (!quiet.signal.aborted) {
      // The first time for what changed before anybody listened.
      ear.anything();
      await pause(SAFETY_MS, quiet);
      // A connection may be dead without a word; this finds out.
      if (!quiet.signal.aborted) await client.query('select 1');
    }
    if (!ear.signal.aborted) throw new Error('the connection that hears of changes was lost');
  } finally {
    // A peer that is gone says no goodbye.
    await Promise.race([client.end(), sleep(1000, undefined, { ref: false })]).catch(() => undefined);
  }
}
