/** A server that is killed (SIGKILL) again and again, and started again each time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram, type Program } from '../http/program';
import type { Chance } from './chance';

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
