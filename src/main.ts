/** Reads the settings, builds the app, listens, drains on SIGTERM. */
import { createApp } from './app';
import { ConfigError, loadConfig } from './config';
import { openFoundation, SERVING } from './foundation';
import { createStop, listen, stopOnSignals } from './server';
import { DataFolderBusy } from './storage/embedded-lock';

async function main(): Promise<void> {
  const app = await createApp(await openFoundation(loadConfig(), SERVING));
  stopOnSignals(app, createStop(app));
  await listen(app);
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof DataFolderBusy;
  process.stderr.write(`${expected ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
});
