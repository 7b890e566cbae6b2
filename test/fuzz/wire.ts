/** One request as bytes, one answer, on a connection of its own: clients of Node would not send what is sent here. */
import { connect } from 'node:net';

export interface Answer {
  /** 0 where the server closed the connection without a word. */
  status: number;
  headers: ReadonlyMap<string, string[]>;
  body: string;
  milliseconds: number;
}

/** The server gives a whole request 30 s; a healthy one answers in less than one. */
const PATIENCE_MS = 20_000;

/**
 * Sends bytes and reads until the server closes. @param cutAfter sends only so many bytes, then hangs up and asks nothing.
 * @throws Error when there is no answer in time, or nobody listens
 */
export function exchange(port: number, bytes: Buffer, cutAfter?: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      socket.destroy();
      resolve({ ...readAnswer(Buffer.concat(chunks)), milliseconds: performance.now() - begun });
    };
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy();
      reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`));
    });
    socket.once('connect', () => {
      if (cutAfter === undefined) socket.write(bytes);
      else socket.write(bytes.subarray(0, cutAfter), end);
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', end);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // The server may answer and close before it has read all of a request that it refuses.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') end();
      else reject(error);
    });
  });
}

function readAnswer(received: Buffer): Omit<Answer, 'milliseconds'> {
  const text = received.toString('latin1');
  // "Go on sending", before the answer itself.
  if (text.startsWith('HTTP/1.1 100')) return readAnswer(received.subarray(text.indexOf('\r\n\r\n') + 4));
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return { status: 0, headers: new Map(), body: '' };
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(line.indexOf(':') + 1).trim()]);
  }
  const body = received.subarray(headEnd + 4).toString('utf8');
  return { status: Number(statusLine.slice(9, 12)), headers, body };
}
