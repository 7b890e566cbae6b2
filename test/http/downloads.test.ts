/** Stored files lie in memory until they are read: only so many at once, and every place is given back. */
import { createServer, get, type ClientRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { Refusal } from '../../src/errors';
import { sendStored, type Download } from '../../src/http/files/downloads';
import { until } from '../support/processes';

/** More than the buffers of a connection hold. */
const LARGE: Download = {
  name: 'a.pdf',
  mediaType: 'application/pdf',
  bytes: Buffer.alloc(10 * 1024 * 1024),
};

let server: Server;
let port: number;
let read: () => Promise<Download | undefined>;
/** Milliseconds between the head of a request and the look for the file. */
let delay: number;
let underWay: number;

beforeAll(async () => {
  const koa = new Koa();
  koa.silent = true;
  koa.use(async (ctx) => {
    underWay += 1;
    ctx.state.address = ctx.get('x-address') || '192.0.2.1';
    try {
      await sleep(delay);
      await sendStored(ctx, () => read());
    } catch (error) {
      ctx.status = error instanceof Refusal ? error.status : 500;
      ctx.body = error instanceof Refusal ? error.code : String(error);
    } finally {
      underWay -= 1;
    }
  });
  server = createServer((req, res) => void koa.callback()(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

const opened = new Set<ClientRequest>();
beforeEach(() => {
  read = () => Promise.resolve(LARGE);
  delay = 0;
  underWay = 0;
});
afterEach(() => {
  for (const request of opened) request.destroy();
  opened.clear();
});

/** Asks, and reads nothing but the head of the answer. */
function ask(address = '192.0.2.1'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-address': address };
    const request = get({ port, host: '127.0.0.1', headers, agent: false }, resolve);
    request.on('error', reject);
    opened.add(request);
  });
}
async function statusOf(address?: string): Promise<number> {
  const answer = await ask(address);
  answer.destroy();
  return answer.statusCode ?? 0;
}
const servedAgain = () => until('a place', async () => (await statusOf()) === 200, 10);

it('six are kept for one address, and a reader who goes makes room', async () => {
  const readers = await Promise.all(Array.from({ length: 6 }, () => ask()));
  expect(readers.map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(200));
  const refused = await ask();
  expect(refused.statusCode).toBe(503);
  refused.destroy();
  expect(await statusOf('192.0.2.77')).toBe(200);
  readers[0]?.destroy();
  await servedAgain();
});

it('two dozen are kept for everybody', async () => {
  for (const place of [1, 2, 3, 4])
    await Promise.all(Array.from({ length: 6 }, () => ask(`198.51.100.${place}`)));
  expect(await statusOf('198.51.100.5')).toBe(503);
});

it('a whole file leaves its place, also on a connection that is kept', async () => {
  await servedAgain();
  for (let turn = 0; turn < 20; turn += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, LARGE.bytes.length]);
  }
});

it.each([
  ['there is none', () => Promise.resolve(undefined), 404],
  ['it cannot be read', () => Promise.reject(new Error('broken')), 500],
] as const)('where %s nothing is kept', async (_what, answer, status) => {
  await servedAgain();
  read = answer;
  for (let turn = 0; turn < 20; turn += 1) expect(await statusOf()).toBe(status);
  read = () => Promise.resolve(LARGE);
  expect(await statusOf()).toBe(200);
});

it('readers who went before the file was looked for leave theirs', async () => {
  await servedAgain();
  delay = 100;
  for (let turn = 0; turn < 4; turn += 1) {
    const gone = Array.from({ length: 6 }, () => ask().catch(() => undefined));
    await until('all to be asked', () => underWay === 6, 10);
    for (const request of opened) request.destroy();
    opened.clear();
    await Promise.all(gone);
    await until('all to be over', () => underWay === 0, 10);
  }
  delay = 0;
  await servedAgain();
});
