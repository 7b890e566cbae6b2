/** One run: everybody started, compared, counted, measured in turns, judged. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensurePrograms } from '../../test/support/bench/programs';
import { onStop } from '../../test/support/bench/running';
import { checkAlike, describe } from './alike';
import { judge } from './bars';
import { compile } from '../servers/compile';
import { openDemandCounter } from './counting/demands';
import { startHasher, type Hasher, type HashRound } from '../servers/hash';
import { summarise, type Figures } from './figures';
import { CONNECTIONS, type Round } from './measure';
import { productionFlags } from '../servers/node-flags';
import type { Plan } from './plan';
import { describeMachine, type DemandFigures, type Footprint, type HashFigures, type Report } from './report';
import { footprintOf, openFolder, startSubject, type RunningSubject } from '../servers/running';
import { median } from './statistics';
import { measureStorm, type StormFigures } from './storm';
import { OURS } from '../servers/subjects';
import { takeTurn, type Turns } from './turns';
import type { Workload } from './workloads';

/** Progress goes to stderr, so that what a program reads from stdout is the result alone. */
export const note = (line: string): boolean => process.stderr.write(`${line}\n`);

export async function run(plan: Plan): Promise<Report> {
  ensurePrograms();
  const folder = openFolder();
  note('compiling');
  const place = { programFolder: resolve(folder, 'program'), profileFolder: plan.profileFolder };
  mkdirSync(place.programFolder);
  compile(place.programFolder);
  const running: RunningSubject[] = [];
  for (const subject of plan.subjects) {
    note(`starting ${subject.name}`);
    running.push(await startSubject(subject, folder, place, plan.starts));
  }
  const alike = await checkAlike(running.map(({ subject, target }) => ({ name: subject.name, target })));
  const demands = await countDemands(running, plan);
  const hasher = startHasher({ programFolder: place.programFolder, log: resolve(folder, 'hashing.log') });
  onStop(hasher.stop);
  const timed = await time(running, hasher, plan);
  const footprints: Footprint[] = [];
  for (const one of running) footprints.push(await footprintOf(one));
  return {
    machine: describeMachine(),
    at: new Date().toISOString(),
    method: method(plan),
    idToken: describe(alike),
    nodeFlags: productionFlags(),
    ...timed,
    demands,
    footprints,
    bars: judge({ ...timed, demands, footprints }),
  };
}

/** What each workload needs of the stores, at everybody who has some that can be asked. */
async function countDemands(running: readonly RunningSubject[], plan: Plan): Promise<DemandFigures[]> {
  note('counting what is asked of the stores');
  const counted = await Promise.all(
    running.flatMap((one) =>
      one.stores ? [openDemandCounter(one.stores).then((counter) => ({ one, counter }))] : [],
    ),
  );
  const figures: DemandFigures[] = [];
  for (const workload of plan.workloads) {
    for (const { one, counter } of counted) {
      const demands = await counter.count(one, workload, plan.counted);
      figures.push({ workload: workload.name, subject: one.subject.name, ...demands });
    }
  }
  for (const { counter } of counted) await counter.close();
  return figures;
}

interface Timed {
  figures: Figures[];
  hash?: HashFigures;
  storm?: StormFigures;
}

async function time(running: readonly RunningSubject[], hasher: Hasher, plan: Plan): Promise<Timed> {
  const figures: Figures[] = [];
  let hash: HashFigures | undefined;
  for (const workload of plan.workloads) {
    note(workload.name);
    const measured = running.filter(({ subject }) => subject.asksPassword || !workload.withPassword);
    const hashRounds: HashRound[] = [];
    const beside = async (seconds: number): Promise<void> => {
      if (workload.withPassword) hashRounds.push(await hasher.run(seconds));
    };
    figures.push(...(await measure(workload, measured, beside, plan)));
    hash ??= hashFigures(hashRounds.slice(1), plan.longTurns);
  }
  const ours = running.find(({ subject }) => subject.name === OURS);
  if (!plan.storm || !ours) return { figures, hash };
  note('tokens beside a sign-in storm');
  return { figures, hash, storm: await measureStorm(OURS, ours, plan.longTurns) };
}

/** The first turn warms up and does not count. */
async function measure(
  workload: Workload,
  running: readonly RunningSubject[],
  beside: (seconds: number) => Promise<void>,
  plan: Plan,
): Promise<Figures[]> {
  const { count, seconds, slices } = workload.withPassword ? plan.longTurns : plan.turns;
  const turns: Round[][] = [];
  await takeTurn(workload, running, { seconds: plan.warmUpSeconds, slices: 1 });
  await beside(plan.warmUpSeconds);
  while (turns.length < count) {
    turns.push(await takeTurn(workload, running, { seconds, slices }));
    await beside(seconds);
  }
  return summarise(
    workload.name,
    running.map(({ subject }, at) => ({
      subject: subject.name,
      rounds: turns.flatMap((turn) => turn[at] ?? []),
    })),
  );
}

function hashFigures(rounds: readonly HashRound[], { seconds }: Turns): HashFigures | undefined {
  if (rounds.length === 0) return undefined;
  return {
    cpuPerThousand: median(rounds.map(({ cpuSeconds, operations }) => (1000 * cpuSeconds) / operations)),
    perSecond: median(rounds.map(({ operations }) => operations / seconds)),
  };
}

const describeTurns = ({ count, seconds, slices }: Turns): string =>
  `${count} × ${seconds} s${slices > 1 ? ` in ${slices} slices` : ''}`;

const method = ({ turns, longTurns, warmUpSeconds }: Plan): string =>
  `${CONNECTIONS} connections, ${describeTurns(turns)}, with passwords ${describeTurns(longTurns)}, in turns after ${warmUpSeconds} s of warming up, driver on the same machine`;
