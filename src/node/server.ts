/** Listening and stopping: one place for `main.ts`, the CLI's `serve` and development. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminSocket } from '../admin/socket';
import { createApp, type App } from '../app';
import type { Config } from '../config';
import { openFoundation, SERVING } from '../foundation';
import { giveBackStartMemory } from './memory';

/** Requests under way get this long before they are told to come back; the whole stop stays within 15 s. */
const DRAIN_MS = 8000;
/** Load balancers notice within seconds that a node is not ready; until then they still send people to it. */
const NOTICE_SECONDS = 3;
/** What has not ended so long after the last request will not. */
const PATIENCE_MS = 3000;

export interface Serving {
  /** Listens at HOST:PORT (and METRICS_PORT) and starts the workers. @throws Error when a port is taken. */
  listen(): Promise<void>;
  /** Stops accepting, lets requests under way finish, then frees everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** Milliseconds from the signal until requests are refused. */
export const noticeOf = ({ shutdownNotice, environment }: Config): number =>
  1000 * (shutdownNotice ?? (environment === 'production' ? NOTICE_SECONDS : 0));

export function createServing(app: App): Serving {
  const { config, log, listener } = app;
  let adminSocket: AdminSocket | undefined;
  let stopping: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    log.info('stopping');
    app.drain();
    // Other nodes take the recurring work over at once; people are still served.
    const workers = app.stopWorkers();
    workers.catch(() => undefined);
    await sleep(noticeOf(config));
    await Promise.all([listener.end(DRAIN_MS), closeServer(app.metricsServer), adminSocket?.close()]);
    await workers;
    await app.close();
    log.info('stopped');
  };
  return {
    listen: async () => {
      await listenAt(listener.server, config.port, config.host);
      if (config.metricsPort !== undefined)
        await listenAt(app.metricsServer, config.metricsPort, config.host, true);
      app.startWorkers();
      adminSocket = await serveCommands(app);
      log.info(
        { issuer: config.issuer, host: config.host, port: config.port, embedded: app.embedded },
        'ready',
      );
    },
    stop: () => (stopping ??= end()),
  };
}

/** Loaded only where commands are served: the whole CLI comes with them, and production has no use for it. */
async function serveCommands(app: App): Promise<AdminSocket | undefined> {
  if (!app.embedded) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- `import()` finds no module of ours in the source tree
  const { serveAdminSocket } = require('./admin-socket') as typeof import('./admin-socket');
  return serveAdminSocket(app);
}

/** The whole life of a node: build, listen, drain at a signal. @throws when it cannot begin to serve. */
export async function serve(config: Config): Promise<void> {
  const app = await createApp(await openFoundation(config, SERVING));
  const serving = createServing(app);
  stopOnSignals(app, serving.stop);
  try {
    await serving.listen();
    giveBackStartMemory();
  } catch (error) {
    await serving.stop();
    throw error;
  }
}

/** @param exclusive not shared with the other processes of WORKERS */
function listenAt(server: Server, port: number, host: string, exclusive = false): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

/** Ends the process in order on SIGTERM and SIGINT, and after a fault that nobody caught. */
export function stopOnSignals(app: App, stopApp: () => Promise<void>): void {
  const end = (code: number): void => {
    setTimeout(() => process.exit(code), noticeOf(app.config) + DRAIN_MS + PATIENCE_MS).unref();
    stopApp().then(
      () => process.exit(code),
      () => process.exit(1),
    );
  };
  // Heard as often as they come: one that finds nobody listening would end the process at once.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      end(0);
    });
  const fatal = (error: unknown): void => {
    app.log.error({ err: error }, 'uncaught fault');
    end(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
}
