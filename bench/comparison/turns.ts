/** One turn of all subjects at a workload, in slices: what slows the machine for a moment slows them all. */
import { prepare, runRound, type Measured, type Round } from './measure';
import { sum } from './statistics';
import type { Workload } from './workloads';

export interface Turns {
  count: number;
  /** Of each subject in a turn. */
  seconds: number;
  /** In how many parts the subjects share a turn, there and back again (ABC CBA …). */
  slices: number;
}

export interface Contestant extends Measured {
  subject: { name: string };
}

/**
 * A round of each subject, in the order given.
 * @throws Error naming workload and subject, at the first wrong answer
 */
export async function takeTurn(
  workload: Workload,
  contestants: readonly Contestant[],
  { seconds, slices }: Omit<Turns, 'count'>,
): Promise<Round[]> {
  const ready = [];
  for (const one of contestants) {
    const operation = await naming(workload, one, prepare(workload, one.target));
    ready.push({ one, operation, parts: [] as Round[] });
  }
  for (let slice = 0; slice < slices; slice += 1) {
    for (const { one, operation, parts } of slice % 2 === 0 ? ready : ready.toReversed())
      parts.push(await naming(workload, one, runRound(one, operation, seconds / slices)));
  }
  return ready.map(({ parts }) => join(parts));
}

const naming = <T>(workload: Workload, { subject }: Contestant, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw new Error(`${workload.name} on ${subject.name} failed`, { cause: error });
  });

function join(parts: readonly Round[]): Round {
  const total = (of: (part: Round) => number): number => sum(parts.map(of));
  return {
    operations: total((part) => part.operations),
    seconds: total((part) => part.seconds),
    cpuSeconds: total((part) => part.cpuSeconds),
    threadSeconds: {
      main: total((part) => part.threadSeconds.main),
      password: total((part) => part.threadSeconds.password),
    },
    storeCpuSeconds: total((part) => part.storeCpuSeconds),
    latencies: parts.flatMap((part) => part.latencies),
  };
}
