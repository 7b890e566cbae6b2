/** Running modules against a place: each with a browser of its own, several at a time. */
import { Waived, type Group, type Module, type Trial } from './module';
import { newcomer, type Place } from './place';
import { checkServer } from './relying-party/checks';
import { readMetadata } from './relying-party/metadata';

export type Verdict = 'pass' | 'fail' | 'waived';

export interface Result {
  group: string;
  module: string;
  verdict: Verdict;
  /** What failed, why it is waived, and warnings. */
  remarks: string[];
}

export interface RunOptions {
  /** Modules at once. */
  lanes: number;
  /** Leaves out modules that wait longer than this many seconds. */
  patience: number;
  /** Only groups and modules whose name has this. */
  only?: string;
  /** Told after each module. */
  note?: (result: Result) => void;
}

interface Turn {
  group: Group;
  module: Module;
}

/** The verdicts in the order of the pack. */
export async function runPack(
  place: Place,
  groups: readonly Group[],
  { lanes, patience, only = '', note }: RunOptions,
): Promise<Result[]> {
  const turns = groups
    .flatMap((group) => group.modules.map((module) => ({ group, module })))
    .filter(({ module }) => (module.waits ?? 0) <= patience)
    .filter(({ group, module }) => `${group.name} ${module.name}`.includes(only));
  const results = new Map<Turn, Result>();
  const take = async (queue: Turn[]): Promise<void> => {
    for (let turn = queue.shift(); turn; turn = queue.shift()) {
      const result = await runModule(place, turn);
      results.set(turn, result);
      note?.(result);
    }
  };
  // Those that wait longest begin first, and wait beside the others.
  const together = turns.filter(({ module }) => !module.alone);
  together.sort((a, b) => (b.module.waits ?? 0) - (a.module.waits ?? 0));
  await Promise.all(Array.from({ length: lanes }, () => take(together)));
  await take(turns.filter(({ module }) => module.alone));
  return turns.flatMap((turn) => results.get(turn) ?? []);
}

async function runModule(place: Place, { group, module }: Turn): Promise<Result> {
  const remarks: string[] = [];
  const result = (verdict: Verdict): Result => ({ group: group.name, module: module.name, verdict, remarks });
  try {
    const trial: Trial = {
      ...group.parties(place),
      place,
      browser: newcomer(place),
      metadata: await readMetadata(place),
      warn: (remark) => remarks.push(`warning: ${remark}`),
    };
    await checkServer(trial);
    await module.run(trial);
    return result('pass');
  } catch (error) {
    remarks.unshift(firstLine(error));
    return result(error instanceof Waived ? 'waived' : 'fail');
  }
}

function firstLine(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  return message.split('\n').slice(0, 3).join(' ').slice(0, 300);
}
