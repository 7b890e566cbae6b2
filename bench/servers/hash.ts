/** What one password check costs, in a process of its own with the product's own hasher. */
import { once } from 'node:events';
import { askUsage, startProgram, stopProgram, type ServerPlace } from './server';

export interface HashRound {
  operations: number;
  cpuSeconds: number;
}

export interface Hasher {
  /** Checks one password again and again for so long. */
  run(seconds: number): Promise<HashRound>;
  stop(): Promise<void>;
}

export function startHasher(place: ServerPlace): Hasher {
  const child = startProgram({ entry: 'bench/subjects/hashing.js', env: {} }, place);
  return {
    run: async (seconds) => {
      const before = await askUsage(child);
      const answered = once(child, 'message') as Promise<[{ operations: number }]>;
      child.send({ seconds });
      const [{ operations }] = await answered;
      const { cpuSeconds } = await askUsage(child);
      return { operations, cpuSeconds: cpuSeconds - before.cpuSeconds };
    },
    stop: () => stopProgram(child),
  };
}
