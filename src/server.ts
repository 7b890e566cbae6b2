/** Listening and stopping: one place for `main.ts`, the CLI's `serve` and development. */
import type { Server } from 'node:http';
import type { AdminSocket } from './admin/socket';
import { serveAdminSocket } from './admin-socket';
import type { App } from './app';

/** Requests under way get this long before their connections are cut; the whole stop stays within 15 s. */
const DRAIN_MS = 10_000;

/** Where operators' commands reach a server on the embedded database. */
const adminSockets = new WeakMap<App, AdminSocket | undefined>();

/** Listens at HOST:PORT (and METRICS_PORT) and starts the workers. @throws Error when a port is taken. */
export async function listen(app: App): Promise<void> {
  const { config } = app;
  await listenAt(app.server, config.port, config.host);
  if (config.metricsPort !== undefined) await listenAt(app.metricsServer, config.metricsPort, config.host);
  app.startWorkers();
  adminSockets.set(app, await serveAdminSocket(app));
  app.log.info(
    { issuer: config.issuer, host: config.host, port: config.port, embedded: app.embedded },
    'ready',
  );
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

/** Stops accepting, lets requests under way finish, then frees everything. Safe to call twice. */
export function createStop(app: App): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= stop(app));
}

async function stop(app: App): Promise<void> {
  app.log.info('stopping');
  app.drain();
  await Promise.all([
    closeServer(app.server),
    closeServer(app.metricsServer),
    adminSockets.get(app)?.close(),
  ]);
  await app.close();
  app.log.info('stopped');
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
