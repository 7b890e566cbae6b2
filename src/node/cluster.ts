/**
 * Several processes that share one port, for one big machine (WORKERS). Each is a whole node, with its own pool and
 * its own part of the recurring work; the first process serves nobody: it starts them, starts them again when they
 * die, and hands signals on.
 */
import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import type { Config } from '../config';
import { createLogger, type Logger } from '../log';
import { serve } from './server';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Whoever lived so long may be started again at once. */
const SOUND_MS = 60_000;

/** The life of this process: one node, or the one that looks after WORKERS of them. @throws when it cannot serve */
export async function run(config: Config): Promise<void> {
  if (config.workers > 1 && cluster.isPrimary) superviseWorkers(config, createLogger(config.logLevel));
  else await serve(config);
}

/** What one process is given beside the settings of all: metrics of its own, and its share of the processors. */
export function workerSettings(config: Config, number: number): Record<string, string> {
  const { workers, metricsPort, passwordWorkers } = config;
  const share = Math.max(1, Math.floor((availableParallelism() - 1) / workers));
  return {
    PASSWORD_WORKERS: String(passwordWorkers ?? share),
    ...(metricsPort === undefined ? {} : { METRICS_PORT: String(metricsPort + number) }),
  };
}

/** Milliseconds until the next start of a process that lived for `livedMs` and died the `failures`th time in a row. */
export const pauseBefore = (failures: number, livedMs: number): number =>
  livedMs >= SOUND_MS ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));

/** Starts all of them; ends this process when the last has ended after a signal. */
function superviseWorkers(config: Config, log: Logger): void {
  let stopping = false;
  let exitCode = 0;
  const alive = new Set<Worker>();
  const endWhenAlone = (): void => {
    if (stopping && alive.size === 0) process.exit(exitCode);
  };
  const start = (number: number, failures = 0): void => {
    if (stopping) return;
    const begun = performance.now();
    const worker = cluster.fork(workerSettings(config, number));
    alive.add(worker);
    worker.once('exit', (code, signal) => {
      alive.delete(worker);
      if (stopping) {
        exitCode = Math.max(exitCode, code);
        endWhenAlone();
        return;
      }
      const lived = performance.now() - begun;
      const again = lived >= SOUND_MS ? 1 : failures + 1;
      const pause = pauseBefore(again, lived);
      log.error({ worker: number, code, signal, pause }, 'a worker has died');
      setTimeout(() => {
        start(number, again);
      }, pause);
    });
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      stopping = true;
      for (const worker of alive) worker.process.kill(signal);
      endWhenAlone();
    });
  for (let number = 0; number < config.workers; number += 1) start(number);
}
