/**
 * One HTTP call to a gateway, with the one thing that matters told apart: whether the request can have reached
 * it. Every call has a connection of its own: on one kept open, a hang-up by the other side would leave it unsaid.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Rejection, SendResult } from './gateway';

export interface GatewayRequest {
  /** The same service under several names, tried in this order as long as none can be connected to. */
  urls: readonly string[];
  contentType: string;
  body: string;
}

/** `unsent`: no byte of the request left. `lost`: it left, and no whole answer came back. */
type CallResult =
  | { kind: 'answer'; status: number; retryAfter: number | undefined; body: string }
  | { kind: 'unsent'; reason: string }
  | { kind: 'lost'; reason: string };

/** All of one message, in milliseconds (security.md R8). */
export const SEND_DEADLINE_MS = 3000;
const MAX_ANSWER = 64 * 1024;
const BUSY_SECONDS = { least: 5, usual: 10, most: 120 };

interface Patience {
  /** Milliseconds until it must be connected, and until it must have answered. */
  connect: number;
  answer: number;
}

function call(url: string, { contentType, body }: GatewayRequest, patience: Patience): Promise<CallResult> {
  return new Promise((resolve) => {
    let connected = false;
    const secure = url.startsWith('https:');
    const request = (secure ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false,
      headers: {
        'Content-Type': contentType,
        'Content-Length': Buffer.byteLength(body),
        Accept: 'application/json',
      },
    });
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(connecting);
      clearTimeout(answering);
      request.destroy();
      resolve({ kind: connected ? 'lost' : 'unsent', reason: error.code ?? 'failed' });
    };
    const tooLate = (code: string) => () => fail(Object.assign(new Error(code), { code }));
    const connecting = setTimeout(tooLate('no connection in time'), patience.connect);
    const answering = setTimeout(tooLate('no answer in time'), patience.answer);

    request.on('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        connected = true;
        clearTimeout(connecting);
      });
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER) tooLate('an endless answer')();
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(answering);
        const seconds = Number(response.headers['retry-after']);
        resolve({
          kind: 'answer',
          status: response.statusCode ?? 0,
          retryAfter: seconds > 0 ? seconds : undefined,
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    request.end(body);
  });
}

/** Goes on to the next name only while nothing was sent; all together within the deadline. */
async function callFirstReachable(request: GatewayRequest): Promise<CallResult> {
  const end = performance.now() + SEND_DEADLINE_MS;
  let result: CallResult = { kind: 'unsent', reason: 'no address' };
  for (const [index, url] of request.urls.entries()) {
    const answer = end - performance.now();
    // What is left is shared, so that a silent first name leaves time for the next.
    result = await call(url, request, { connect: answer / (request.urls.length - index), answer });
    if (result.kind !== 'unsent') break;
  }
  return result;
}

const refused = (
  reason: Rejection['reason'],
  retryable: boolean,
  more: Partial<Rejection> = {},
): Rejection => ({ outcome: 'rejected', reason, retryable, about: 'gateway', ...more });

function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Sends a request and says what came of it. 429 and 503 mean that it was not taken; after any other 5xx nobody
 * knows, so it counts as unknown, as does an answer that `read` makes nothing of.
 * @param read what the JSON of a 200 says; undefined when it is not an answer of this gateway.
 */
export async function sendRequest(
  request: GatewayRequest,
  read: (answer: unknown) => SendResult | undefined,
): Promise<SendResult> {
  const result = await callFirstReachable(request);
  if (result.kind === 'unsent') return refused('gateway_unreachable', true);
  if (result.kind === 'lost') return { outcome: 'unknown', reason: result.reason };
  const { status, body, retryAfter = BUSY_SECONDS.usual } = result;
  if (status === 429 || status === 503) {
    const pause = Math.min(Math.max(retryAfter, BUSY_SECONDS.least), BUSY_SECONDS.most);
    return refused('gateway_busy', true, { code: status, retryAfter: pause });
  }
  if (status >= 500 || status === 408) return { outcome: 'unknown', reason: `HTTP ${status}` };
  if (status !== 200) return refused('gateway_refused', false, { code: status });
  return read(readJson(body)) ?? { outcome: 'unknown', reason: 'an answer without meaning' };
}
