/**
 * One thread that hashes and verifies, one job after another, so that neither the event loop nor the pool
 * that signs tokens waits for argon2. Node runs this file as it stands in development (only types that can
 * be erased), and as password-worker.cjs once built.
 *
 * `require` instead of imports: which package is loaded depends on the platform having a binary for it.
 */
type Threads = typeof import('node:worker_threads');
type Job = import('./password-pool').PasswordJob;

interface Engine {
  hash(password: string, memoryKib: number, passes: number): string | Promise<string>;
  verify(hash: string, password: string): boolean | Promise<boolean>;
}

const { parentPort, workerData }: Threads = require('node:worker_threads');

const engines: Record<string, () => Engine> = {
  '@node-rs/argon2': () => {
    const argon2: typeof import('@node-rs/argon2') = require('@node-rs/argon2');
    return {
      // 2 is argon2id; the package offers it as a const enum, which has no value when types are erased.
      hash: (password, memoryCost, timeCost) =>
        argon2.hashSync(password, { algorithm: 2, memoryCost, timeCost, parallelism: 1 }),
      verify: (hash, password) => argon2.verifySync(hash, password),
    };
  },
  argon2: () => {
    const argon2: typeof import('argon2') = require('argon2');
    return {
      hash: (password, memoryCost, timeCost) =>
        argon2.hash(password, { type: argon2.argon2id, memoryCost, timeCost, parallelism: 1 }),
      verify: (hash, password) => argon2.verify(hash, password),
    };
  },
};

function loadEngine(names: string[]): Engine {
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      const load = engines[name];
      if (load) return load();
    } catch (failure) {
      failures.push(failure);
    }
  }
  throw new AggregateError(failures, 'no argon2 binary for this platform');
}

const engine = loadEngine(workerData?.engines ?? ['@node-rs/argon2', 'argon2']);

async function run(job: Job): Promise<string | boolean> {
  return job.kind === 'hash'
    ? engine.hash(job.password, job.memoryKib, job.passes)
    : engine.verify(job.hash, job.password);
}

parentPort?.on('message', (job: Job) => {
  run(job).then(
    (result) => parentPort.postMessage({ result }),
    (failure: unknown) => parentPort.postMessage({ failure: String(failure) }),
  );
});
