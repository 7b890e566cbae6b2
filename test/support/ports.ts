/** Ports of 127.0.0.1 that a test may listen at a while later, when what listens there has started. */
import { createServer } from 'node:net';

/** Below the ports that Linux gives to connections, which would take one between the question and its use. */
const FIRST = 11_000;
const WIDTH = 2_000;
const SLICES = 10;

// Test files that run side by side do not share ports; programs beside them have a slice of their own.
const worker = Number(process.env['JEST_WORKER_ID'] ?? SLICES) - 1;
const base = FIRST + WIDTH * (worker % SLICES);
let next = Math.floor(Math.random() * WIDTH);

/** The first of `count` ports in a row of which nobody listens at any. */
export async function freePort(count = 1): Promise<number> {
  for (let tries = 0; tries < WIDTH; tries += 1) {
    const first = base + next;
    next = (next + count) % (WIDTH - count);
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (!free.includes(false)) return first;
  }
  throw new Error('no port is free');
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
