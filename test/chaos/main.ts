/**
 * `npm run chaos`: the product beside programs that harm it. Each prints figures and what must hold; a broken
 * invariant ends it with 1. Each brings its own servers on loopback and leaves nothing behind.
 *
 *   npm run chaos                                  all of them, one after the other
 *   npm run chaos -- <name> [--seed 1]             one
 *   npm run chaos -- registrations [--registrations 60] [--kill-every 2] [--parallel 30] [--nodes 1] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { ensurePrograms } from '../support/bench/programs';
import { stopEverything } from '../support/bench/running';
import { badMail, badSms } from './bad-post';
import { eachStep } from './each-step';
import { everything } from './everything';
import type { Chaos, Findings } from './finding';
import { postgresFaults } from './postgres-faults';
import { redisFaults } from './redis-faults';
import { runRegistrations } from './registrations';
import { rollingRestart } from './rolling-restart';
import { slowAndJunk } from './slow-and-junk';

const note = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);

interface Options {
  names: string[];
  seed: number;
  registrations: number;
  killEvery: number;
  parallel: number;
  nodes: number;
}

const registrationsBesideKills = ({ registrations, killEvery, parallel, nodes }: Options): Chaos => ({
  about: `${registrations} registrations beside ${nodes === 1 ? 'a server that' : 'two nodes, of which one after the other'} is killed every ${killEvery} s`,
  run: ({ seed }) => runRegistrations({ registrations, killEvery, parallel, nodes, seed }, note),
});

const programs = (options: Options): Record<string, Chaos> => ({
  registrations: registrationsBesideKills(options),
  'each-step': eachStep,
  'rolling-restart': rollingRestart,
  redis: redisFaults,
  postgres: postgresFaults,
  mail: badMail,
  sms: badSms,
  'slow-and-junk': slowAndJunk,
  everything,
});

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      registrations: { type: 'string', default: '60' },
      'kill-every': { type: 'string', default: '2' },
      parallel: { type: 'string', default: '30' },
      nodes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  });
  const numbers = {
    registrations: Number(values.registrations),
    killEvery: Number(values['kill-every']),
    parallel: Number(values.parallel),
    nodes: Number(values.nodes),
    seed: Number(values.seed),
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0)) throw new Error(`${name} is a number above 0`);
  }
  return { ...numbers, names: positionals };
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  const options = readOptions();
  const all = programs(options);
  const unknown = options.names.filter((name) => !(name in all));
  if (unknown.length > 0)
    throw new Error(`no ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`);
  ensurePrograms();
  for (const name of options.names.length > 0 ? options.names : Object.keys(all)) {
    const chaos = all[name];
    if (chaos) await runOne(name, chaos, options.seed);
  }
}

async function runOne(name: string, chaos: Chaos, seed: number): Promise<void> {
  print(`${name}: ${chaos.about} (seed ${seed})`);
  const begun = performance.now();
  try {
    if (!report(await chaos.run({ seed, note }))) process.exitCode = 1;
  } catch (error) {
    print(
      `  BROKEN: it could not be made: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exitCode = 1;
  } finally {
    await stopEverything();
  }
  print(`  in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
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
