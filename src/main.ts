/** Reads the settings and serves until a signal comes. */
import { ConfigError, loadConfig } from './config';
import { serve } from './server';
import { DataFolderBusy } from './storage/embedded-lock';

async function main(): Promise<void> {
  await serve(loadConfig());
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof DataFolderBusy;
  process.stderr.write(`${expected ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
});
