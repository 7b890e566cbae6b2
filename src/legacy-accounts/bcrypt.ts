/** Checks of bcrypt hashes, each in a short-lived thread, few at a time. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** At once in one process; a dear hash takes a second. */
const MOST_AT_ONCE = 2;
const DEADLINE_MS = 10_000;

const workerFile = join(__dirname, __filename.endsWith('.ts') ? 'bcrypt-worker.cts' : 'bcrypt-worker.cjs');

let running = 0;

/** Whether `password` made `hash`; undefined when too many are being checked, or the thread gave no answer. */
export async function matchesBcrypt(hash: string, password: string): Promise<boolean | undefined> {
  if (running >= MOST_AT_ONCE) return undefined;
  running += 1;
  let worker: Worker | undefined;
  try {
    // Neither flags nor environment of the main thread: secrets have no business there.
    worker = new Worker(workerFile, { workerData: { hash, password }, execArgv: [], env: {} });
    return await answerOf(worker);
  } catch {
    // The machine gives no further thread now; the next one may be had again.
    return undefined;
  } finally {
    await worker?.terminate();
    running -= 1;
  }
}

function answerOf(worker: Worker): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const deadline = setTimeout(() => resolve(undefined), DEADLINE_MS);
    const end = (answer: unknown): void => {
      clearTimeout(deadline);
      resolve(typeof answer === 'boolean' ? answer : undefined);
    };
    worker.once('message', end);
    worker.once('error', end);
    worker.once('exit', end);
  });
}
