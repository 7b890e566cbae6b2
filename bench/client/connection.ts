/**
 * HTTP/1.1 over one kept-alive socket, one request at a time. The driver shares the processors with the server
 * it measures, so it does no more than it must: no streams, no header objects.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  /** Status line and headers, as they came. */
  head: string;
  body: string;
}

export interface Connection {
  /** Sends a request made by `requestText`. @throws Error when the connection breaks. */
  send(request: string): Promise<Answer>;
  close(): void;
}

/** The slowest operation of a healthy server takes less than a second. */
const PATIENCE_MS = 15_000;

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/** @param host value of the Host header; the connection itself goes to loopback. */
export function requestText(
  host: string,
  method: 'GET' | 'POST',
  path: string,
  headers: Record<string, string> = {},
  form?: Record<string, string>,
): string {
  const body = form === undefined ? '' : new URLSearchParams(form).toString();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (form !== undefined)
    lines.push(`content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n`);
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}\r\n${body}`;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).once('connect', () => {
      socket.off('error', reject);
      resolve();
    });
  });
  return overSocket(socket);
}

function overSocket(socket: Socket): Connection {
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  let received = Buffer.alloc(0);
  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = readAnswer(received);
    if (!answer) return;
    const { resolve } = waiting ?? {};
    waiting = undefined;
    received = Buffer.alloc(0);
    resolve?.(answer);
  });
  socket.on('error', fail);
  socket.on('close', () => {
    fail(new Error('the server closed the connection'));
  });
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer in time')));
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) {
          reject(new Error('the server closed the connection'));
          return;
        }
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      }),
    close: () => socket.destroy(),
  };
}

/** The whole answer; undefined while parts of it are missing. */
function readAnswer(received: Buffer): Answer | undefined {
  const headEnd = received.indexOf(HEAD_END, 0, 'latin1');
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return received.length < end ? undefined : { status, head, body: received.toString('utf8', start, end) };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, head, body: '' };
  const ended = received.indexOf(LAST_CHUNK, Math.max(start, received.length - LAST_CHUNK.length), 'latin1');
  return ended < 0 ? undefined : { status, head, body: readChunks(received.subarray(start)) };
}

/** RFC 9112 §7.1. */
function readChunks(encoded: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = encoded.indexOf('\r\n', at, 'latin1');
    const size = parseInt(encoded.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts).toString('utf8');
    parts.push(encoded.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
