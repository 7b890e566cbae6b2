/**
 * `npm run fuzz`: every endpoint of the product, asked with right requests that are spoiled: nothing but refusals and
 * clean answers may come, from the same process, in bounded memory. Ends with 1 and the smallest request that goes wrong.
 *
 *   npm run fuzz -- [--requests 100000] [--seed N] [--all]
 *
 * `--all` goes on after a fault and tells one of each kind, unshrunk.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ensurePrograms } from '../support/bench/programs';
import { stopEverything } from '../support/bench/running';
import { tallyTable } from './report';
import { fuzz, type Findings } from './run';
import { startTarget } from './start';

const MIB = 1024 * 1024;
/** A server of this kind holds 100 to 250 MiB; what grows beyond this keeps what it should let go. */
const MEMORY_LIMIT = 700 * MIB;

const note = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      all: { type: 'boolean', default: false },
    },
  });
  const plan = {
    requests: Number(values.requests),
    seed: Number(values.seed),
    renewAfter: 1000,
    all: values.all,
    note,
  };
  for (const [name, value] of Object.entries(plan))
    if (typeof value === 'number' && !(value >= 0)) throw new Error(`${name} is a number`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  try {
    ensurePrograms();
    const target = await startTarget();
    print(`${plan.requests} requests, seed ${plan.seed}`);
    const begun = performance.now();
    const findings = await fuzz(target, plan);
    print(tallyTable(findings.tally));
    print(`${((performance.now() - begun) / 1000).toFixed(0)} s`);
    if (!report(findings, plan.requests)) process.exitCode = 1;
  } finally {
    await stopEverything();
  }
}

/** True when everything holds. */
function report({ memory, alive, failure, faults, tally }: Findings, requests: number): boolean {
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(0)} MiB`;
  print(
    `memory: ${mib(memory.first)} at the beginning, ${mib(memory.most)} at most, ${mib(memory.last)} at the end`,
  );
  const broken = [
    ...(alive ? [] : ['the process that was started has ended']),
    ...(memory.most > MEMORY_LIMIT ? [`more than ${mib(MEMORY_LIMIT)} of memory`] : []),
    ...(faults.length > 0 ? [`${faults.length} kinds of faults`] : []),
    ...(failure ? [`a request went wrong after ${tally.total()} of ${requests}`] : []),
  ];
  if (broken.length === 0) print('holds: no fault, the same process, bounded memory');
  for (const one of broken) print(`BROKEN: ${one}`);
  for (const fault of faults) print(`\n${fault.slice(0, 1500)}`);
  if (failure) print(`seed ${failure.seed}, path ${failure.path}\n${failure.request}\n${failure.faults}`);
  return broken.length === 0;
}

main().catch((error: unknown) => {
  note(
    `The fuzz could not be made: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  process.exitCode = 1;
});
