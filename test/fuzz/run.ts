/** Sends spoiled requests one after another and judges the answers; fast-check makes them and shrinks what it finds. */
import fc from 'fast-check';
import type { Location } from '../support/agent';
import type { Cast } from './cast';
import { faultsOf } from './judge';
import { render } from './render';
import { createTally, type Tally } from './report';
import { harvest } from './samples/harvest';
import type { Sample } from './samples/sample';
import { wild, type Wild } from './wild';
import { exchange } from './wire';

export interface Target {
  issuer: string;
  at: Location;
  cast: Cast;
  /** Bytes that the server holds in memory. */
  memory(): number;
  /** The process that was started still runs. */
  alive(): boolean;
}

export interface Plan {
  requests: number;
  seed: number;
  /** Forms, codes and tokens are made anew after so many requests. */
  renewAfter: number;
  /** Goes on after a fault and keeps one of each kind, instead of looking for the smallest request. */
  all?: boolean;
  note?: (line: string) => void;
}

export interface Findings {
  tally: Tally;
  /** Bytes at the beginning, at most, and at the end. */
  memory: { first: number; most: number; last: number };
  alive: boolean;
  /** The smallest request found that goes wrong, and how. */
  /** One of each kind, with `all`. */
  faults: readonly string[];
  failure?: { seed: number; path: string; request: string; faults: string };
}

export async function fuzz(target: Target, plan: Plan): Promise<Findings> {
  const tally = createTally();
  const stock = createStock(target, plan);
  const memory = { first: target.memory(), most: 0, last: 0 };
  const kinds = new Map<string, string>();
  let last = '';
  const property = fc.asyncProperty(wild, async (one) => {
    const sample = await stock.choose(one);
    const { bytes, cutAfter } = render(sample, one, new URL(target.issuer).host);
    last = `${sample.name}\n${bytes.toString('latin1').slice(0, 3000)}`;
    const answer = await exchange(target.at.port, bytes, cutAfter);
    tally.add(sample.name, answer.status, answer.milliseconds, last);
    if (tally.total() % 500 === 0) memory.most = Math.max(memory.most, target.memory());
    if (tally.total() % 5000 === 0) plan.note?.(`${tally.total()} requests`);
    const faults = faultsOf(answer, target.issuer);
    if (!target.alive()) faults.push('the process has ended');
    if (faults.length > 0 && plan.all)
      kinds.set(`${sample.name} ${faults.join()}`, `${faults.join('; ')}\n${last}`);
    else if (faults.length > 0)
      throw new Error(`${faults.join('; ')}\n${last}\n\n${answer.status} ${answer.body.slice(0, 600)}`);
  });
  const checked = await fc.check(property, { numRuns: plan.requests, seed: plan.seed });
  memory.last = target.memory();
  memory.most = Math.max(memory.most, memory.last);
  const findings = { tally, memory, alive: target.alive(), faults: [...kinds.values()] };
  if (!checked.failed) return findings;
  const request = JSON.stringify(checked.counterexample, undefined, 1);
  const error = checked.errorInstance;
  const faults = error instanceof Error ? error.message : String(error);
  return {
    ...findings,
    failure: { seed: checked.seed, path: checked.counterexamplePath ?? '', request, faults },
  };
}

interface Stock {
  choose(one: Wild): Promise<Sample>;
}

/** Right requests to spoil; some of them end the sign-in or the account they were made with, so they are renewed. */
function createStock(target: Target, { renewAfter }: Plan): Stock {
  let byName = new Map<string, Sample[]>();
  let names: string[] = [];
  let used = renewAfter;
  let person = 0;
  const renew = async (): Promise<void> => {
    const { people } = target.cast;
    for (let tries = 0; tries < people.length; tries += 1) {
      const one = people[person % people.length];
      if (!one) break;
      const found = await harvest(target, target.cast, one).catch(() => undefined);
      if (found) {
        byName = new Map();
        for (const sample of found) byName.set(sample.name, [...(byName.get(sample.name) ?? []), sample]);
        // Known endpoints stay where they are in the list, so that a seed finds them again.
        names = [...new Set([...names, ...byName.keys()])];
        return;
      }
      // Somebody whose password was changed or whose account is closed.
      person += 1;
    }
    throw new Error('nobody can sign in any more');
  };
  return {
    choose: async ({ endpoint, variant }) => {
      if (used >= renewAfter) {
        await renew();
        used = 0;
      }
      used += 1;
      for (let step = 0; ; step += 1) {
        const known = byName.get(names[(endpoint + step) % names.length] ?? '') ?? [];
        const found = known[variant % known.length];
        if (found) return found;
      }
    },
  };
}
