/**
 * The threads that do password work, and the bounded queue before them. Knows nothing of rules or accounts.
 * A full queue answers at once: waiting longer than a person does would only burn memory (attack: argon2 flood).
 */
import { join } from 'node:path';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { Refusal } from '../errors';

export type PasswordJob =
  | { kind: 'hash'; password: string; memoryKib: number; passes: number }
  | { kind: 'verify'; password: string; hash: string };

export interface PasswordPool {
  /** @throws Refusal `overloaded` when the queue is full; Error when the thread died or could not do the job. */
  run(job: PasswordJob): Promise<string | boolean>;
  /** Jobs waiting and running. */
  depth(): number;
  /** Ends the threads; what waits or runs is rejected. */
  close(): Promise<void>;
}

interface Task {
  job: PasswordJob;
  resolve(result: string | boolean): void;
  reject(failure: Error): void;
}

interface Answer {
  result?: string | boolean;
  failure?: string;
}

/** Seconds after which a refused person may try again: the time a full queue takes to empty. */
const RETRY_AFTER = 2;

export type StartWorker = (file: string, options: WorkerOptions) => Worker;

const startNodeWorker: StartWorker = (file, options) => new Worker(file, options);

/** Development and tests run the TypeScript source, which Node strips of types by itself. */
const workerFile = join(
  __dirname,
  __filename.endsWith('.ts') ? 'password-worker.cts' : 'password-worker.cjs',
);

/** A thread: it takes one task at a time, and keeps the process alive only while it has one. */
class HashingThread {
  task: Task | undefined;

  constructor(
    private readonly worker: Worker,
    onIdle: () => void,
    onExit: (thread: HashingThread) => void,
  ) {
    this.worker.unref();
    let cause: unknown;
    this.worker.on('message', (answer: Answer) => {
      this.settle(answer);
      onIdle();
    });
    this.worker.on('error', (failure: unknown) => {
      cause = failure;
    });
    this.worker.on('exit', () => {
      const task = this.task;
      this.task = undefined;
      task?.reject(new Error('a password thread ended before its job was done', { cause }));
      onExit(this);
    });
  }

  start(task: Task): void {
    this.task = task;
    this.worker.ref();
    this.worker.postMessage(task.job);
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private settle({ result, failure }: Answer): void {
    const task = this.task;
    this.task = undefined;
    this.worker.unref();
    if (result === undefined) task?.reject(new Error(`password work failed: ${failure}`));
    else task?.resolve(result);
  }
}

/**
 * Threads start when first needed and again after one has died.
 * @param size how many threads at most
 * @param queueLimit how many jobs may wait beside those that run
 */
export function createPasswordPool(
  size: number,
  queueLimit: number,
  startWorker: StartWorker = startNodeWorker,
): PasswordPool {
  const threads = new Set<HashingThread>();
  const waiting: Task[] = [];
  let closed = false;

  const startThread = (): HashingThread => {
    // Neither flags nor environment of the main thread: secrets have no business there.
    const worker = startWorker(workerFile, { name: 'password', execArgv: [], env: {} });
    const thread = new HashingThread(worker, dispatch, (ended) => {
      threads.delete(ended);
      dispatch();
    });
    threads.add(thread);
    return thread;
  };
  const freeThread = (): HashingThread | undefined => {
    for (const thread of threads) if (!thread.task) return thread;
    return threads.size < size ? startThread() : undefined;
  };
  function dispatch(): void {
    while (!closed && waiting.length > 0) {
      const thread = freeThread();
      if (!thread) return;
      const task = waiting.shift();
      if (task) thread.start(task);
    }
  }
  const running = (): number => [...threads].filter((thread) => thread.task).length;

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the password threads are closed'));
        // Every waiting job means that all threads are busy, so the bound is exact.
        if (running() >= size && waiting.length >= queueLimit)
          return reject(new Refusal('overloaded', RETRY_AFTER));
        waiting.push({ job, resolve, reject });
        dispatch();
      }),
    depth: () => waiting.length + running(),
    async close() {
      closed = true;
      for (const task of waiting.splice(0)) task.reject(new Error('the password threads are closed'));
      await Promise.all([...threads].map((thread) => thread.stop()));
    },
  };
}
