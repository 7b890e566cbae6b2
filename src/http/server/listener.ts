/** Where requests come in: limits in time and size, and an end of which nobody notices anything. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Listener {
  server: Server;
  /** From now on every answer also ends its connection, so that whoever asks again asks another node. */
  wane(): void;
  /**
   * Accepts nothing more and resolves when everything is answered. What is not after `patienceMs`, such as a slow
   * upload, is told to come back.
   */
  end(patienceMs: number): Promise<void>;
}

const LIMITS = {
  /** Headers must be there within 10 s, a whole request within 30 s; looked after so often that 15 s is the most. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2500,
  /** Longer than a reverse proxy keeps its idle connections, so that it never sends into one we just closed. */
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
};

/** Of a connection that neither takes an answer nor sends: what it was to get must not lie here for ever. */
const SILENCE_MS = 120_000;

/** From the last word to those who still wait until their connections are cut. */
const LAST_WORD_MS = 500;
const COME_BACK: OutgoingHttpHeaders = { Connection: 'close', 'Retry-After': 1, 'Cache-Control': 'no-store' };

export function createListener(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Listener {
  const underWay = new Set<ServerResponse>();
  let waning = false;
  const server = createServer(LIMITS, (request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    if (waning) response.setHeader('Connection', 'close');
    answer(request, response);
  });
  server.timeout = SILENCE_MS;
  const wane = (): void => {
    waning = true;
    for (const response of underWay) if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  return {
    server,
    wane,
    end: async (patienceMs) => {
      if (!server.listening) return;
      wane();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const late = sleep(patienceMs, 'late', { ref: false });
      if ((await Promise.race([closed, late])) !== 'late') return;
      for (const response of underWay) if (!response.headersSent) response.writeHead(503, COME_BACK).end();
      await Promise.race([closed, sleep(LAST_WORD_MS, undefined, { ref: false })]);
      server.closeAllConnections();
      await closed;
    },
  };
}
