/** R11: a thousand slow connections and a stream of nonsense, straight at the nodes, while people sign in. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededChance, type Chance } from './chance';
import { holds, quantile, type Chaos } from './finding';
import { addGuests, openPremises, startFleet } from './fleet';
import { startVisitors, strangerAt } from './visitors';

const SLOW = 1000;
const SECONDS = 45;
const JUNK_PER_SECOND = 200;
const PAGE_BAR_MS = 500;
/** Headers have 10 s; a body, which is part of the whole request, 30 s; the clock is looked at every 2.5 s. */
const HEADERS_BAR_SECONDS = 15;
const BODY_BAR_SECONDS = 35;
const RSS_BAR_MB = 600;

interface Slow {
  kind: 'headers' | 'body' | 'reader';
  seconds: number | undefined;
}

/** One that writes a byte every other second, or never reads its answers. */
function openSlow(port: number, host: string, kind: Slow['kind']): { slow: Slow; socket: Socket } {
  const slow: Slow = { kind, seconds: undefined };
  const begun = performance.now();
  const socket = connect(port, '127.0.0.1');
  const beginnings = {
    headers: `GET / HTTP/1.1\r\nHost: ${host}\r\n`,
    body: `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9999\r\n\r\n`,
    reader: `GET /jwks HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  };
  socket.write(beginnings[kind]);
  const timer = setInterval(() => socket.write(kind === 'headers' ? 'X-A: b\r\n' : 'a'), 2000);
  if (kind === 'reader') socket.pause();
  else socket.resume();
  socket.on('error', () => undefined);
  socket.once('close', () => {
    clearInterval(timer);
    slow.seconds = (performance.now() - begun) / 1000;
  });
  return { slow, socket };
}

/** Nonsense of one kind or another; whatever comes back is the node's business. */
function sendJunk(port: number, host: string, chance: Chance): void {
  const kinds = [
    () => randomBytes(200),
    () => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    () => `GET /${randomBytes(6).toString('hex')} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    () => `GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n`,
    () => `POST /token HTTP/1.1\r\nHost: ${host}\r\nContent-Length: -1\r\n\r\n`,
    () => `GET /auth?client_id=${'%00'.repeat(50)} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    () => `GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${'a=b; '.repeat(4000)}\r\n\r\n`,
  ];
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(kinds[Math.floor(chance.next() * kinds.length)]?.() ?? '');
}

const rssOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

export const slowAndJunk: Chaos = {
  about: `${SLOW} slow connections and nonsense while people sign in`,
  run: async ({ seed, note }) => {
    const chance = seededChance(seed);
    const premises = await openPremises();
    const { host } = new URL(premises.issuer);
    const guests = await addGuests(premises, 2);
    const fleet = await startFleet(premises);
    const portOf = (number: number): number => fleet.nodes[number % 2 === 0 ? 0 : 1].port;
    const kinds: Slow['kind'][] = ['headers', 'headers', 'body', 'reader'];
    const opened = Array.from({ length: SLOW }, (_, number) =>
      openSlow(portOf(number), host, kinds[number % kinds.length] ?? 'headers'),
    );
    note(`${SLOW} slow connections are open`);
    const visits = startVisitors(premises.issuer, guests, 2);
    const waits: number[] = [];
    const wrong: string[] = [];
    const end = performance.now() + SECONDS * 1000;
    let rss = 0;
    for (let tick = 0; performance.now() < end; tick += 1) {
      for (let number = 0; number < JUNK_PER_SECOND / 5; number += 1) sendJunk(portOf(number), host, chance);
      const begun = performance.now();
      const { status } = await strangerAt(premises.issuer, tick).get('/register');
      waits.push(performance.now() - begun);
      if (status !== 200) wrong.push(String(status));
      rss = Math.max(rss, ...fleet.nodes.map(({ program }) => rssOf(program.pid)));
      await sleep(Math.max(0, 200 - (performance.now() - begun)));
    }
    await visits.stop();
    const over = (kind: Slow['kind'], bar: number): string[] =>
      opened
        .filter(({ slow }) => slow.kind === kind && (slow.seconds ?? Infinity) > bar)
        .map(({ slow }) => (slow.seconds === undefined ? 'still open' : `${slow.seconds.toFixed(1)} s`));
    const findings = {
      figures: {
        'the first page of a registration': `p50 ${quantile(waits, 0.5).toFixed(0)} ms, p95 ${quantile(waits, 0.95).toFixed(0)} ms`,
        'sign-ins': `${visits.arrivals.length}, ${visits.refusals.length} refused`,
        'memory of a node': `at most ${rss.toFixed(0)} MB`,
      },
      invariants: [
        holds(`p95 stays below ${PAGE_BAR_MS} ms`, [
          quantile(waits, 0.95) > PAGE_BAR_MS && `${quantile(waits, 0.95).toFixed(0)} ms`,
        ]),
        holds('every page came', wrong),
        holds('no answer was a fault', visits.faults),
        holds(`slow headers end within ${HEADERS_BAR_SECONDS} s`, over('headers', HEADERS_BAR_SECONDS)),
        holds(`slow bodies end within ${BODY_BAR_SECONDS} s`, over('body', BODY_BAR_SECONDS)),
        holds(`a node stays below ${RSS_BAR_MB} MB`, [rss > RSS_BAR_MB && `${rss.toFixed(0)} MB`]),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
    for (const { socket } of opened) socket.destroy();
    return findings;
  },
};
