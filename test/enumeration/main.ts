/**
 * `npm run check:enumeration`: does any page, or the time it takes, tell whether a name has an account? Takes pairs of
 * tries, one with a name somebody has and one with a name nobody has, beside a mail server and an SMS gateway that are
 * slow, prints a table, and ends with 1 where the bytes differ or the medians lie 5 ms apart.
 *
 *   npm run check:enumeration -- [--pairs 500] [--only TEXT]... [--storage postgres]
 */
import { parseArgs } from 'node:util';
import { storageKinds, type StorageKind } from '../support/database';
import startBench from '../support/bench/start';
import { stopEverything } from '../support/bench/running';
import { openPlace, type Place } from './place';
import { lag, median, noSamples, takePair, type Samples, type Way } from './sampling';
import { WAYS } from './ways';

const BAR_MS = 5;
/** Pairs before the first that counts: code is compiled, connections are opened. */
const WARM_UP = 5;

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const note = (line: string): boolean => process.stderr.write(`${line}\n`);

interface Plan {
  pairs: number;
  storage: StorageKind;
  ways: readonly Way[];
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      pairs: { type: 'string', default: '500' },
      only: { type: 'string', multiple: true, default: [] },
      storage: { type: 'string', default: 'postgres' },
    },
  });
  const pairs = Number(values.pairs);
  if (!(pairs > 0)) throw new Error('--pairs is a number above 0');
  const storage = storageKinds.find((kind) => kind === values.storage);
  if (!storage) throw new Error(`--storage is one of ${storageKinds.join(', ')}`);
  const asked = values.only.length === 0 ? [''] : values.only;
  const ways = WAYS.filter(({ name }) => asked.some((text) => name.includes(text)));
  if (ways.length === 0) throw new Error(`no way has this in its name: ${values.only.join(', ')}`);
  return { pairs, storage, ways };
}

async function sample(place: Place, way: Way, pairs: number): Promise<Samples> {
  const warming = noSamples();
  for (let turn = 0; turn < WARM_UP; turn += 1) await takePair(place, way, warming);
  const samples = noSamples();
  for (let turn = 0; turn < pairs; turn += 1) await takePair(place, way, samples);
  return samples;
}

const figure = (milliseconds: number): string => milliseconds.toFixed(2).padStart(9);

/** True when nothing is told. */
function report(way: Way, samples: Samples): boolean {
  const [known, unknown] = [median(samples.known), median(samples.unknown)];
  const quiet = Math.abs(known - unknown) < BAR_MS && Math.abs(lag(samples)) < BAR_MS;
  const same = samples.differing.length === 0;
  const verdict =
    quiet && same ? 'tells nothing' : `TELLS${quiet ? '' : ' by time'}${same ? '' : ' by bytes'}`;
  const figures = [known, unknown, known - unknown, lag(samples)].map(figure).join('');
  print(`${way.name.padEnd(50)}${figures}  ${verdict}`);
  if (!same) print(`  ${samples.differing.length} pairs differ, the first: ${samples.differing[0] ?? ''}`);
  return quiet && same;
}

async function run({ pairs, storage, ways }: Plan): Promise<boolean> {
  await startBench();
  const place = await openPlace(storage);
  try {
    print(`${pairs} pairs a way on ${storage}; medians in milliseconds, the bar is ${BAR_MS}`);
    print(
      `${''.padEnd(50)}${['known', 'unknown', 'between', 'in pairs'].map((t) => t.padStart(9)).join('')}`,
    );
    let quiet = true;
    for (const way of ways) quiet = report(way, await sample(place, way, pairs)) && quiet;
    print(`messages taken meanwhile: ${place.post.taken.mails} mails, ${place.post.taken.sms} SMS`);
    return quiet;
  } finally {
    await place.close();
  }
}

async function main(): Promise<void> {
  const plan = readPlan();
  try {
    if (!(await run(plan))) process.exitCode = 1;
  } finally {
    await stopEverything();
  }
}

main().catch((error: unknown) => {
  note(`Nothing was found out: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 1;
});
