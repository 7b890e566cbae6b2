/** What one run of the bench does, as its options say. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STORM } from './storm';
import type { Turns } from './turns';
import { EMBEDDED, SUBJECTS, type Subject } from '../servers/subjects';
import { WORKLOADS, type Workload } from './workloads';

export interface Plan {
  subjects: readonly Subject[];
  workloads: readonly Workload[];
  storm: boolean;
  turns: Turns;
  /** Where passwords are checked: operations take so long that a short slice would hold too few. */
  longTurns: Turns;
  /** Of the turn before the first, which does not count. */
  warmUpSeconds: number;
  /** Starts of each server, of which the median counts. */
  starts: number;
  /** Over how many operations the stores' work is counted. */
  counted: number;
  profileFolder: string | undefined;
  json: boolean;
}

const FULL = {
  turns: { count: 8, seconds: 0.6, slices: 4 },
  longTurns: { count: 4, seconds: 1.2, slices: 1 },
  // Ours has more code for V8 to find out about than the bare library.
  warmUpSeconds: 3,
  starts: 3,
  counted: 40,
};
const QUICK = {
  turns: { count: 2, seconds: 0.3, slices: 2 },
  longTurns: { count: 1, seconds: 0.6, slices: 1 },
  warmUpSeconds: 0.2,
  starts: 1,
  counted: 20,
};

/** @throws Error for an option or a name that there is not */
export function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      embedded: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const wanted = (name: string): boolean =>
    values.only.length === 0 || values.only.some((part) => name.includes(part));
  const workloads = WORKLOADS.filter(({ name }) => wanted(name));
  if (workloads.length === 0 && !wanted(STORM)) {
    const names = [...WORKLOADS.map(({ name }) => name), STORM];
    throw new Error(`no workload of that name; there are: ${names.join(', ')}`);
  }
  const profiled = values.profile === undefined ? {} : { starts: 1 };
  return {
    subjects: SUBJECTS.filter(({ name }) => name !== EMBEDDED || values.embedded),
    workloads,
    storm: wanted(STORM),
    ...(values.quick ? QUICK : FULL),
    ...profiled,
    profileFolder: values.profile === undefined ? undefined : resolve(values.profile),
    json: values.json,
  };
}
