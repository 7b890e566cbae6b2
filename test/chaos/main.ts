/**
 * `npm run chaos`: the product beside programs that harm it. Each prints figures and what must hold; a broken
 * invariant ends it with 1. It brings its own servers on loopback and leaves nothing behind.
 *
 *   npm run chaos -- [--registrations 1000] [--kill-every 2] [--parallel 100] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { ensurePrograms } from '../support/bench/programs';
import { stopEverything } from '../support/bench/running';
import { runRegistrations, type Findings, type RegistrationPlan } from './registrations';

const note = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

function readPlan(): RegistrationPlan {
  const { values } = parseArgs({
    options: {
      registrations: { type: 'string', default: '1000' },
      'kill-every': { type: 'string', default: '2' },
      parallel: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
    },
  });
  const plan = {
    registrations: Number(values.registrations),
    killEvery: Number(values['kill-every']),
    parallel: Number(values.parallel),
    seed: Number(values.seed),
  };
  for (const [name, value] of Object.entries(plan)) {
    if (!(value > 0)) throw new Error(`${name} is a number above 0`);
  }
  return plan;
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  const plan = readPlan();
  try {
    ensurePrograms();
    print(`registrations beside kill -9 (seed ${plan.seed})`);
    if (!report(await runRegistrations(plan, note))) process.exitCode = 1;
  } finally {
    await stopEverything();
  }
}

/** True when everything holds. */
function report({ figures, invariants }: Findings): boolean {
  for (const [name, value] of Object.entries(figures)) print(`  ${name}: ${value}`);
  for (const { name, broken } of invariants) {
    print(broken.length === 0 ? `  holds: ${name}` : `  BROKEN: ${name}: ${broken.join(' | ')}`);
  }
  return invariants.every(({ broken }) => broken.length === 0);
}

main().catch((error: unknown) => {
  note(`Chaos could not be made: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 1;
});
