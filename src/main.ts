/** Reads the settings and serves until a signal comes, alone or with WORKERS of its kind. */
import { run } from './node/cluster';
import { ConfigError, loadConfig } from './config';
import { DataFolderBusy } from './storage/embedded-lock';

async function main(): Promise<void> {
  await run(loadConfig());
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof DataFolderBusy;
  process.stderr.write(`${expected ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
});
