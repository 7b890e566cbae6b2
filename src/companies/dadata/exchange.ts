/**
 * One POST of JSON over few, long-lived connections. DaData counts new connections (60 a minute from one address),
 * so neither their number may grow with the load nor may they be closed after each burst; the global `fetch` gives
 * no hold on either.
 */
import * as http from 'node:http';
import * as https from 'node:https';

export interface Reply {
  status: number;
  body: string;
}

export interface Exchange {
  /**
   * Undefined when the request would need one more new connection than may be opened now.
   * @throws Error when `signal` ends it, the connection fails, or the reply is longer than 1 MiB.
   */
  post(path: string, body: object, signal: AbortSignal): Promise<Reply | undefined>;
}

/** Sockets at a time. They wait for each other, which at DaData's usual 100 ms is 40 questions a second. */
const MAX_SOCKETS = 4;
/** New connections in a minute; together with MAX_SOCKETS in flight it stays below DaData's 60. */
const MAX_NEW_CONNECTIONS = 50;
const MINUTE_MS = 60_000;
const MAX_REPLY = 1024 * 1024;

/** @param base address that paths are appended to. @param headers sent with every request. */
export function createExchange(base: string, headers: Record<string, string>): Exchange {
  const transport = base.startsWith('https:') ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' });
  let opened: number[] = [];
  const mayAsk = (): boolean => {
    const since = performance.now() - MINUTE_MS;
    opened = opened.filter((at) => at > since);
    return (
      opened.length < MAX_NEW_CONNECTIONS || Object.values(agent.freeSockets).some((list) => list?.length)
    );
  };
  return {
    post: (path, body, signal) => {
      if (!mayAsk()) return Promise.resolve(undefined);
      const content = Buffer.from(JSON.stringify(body));
      return new Promise((resolve, reject) => {
        let answered = false;
        const request = transport.request(`${base.replace(/\/$/, '')}${path}`, {
          method: 'POST',
          agent,
          signal,
          headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': content.length },
        });
        request
          .on('socket', () => {
            if (!request.reusedSocket) opened.push(performance.now());
          })
          .on('response', (response) => {
            answered = true;
            readBody(response).then((text) => {
              resolve({ status: response.statusCode ?? 0, body: text });
            }, reject);
          })
          .on('error', reject)
          // An answer that wants to speak another protocol (101) is neither an answer to Node nor an error.
          .on('close', () => {
            if (!answered) reject(new Error('the connection ended without an answer'));
          })
          .end(content);
      });
    },
  };
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length;
    // Leaving the loop destroys the response and its connection.
    if (length > MAX_REPLY) throw new Error('the reply is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
