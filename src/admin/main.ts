#!/usr/bin/env node
/**
 * `port-one-id`: the program. On Postgres a command runs here; on the embedded database it runs in whatever
 * process holds the data folder, which is this one when no server runs.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { adminTools } from '../node/admin-socket';
import { loadConfig, type Config } from '../config';
import { openFoundation, type Foundation } from '../foundation';
import { createLogger } from '../log';
import { run } from '../node/cluster';
import { DataFolderBusy } from '../storage/embedded-lock';
import { listMigrations } from '../storage/migrate';
import { EXIT, Failure, RanElsewhere, type AdminContext } from './admin';
import { runCli } from './cli';
import { connectToServer, runRemotely } from './remote';
import { createTerminal } from './terminal';

/** Another command may hold the data folder for a moment, and a server holds it before it answers. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 200;

async function main(argv: readonly string[]): Promise<number> {
  const io = createTerminal();
  let opened: Foundation | undefined;
  const context: AdminContext = {
    io,
    loadConfig,
    serve: serveHere,
    tools: async (options = {}) => {
      opened ??= await openHereOrRunThere(loadConfig(), argv, context);
      if (!options.anySchema) await requireMigrated(opened);
      return adminTools(opened);
    },
  };
  try {
    return await runCli(argv, context);
  } finally {
    await opened?.close();
  }
}

async function openHereOrRunThere(
  config: Config,
  argv: readonly string[],
  { io }: AdminContext,
): Promise<Foundation> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await openFoundation(config, { log: createLogger('silent') });
    } catch (error) {
      if (!(error instanceof DataFolderBusy)) throw error;
      const server = await connectToServer(join(config.dataDir, 'admin.sock'));
      if (server) throw new RanElsewhere(await runRemotely(server, argv, io));
      if (Date.now() > end) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

async function requireMigrated({ db }: Foundation): Promise<void> {
  const states = await listMigrations(db);
  if (states.some(({ executedAt }) => !executedAt))
    throw new Failure(
      'failed',
      'The database is not at the version of this release; run port-one-id migrate.',
    );
}

/** The same as src/main.ts, with one sentence for the usual mishap. */
async function serveHere(): Promise<void> {
  try {
    await run(loadConfig());
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new Failure('failed', 'The port is taken by another program; stop that one or set PORT.');
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : 'The command failed.'}\n`);
    process.exitCode = EXIT.failed;
  },
);
