/** Listening and stopping: one place for `main.ts`, the CLI's `serve` and development. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminSocket } from './admin/socket';
import { serveAdminSocket } from './admin-socket';
import { createApp, type App } from './app';
import type { Config } from './config';
import { openFoundation, SERVING } from './foundation';

/** Requests under way get this long before their connections are cut; the whole stop stays within 15 s. */
const DRAIN_MS = 10_000;
const NOTICE_MS = 3_000;

export interface Serving {
  /** Listens at HOST:PORT (and METRICS_PORT) and starts the workers. @throws Error when a port is taken. */
  listen(): Promise<void>;
  /** Stops accepting, lets requests under way finish, then frees everything. Safe to call twice. */
  stop(): Promise<void>;
}

export function createServing(app: App): Serving {
  const { config, log } = app;
  let adminSocket: AdminSocket | undefined;
  let stopping: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    log.info('stopping');
    app.drain();
    // Load balancers notice within seconds that this node is not ready; until then they still send people here.
    if (config.environment === 'production') await sleep(NOTICE_MS);
    await Promise.all([closeServer(app.server), closeServer(app.metricsServer), adminSocket?.close()]);
    await app.close();
    log.info('stopped');
  };
  return {
    listen: async () => {
      await listenAt(app.server, config.port, config.host);
      if (config.metricsPort !== undefined)
        await listenAt(app.metricsServer, config.metricsPort, config.host);
      app.startWorkers();
      adminSocket = await serveAdminSocket(app);
      log.info(
        { issuer: config.issuer, host: config.host, port: config.port, embedded: app.embedded },
        'ready',
      );
    },
    stop: () => (stopping ??= end()),
  };
}

/** The whole life of a node: build, listen, drain at a signal. @throws when it cannot begin to serve. */
export async function serve(config: Config): Promise<void> {
  const app = await createApp(await openFoundation(config, SERVING));
  const serving = createServing(app);
  stopOnSignals(app, serving.stop);
  try {
    await serving.listen();
  } catch (error) {
    await serving.stop();
    throw error;
  }
}

function listenAt(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, DRAIN_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Ends the process in order on SIGTERM and SIGINT, and after a fault that nobody caught. */
export function stopOnSignals(app: App, stopApp: () => Promise<void>): void {
  const end = (code: number): void => {
    stopApp().then(
      () => process.exit(code),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', () => {
    end(0);
  });
  process.once('SIGINT', () => {
    end(0);
  });
  const fatal = (error: unknown): void => {
    app.log.error({ err: error }, 'uncaught fault');
    end(1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
}
