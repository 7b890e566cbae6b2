/** A small clamd on loopback: INSTREAM, the EICAR test file, and the ways in which a real one fails. */
import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** `early` answers before the file has ended, as clamd does where a file is too large for it. */
export type ClamAvFault = 'hang' | 'hang_up' | 'half' | 'early';

export interface TestClamAv {
  address: string;
  /** Files that were looked through. */
  seen: Buffer[];
  fail(fault: ClamAvFault | undefined): void;
  close(): Promise<void>;
}

/** The industry's harmless test file, in two pieces so that no scanner stumbles over this one. */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

/** @param path of a Unix socket; a port of loopback without it */
export async function openTestClamAv(path?: string): Promise<TestClamAv> {
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  let fault: ClamAvFault | undefined;
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => {
      received = Buffer.concat([received, part]);
      if (fault === 'hang_up') socket.destroy();
      if (fault === 'early') socket.end('INSTREAM size limit exceeded. ERROR\0');
      const file = readStream(received);
      if (!file || fault) {
        if (file && fault === 'half') socket.end('stream: O');
        return;
      }
      seen.push(file);
      socket.end(file.includes(EICAR) ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0');
    });
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  return {
    address: path ?? `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fail: (next) => {
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** The file, once its last frame is there. */
function readStream(received: Buffer): Buffer | undefined {
  const command = 'zINSTREAM\0';
  if (!received.toString('latin1').startsWith(command)) return undefined;
  const frames: Buffer[] = [];
  let at = command.length;
  while (at + 4 <= received.length) {
    const length = received.readUInt32BE(at);
    if (length === 0) return Buffer.concat(frames);
    frames.push(received.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}
