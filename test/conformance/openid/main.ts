/**
 * `npm run conformance`: the pack against a running server, as a table of verdicts. It starts the product with stores of
 * its own on loopback, or asks the server that a file describes; docs/conformance.md says what such a file holds.
 * Ends with 1 when a module fails.
 *
 *   npm run conformance -- [--only TEXT] [--quick] [--place FILE] [--json]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensurePrograms } from '../../support/bench/programs';
import { stopEverything } from '../../support/bench/running';
import { PACK } from './pack';
import type { Place } from './place';
import { runPack } from './run';
import { startPlace } from './start';
import { table } from './table';

const LANES = 6;

const note = (line: string): boolean => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      place: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  try {
    const results = await runPack(await openPlace(values.place), PACK, {
      lanes: LANES,
      patience: values.quick ? 3 : 120,
      only: values.only,
      note: ({ verdict, group, module }) => note(`${verdict} ${group}: ${module}`),
    });
    process.stdout.write(`${values.json ? JSON.stringify(results, undefined, 2) : table(results)}\n`);
    if (results.length === 0) throw new Error('no module has that name');
    if (results.some(({ verdict }) => verdict === 'fail')) process.exitCode = 1;
  } finally {
    await stopEverything();
  }
}

async function openPlace(file: string | undefined): Promise<Place> {
  if (file !== undefined) return JSON.parse(readFileSync(file, 'utf8')) as Place;
  ensurePrograms();
  return startPlace();
}

main().catch((error: unknown) => {
  note(
    `The pack could not be run: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exitCode = 1;
});
