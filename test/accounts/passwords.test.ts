import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import argon2 from 'argon2';
import { createPasswordPool } from '../../src/accounts/password-pool';
import {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
} from '../../src/accounts/passwords';

const cheap = { memoryKib: 64, passes: 1, workers: 1 } satisfies PasswordHasherOptions;
/** Slow enough that work still runs when the next line is reached. */
const slow = { memoryKib: 8192, passes: 2, workers: 1 } satisfies PasswordHasherOptions;

const open: PasswordHasher[] = [];
function opened(options: PasswordHasherOptions): PasswordHasher {
  const hasher = createPasswordHasher(options);
  open.push(hasher);
  return hasher;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((hasher) => hasher.close()));
});

describe('hash and verify', () => {
  test('the hash is argon2id with the parameters of OWASP by default, salted anew each time', async () => {
    const hasher = opened({});
    const [first, second] = await Promise.all([hasher.hash('синий чайник'), hasher.hash('синий чайник')]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(second).not.toBe(first);
    expect(hasher.needsRehash(first)).toBe(false);
  });

  test('another implementation reads our hashes, and we read its', async () => {
    const hasher = opened(cheap);
    const ours = await hasher.hash('верблюд на крыше');
    expect(await argon2.verify(ours, 'верблюд на крыше')).toBe(true);
    expect(await argon2.verify(ours, 'верблюд на крышу')).toBe(false);
    const theirs = await argon2.hash('верблюд на крыше', { memoryCost: 128, timeCost: 3, parallelism: 1 });
    expect(await hasher.verify(theirs, 'верблюд на крыше')).toBe(true);
    expect(await hasher.verify(theirs, 'Верблюд на крыше')).toBe(false);
  });

  test('the fallback engine and the first one read each other', async () => {
    const hasher = opened(cheap);
    const worker = new Worker(join(__dirname, '../../src/accounts/password-worker.cts'), {
      execArgv: [],
      env: {},
      workerData: { engines: ['no-such-package', 'argon2'] },
    });
    const ask = async (job: object): Promise<unknown> => {
      worker.postMessage(job);
      const [answer] = (await once(worker, 'message')) as [{ result: unknown }];
      return answer.result;
    };
    try {
      const theirs = await ask({ kind: 'hash', password: 'верблюд', memoryKib: 64, passes: 1 });
      expect(theirs).toMatch(/^\$argon2id\$v=19\$/);
      expect(hasher.needsRehash(String(theirs))).toBe(false);
      expect(await hasher.verify(String(theirs), 'верблюд')).toBe(true);
      const hash = await hasher.hash('верблюд');
      expect(await ask({ kind: 'verify', hash, password: 'верблюд' })).toBe(true);
      expect(await ask({ kind: 'verify', hash, password: 'вербльюд' })).toBe(false);
    } finally {
      await worker.terminate();
    }
  });

  test.each([
    ['composed and decomposed', 'колючий ёжик', 'колючий ёжик'.normalize('NFD')],
    ['full width and plain', 'Ｂｌｕｅ ｋｅｔｔｌｅ', 'Blue kettle'],
  ])('%s are one password', async (_case, first, second) => {
    expect(first).not.toBe(second);
    const hasher = opened(cheap);
    expect(await hasher.verify(await hasher.hash(first), second)).toBe(true);
    expect(await hasher.verify(await hasher.hash(second), first)).toBe(true);
  });

  test('a NUL character cuts nothing off', async () => {
    const hasher = opened(cheap);
    const hash = await hasher.hash('kettle\0one');
    expect(await hasher.verify(hash, 'kettle\0two')).toBe(false);
    expect(await hasher.verify(hash, 'kettle\0one')).toBe(true);
  });

  test('128 characters are taken whole, 129 are refused', async () => {
    const hasher = opened(cheap);
    const longest = '🐫'.repeat(127) + 'й'.normalize('NFD');
    const hash = await hasher.hash(longest);
    expect(await hasher.verify(hash, longest)).toBe(true);
    expect(await hasher.verify(hash, '🐫'.repeat(127) + 'и')).toBe(false);
    expect(await hasher.verify(hash, `${longest}x`)).toBe(false);
    await expect(hasher.hash(`${longest}x`)).rejects.toMatchObject({ code: 'bad_request', status: 400 });
  });

  test('a mebibyte is refused at once and never reaches a thread', async () => {
    const hasher = opened(slow);
    const huge = 'й'.normalize('NFD').repeat(1024 * 256);
    const verified = hasher.verify(null, huge);
    const hashed = hasher.hash(huge);
    expect(hasher.depth()).toBe(0);
    await expect(hashed).rejects.toMatchObject({ code: 'bad_request' });
    expect(await verified).toBe(false);
  });

  test('what is no argon2 hash is a fault, not a wrong password', async () => {
    const hasher = opened(cheap);
    await expect(hasher.verify('$2b$10$abcdefghijklmnopqrstuv', 'верблюд')).rejects.toThrow(
      /password work failed/,
    );
    expect(await hasher.verify(await hasher.hash('верблюд'), 'верблюд')).toBe(true);
  });
});

describe('unknown accounts', () => {
  test.each([null, undefined, ''])('%p is false, and takes the work of a real check', async (hash) => {
    const hasher = opened(slow);
    const real = await hasher.hash('верблюд на крыше');
    const spent = async (stored: string | null | undefined): Promise<number> => {
      const start = performance.now();
      await hasher.verify(stored, 'не тот верблюд');
      return performance.now() - start;
    };
    expect(await hasher.verify(hash, 'верблюд на крыше')).toBe(false);
    // The quickest of several: what else the machine does makes a check longer, never shorter.
    const times: Record<'unknown' | 'known', number[]> = { unknown: [], known: [] };
    for (let round = 0; round < 9; round++) {
      times.unknown.push(await spent(hash));
      times.known.push(await spent(real));
    }
    expect(Math.min(...times.unknown) / Math.min(...times.known)).toBeGreaterThan(0.3);
  });

  test('one job is queued for each, as for a known account', async () => {
    const hasher = opened(slow);
    const jobs = [hasher.verify(null, 'a'), hasher.verify(undefined, 'b'), hasher.verify(null, 'c')];
    expect(hasher.depth()).toBe(3);
    expect(await Promise.all(jobs)).toEqual([false, false, false]);
    expect(hasher.depth()).toBe(0);
  });
});

describe('needsRehash', () => {
  test.each([
    ['less memory', '$argon2id$v=19$m=12288,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['fewer passes', '$argon2id$v=19$m=19456,t=1,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['argon2i', '$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['the old version', '$argon2id$v=16$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
    ['another algorithm', '$2b$10$abcdefghijklmnopqrstuv', true],
    ['today’s', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', false],
    ['today’s in another order', '$argon2id$v=19$m=19456,p=1,t=2$c2FsdHNhbHQ$aGFzaA', false],
    ['more than today’s', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA', false],
  ])('%s', (_case, hash, expected) => {
    expect(opened({}).needsRehash(hash)).toBe(expected);
  });
});

describe('the queue', () => {
  test('one runs, five wait, and the other 44 of 50 are refused at once', async () => {
    const hasher = opened({ ...slow, queueLimit: 5 });
    const hash = await hasher.hash('верблюд');
    const jobs = Array.from({ length: 50 }, () => hasher.verify(hash, 'верблюд'));
    expect(hasher.depth()).toBe(6);
    const results = await Promise.allSettled(jobs);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(results.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(6);
    expect(refused).toHaveLength(44);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'overloaded', status: 503, retryAfter: 2 });
    expect(await hasher.verify(hash, 'верблюд')).toBe(true);
  });

  test('every thread adds one place', async () => {
    const hasher = opened({ ...slow, workers: 3, queueLimit: 0 });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.verify(null, 'верблюд')));
    expect(results.map((result) => result.status).sort()).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(2).fill('rejected'),
    ]);
  });

  test('answers stay with their questions', async () => {
    const hasher = opened({ ...cheap, workers: 2 });
    const hashes = await Promise.all(Array.from({ length: 20 }, (_, n) => hasher.hash(`верблюд ${n}`)));
    const answers = await Promise.all(hashes.map((hash, n) => hasher.verify(hash, `верблюд ${n - (n % 2)}`)));
    expect(answers).toEqual(hashes.map((_, n) => n % 2 === 0));
  });
});

describe('threads that end', () => {
  test('the job in hand is rejected, what waits is done by a new thread', async () => {
    const started: Worker[] = [];
    const pool = createPasswordPool(1, 10, (file, options) => {
      const worker = new Worker(file, options);
      started.push(worker);
      return worker;
    });
    try {
      const job = { kind: 'hash', password: 'верблюд', memoryKib: 8192, passes: 400 } as const;
      const [first, second] = [pool.run(job), pool.run({ ...job, passes: 1 })];
      first.catch(() => undefined);
      await once(started[0]!, 'online');
      await started[0]!.terminate();
      await expect(first).rejects.toThrow('a password thread ended');
      expect(await second).toMatch(/^\$argon2id\$/);
      expect(started).toHaveLength(2);
      expect(pool.depth()).toBe(0);
    } finally {
      await pool.close();
    }
  });

  test('a thread that cannot start rejects every job', async () => {
    const pool = createPasswordPool(
      1,
      10,
      () => new Worker('throw new Error("no argon2 binary")', { eval: true, execArgv: [] }),
    );
    const job = { kind: 'verify', password: 'верблюд', hash: '$argon2id$' } as const;
    const results = await Promise.allSettled([pool.run(job), pool.run(job), pool.run(job)]);
    expect(results.map((result) => result.status)).toEqual(Array(3).fill('rejected'));
    await pool.close();
  });

  test('after closing nothing hangs', async () => {
    const hasher = opened(slow);
    const jobs = Promise.allSettled([hasher.hash('верблюд'), hasher.hash('верблюд'), hasher.hash('верблюд')]);
    await hasher.close();
    expect((await jobs).map((result) => result.status)).toEqual(Array(3).fill('rejected'));
    await expect(hasher.hash('верблюд')).rejects.toThrow('closed');
  });
});
