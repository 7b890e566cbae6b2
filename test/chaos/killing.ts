/** A server, or one node of two after the other, that is killed (SIGKILL) again and again, and started again each time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram, type Program } from '../http/program';
import type { Chance } from './chance';
import type { Fleet } from './fleet';

export interface Killing {
  kills: number;
  /** Milliseconds from each start until it could serve. */
  restarts: number[];
  /** From the first kill to the last, in seconds. */
  seconds: number;
  /** What the server said that it should not have, apart from its log. */
  complaints: string[];
  /** Ends the killing; the server runs on. */
  stop(): Promise<void>;
  /** Ends the server in order; its exit code. */
  end(): Promise<number | null>;
}

export interface KilledProgram {
  main: string;
  env: Record<string, string>;
  folder: string;
}

/** However slow its start was, it serves at least so long between two kills. */
const SERVES_MS = 700;

/** Starts the program and kills it about every `seconds`, a third more or less by chance. */
export async function startKilling(
  { main, env, folder }: KilledProgram,
  seconds: number,
  chance: Chance,
): Promise<Killing> {
  let program: Program;
  let stopped = false;
  let firstKill: number | undefined;
  const start = async (): Promise<void> => {
    const begun = performance.now();
    program = startProgram(main, env, folder);
    await program.ready();
    killing.restarts.push(performance.now() - begun);
  };
  const run = async (): Promise<void> => {
    for (let last = performance.now(); !stopped;) {
      const due = last + seconds * 1000 * chance.between(2 / 3, 4 / 3);
      await sleep(Math.max(SERVES_MS, due - performance.now()));
      if (stopped) return;
      last = performance.now();
      firstKill ??= last;
      await program.kill('SIGKILL');
      killing.kills += 1;
      killing.seconds = (last - firstKill) / 1000;
      if (program.complaints() !== '') killing.complaints.push(program.complaints());
      await start();
    }
  };
  const killing: Killing = {
    kills: 0,
    restarts: [],
    seconds: 0,
    complaints: [],
    stop: async () => {
      stopped = true;
      await running;
    },
    end: () => program.kill('SIGTERM'),
  };
  // Once in order: it migrates, and writes down what Node compiled, which a killed process never comes to.
  await start();
  await killing.end();
  killing.restarts.length = 0;
  await start();
  const running = run();
  // Whoever waits for `stop` hears of a server that does not start; until then nobody does.
  running.catch(() => undefined);
  return killing;
}

/** The same of two nodes behind a proxy: each time the one that was not killed last, while the other serves. */
export function startKillingNodes({ nodes, complaints }: Fleet, seconds: number, chance: Chance): Killing {
  let stopped = false;
  let firstKill: number | undefined;
  const starting: [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  const start = async (index: 0 | 1): Promise<void> => {
    const begun = performance.now();
    await nodes[index].start();
    killing.restarts.push(performance.now() - begun);
  };
  const run = async (): Promise<void> => {
    for (let last = performance.now(), index: 0 | 1 = 0; !stopped; index = index === 0 ? 1 : 0) {
      const due = last + seconds * 1000 * chance.between(2 / 3, 4 / 3);
      await sleep(Math.max(0, due - performance.now()));
      // Both at once would be another program's matter.
      await Promise.all(starting);
      if (stopped) return;
      last = performance.now();
      firstKill ??= last;
      await nodes[index].stop('SIGKILL');
      killing.kills += 1;
      killing.seconds = (last - firstKill) / 1000;
      starting[index] = start(index);
      starting[index].catch(() => undefined);
    }
  };
  const running = run();
  running.catch(() => undefined);
  const killing: Killing = {
    ...{ kills: 0, restarts: [], seconds: 0, complaints: [] },
    stop: async () => {
      stopped = true;
      await running;
      await Promise.all(starting);
    },
    end: async () => {
      const codes = await Promise.all(nodes.map((node) => node.stop('SIGTERM')));
      killing.complaints = complaints();
      return codes.find((code) => code !== 0) ?? 0;
    },
  };
  return killing;
}
