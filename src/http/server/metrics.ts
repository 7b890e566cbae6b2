/** Prometheus metrics on a port of their own, so that no proxy rule is needed to keep them inside. */
import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  observeRequest(route: string, status: number, seconds: number): void;
  countSignIn(outcome: string): void;
  /** @param result of one try: sent, failed, dead */
  countMessage(channel: string, result: string): void;
  /** A number that is asked for at each scrape. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** Several of them, told apart by one label. */
  gauges(name: string, help: string, label: string, read: () => Promise<[string, number][]>): void;
  text(): Promise<string>;
}

/** The first path segments that exist; anything else a stranger asks for shares one label. */
const PROTOCOL = [
  '\\.well-known',
  'auth',
  'device',
  'jwks',
  'reg',
  'request',
  'session',
  'token',
  'userinfo',
];
const PAGES = [
  ...['account', 'approvals', 'device-connected', 'documents', 'interaction', 'open', 'prove-email'],
  ...['recovery', 'register', 'set-password', 'signed-in'],
];
const FILES = ['assets', 'clients', 'health'];
const ROUTES = new RegExp(`^/(${[...PROTOCOL, ...PAGES, ...FILES].join('|')})(?=/|$)`);

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'portone_id_http_request_seconds',
    help: 'Time to answer, by first path segment and status class',
    labelNames: ['route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3],
    registers: [registry],
  });
  const signIns = new Counter({
    name: 'portone_id_sign_ins_total',
    help: 'Sign-in attempts by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const messages = new Counter({
    name: 'portone_id_messages_total',
    help: 'Tries to deliver a message, by channel and result',
    labelNames: ['channel', 'result'],
    registers: [registry],
  });
  return {
    observeRequest: (route, status, seconds) => {
      const label = ROUTES.exec(route)?.[1] ?? 'other';
      requests.observe({ route: label, status: `${Math.floor(status / 100)}xx` }, seconds);
    },
    countSignIn: (outcome) => {
      signIns.inc({ outcome });
    },
    countMessage: (channel, result) => {
      messages.inc({ channel, result });
    },
    gauge: (name, help, read) => {
      const gauge = new Gauge({
        name: `portone_id_${name}`,
        help,
        registers: [registry],
        collect: async () => {
          // What cannot be found out is left out, and does not keep the rest from being told.
          gauge.remove();
          await Promise.resolve()
            .then(read)
            .then(
              (value) => {
                gauge.set(value);
              },
              () => undefined,
            );
        },
      });
    },
    gauges: (name, help, label, read) => {
      const gauge = new Gauge({
        name: `portone_id_${name}`,
        help,
        labelNames: [label],
        registers: [registry],
        collect: async () => {
          gauge.reset();
          for (const [value, number] of await read().catch(() => [])) gauge.set({ [label]: value }, number);
        },
      });
    },
    text: () => registry.metrics(),
  };
}

export function metricsServer(metrics: Metrics): Server {
  return createServer((request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    metrics.text().then(
      (body) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
}
