/** Forms with files: whatever a body looks like and whenever its sender goes away, its place is given back. */
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Refusal } from '../../src/errors';
import type { Context } from '../../src/http/context';
import { createUploads } from '../../src/http/files/uploads';
import type { Forms } from '../../src/http/forms';
import { until } from '../support/processes';

const BOUNDARY = 'limes';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const WHOLE = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="comment"',
  '',
  'слово',
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="files"; filename="a.pdf"',
  'Content-Type: application/pdf',
  '',
  '%PDF-1.7 ...',
  `--${BOUNDARY}--`,
  '',
].join('\r\n');

let server: Server;
let port: number;
/** Milliseconds between the head of a request and the reading of its body, as the look at the session takes. */
let delay: number;
let underWay: number;

beforeAll(async () => {
  const forms = { read: () => ({}) } as unknown as Forms;
  const uploads = createUploads(forms, { file: 1000, total: 2000, files: 3 });
  server = createServer((req, res) => {
    underWay += 1;
    const ctx = { req, request: {}, state: { address: '192.0.2.1' } } as unknown as Context;
    void sleep(delay)
      .then(() => uploads.receive(ctx, 'purpose', ({ files }) => Promise.resolve(files.length)))
      .then(
        (files) => ({ status: 200, text: String(files) }),
        (error: unknown) =>
          error instanceof Refusal
            ? { status: error.status, text: error.code }
            : { status: 500, text: String(error) },
      )
      .then(({ status, text }) => {
        underWay -= 1;
        res.writeHead(status).end(text);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});
beforeEach(() => {
  delay = 0;
  underWay = 0;
});

function send(body: string | Uint8Array): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': TYPE, 'content-length': Buffer.byteLength(body), connection: 'close' };
    const options = { port, host: '127.0.0.1', method: 'POST', headers, timeout: 5000 };
    const sent = request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.end(body);
  });
}

/** Sends a part of what it announces and goes away. */
async function sendCut(part: string): Promise<void> {
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nContent-Length: ${WHOLE.length * 2}\r\n\r\n`;
  const socket = connect(port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.write(head + part, () => resolve()));
  await sleep(10);
  socket.destroy();
}

it('gives the files of a whole form', async () => {
  expect(await send(WHOLE)).toEqual({ status: 200, text: '1' });
});

it.each([
  ['while it is read', 0],
  ['before anybody reads it', 60],
])('is left by whoever goes away %s', async (_, milliseconds) => {
  delay = milliseconds;
  for (let times = 0; times < 8; times += 1) await sendCut(WHOLE.slice(0, 40 + 20 * times));
  await until('all of them to be given up', () => Promise.resolve(underWay === 0));
  expect(await send(WHOLE)).toEqual({ status: 200, text: '1' });
});

it('answers every spoiled body, and has a place for the next', async () => {
  const whole = Buffer.from(WHOLE);
  const spoiled = fc
    .record({
      from: fc.nat(whole.length),
      length: fc.nat(60),
      instead: fc.oneof(
        fc.constantFrom(
          '',
          '\r\n',
          '\r',
          '\n',
          `--${BOUNDARY}`,
          `\r\n--${BOUNDARY}--`,
          `--${BOUNDARY}--\r\n`,
          '--',
        ),
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      end: fc.nat(whole.length + 200),
    })
    .map(({ from, length, instead, end }) =>
      Buffer.concat([whole.subarray(0, from), Buffer.from(instead), whole.subarray(from + length)]).subarray(
        0,
        end,
      ),
    );
  await fc.assert(
    fc.asyncProperty(spoiled, async (body) => {
      const { status, text } = await send(body);
      expect([200, 400]).toContain(status);
      if (status === 400) expect(text).toBe('bad_request');
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 40_000 },
  );
  expect(await send(WHOLE)).toEqual({ status: 200, text: '1' });
});
