/**
 * The port for looking through a file before it is kept, and ClamAV behind it: INSTREAM over its socket, the file in
 * frames of a length and bytes, a frame of none at the end (clamd(8)). No answer is a refusal, never a pass.
 */
import { connect, type Socket } from 'node:net';

export type ScanResult = { result: 'clean' } | { result: 'found'; name: string };

export interface VirusScan {
  /** @throws Error when there is no answer in time, or none that can be understood. */
  scan(bytes: Buffer): Promise<ScanResult>;
}

/** Where nothing is configured: everything passes, and the documentation says so. */
export const noScan: VirusScan = { scan: () => Promise.resolve({ result: 'clean' }) };

const FRAME = 64 * 1024;
const DEADLINE_MS = 10_000;
const LONGEST_ANSWER = 1000;

/** @param address a path of a Unix socket, or `host:port`. */
export function createClamAv(address: string, deadlineMs = DEADLINE_MS): VirusScan {
  const target = address.startsWith('/')
    ? { path: address }
    : { host: address.slice(0, address.lastIndexOf(':')), port: Number(address.split(':').at(-1)) };
  return {
    scan: async (bytes) => {
      const socket = connect(target);
      socket.setTimeout(deadlineMs);
      const deadline = setTimeout(
        () => socket.destroy(new Error('ClamAV did not answer in time')),
        deadlineMs,
      );
      try {
        return understand(await exchange(socket, bytes));
      } finally {
        clearTimeout(deadline);
        socket.destroy();
      }
    },
  };
}

function exchange(socket: Socket, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      answer += part;
      if (answer.includes('\0') || answer.length > LONGEST_ANSWER) resolve(answer);
    });
    socket.on('error', reject);
    // An answer without its end is not one: the rest might have said FOUND.
    socket.on('close', () => {
      reject(new Error('ClamAV hung up'));
    });
    socket.on('connect', () => {
      socket.write('zINSTREAM\0');
      for (let at = 0; at < bytes.length; at += FRAME) {
        const frame = bytes.subarray(at, at + FRAME);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(frame.length);
        socket.write(length);
        socket.write(frame);
      }
      socket.write(Buffer.alloc(4));
    });
  });
}

function understand(answer: string): ScanResult {
  const text = answer.split('\0')[0]?.trim() ?? '';
  if (text === 'stream: OK') return { result: 'clean' };
  const name = /^stream: (.{1,200}) FOUND$/.exec(text)?.[1];
  if (name === undefined) throw new Error('ClamAV could not look through the file');
  return { result: 'found', name };
}
