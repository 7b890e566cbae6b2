/**
 * A few connections that many requests share for their short questions: what is asked in one turn of the event loop
 * leaves in one packet and is answered in one, so nobody waits for a connection of their own. For reading only: whoever
 * waits for a locked row keeps everybody waiting who asks behind them.
 */
import type { Duplex } from 'node:stream';
import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { sendTogether } from './together';

export interface Readers {
  query<Row extends QueryResultRow>(question: QueryConfig): Promise<QueryResult<Row>>;
}

export interface OpenedReaders extends Readers {
  close(): Promise<void>;
}

interface Slot {
  client: Promise<PoolClient> | undefined;
  connected: boolean;
  underWay: number;
  /** Gives the connection up, once. */
  giveUp?: () => void;
}

/** @param pool of pipelining connections, which all are taken out of it until `close` */
export function createReaders(pool: Pool): OpenedReaders {
  const slots = Array.from({ length: pool.options.max }, (): Slot => ({
    client: undefined,
    connected: false,
    underWay: 0,
  }));

  const connect = async (slot: Slot): Promise<PoolClient> => {
    try {
      const client = await pool.connect();
      if (pool.ending) {
        client.release(true);
        throw new Error('closed while connecting');
      }
      slot.giveUp = () => {
        slot.giveUp = undefined;
        slot.client = undefined;
        slot.connected = false;
        client.release(true);
      };
      const lost = (): void => slot.giveUp?.();
      client.once('error', lost).once('end', lost);
      sendTogether((client as unknown as { connection: { stream: Duplex } }).connection.stream);
      slot.connected = true;
      return client;
    } catch (error) {
      slot.client = undefined;
      throw error;
    }
  };

  /** Begins to connect what is not connected; without a database those hear of it who ask. */
  const prepare = (slot: Slot): Promise<PoolClient> => {
    if (slot.client) return slot.client;
    slot.client = connect(slot);
    slot.client.catch(() => undefined);
    return slot.client;
  };
  // Whoever asks first need not wait for a connection.
  for (const slot of slots) void prepare(slot);

  /** One that is being made is waited for only where there is no other. */
  const burden = ({ connected, underWay }: Slot): number => (connected ? underWay : underWay + 1000);

  return {
    query: async <Row extends QueryResultRow>(question: QueryConfig) => {
      for (const one of slots) void prepare(one);
      const slot = slots.reduce((least, one) => (burden(one) < burden(least) ? one : least));
      slot.underWay += 1;
      try {
        return await (await prepare(slot)).query<Row>(question);
      } finally {
        slot.underWay -= 1;
      }
    },
    close: async () => {
      const ended = pool.end();
      for (const { giveUp } of slots) giveUp?.();
      await ended;
    },
  };
}
