/**
 * `npm run bench:seed`: fills the Postgres of DATABASE_URL with people of fiction, for benches and for looking at
 * lists that are long. Everybody has the same password, so it refuses to run in production.
 *
 *   npm run bench:seed -- [--accounts 100000] [--waiting 10000]
 */
import { parseArgs } from 'node:util';
import { migrate } from '../src/storage/migrate';
import { openDatabase } from '../src/storage/postgres';
import { emailOf, populate, SHARED_PASSWORD, type Population } from './database/population';

const note = (line: string): boolean => process.stderr.write(`${line}\n`);

function readPopulation(): Population {
  const { values } = parseArgs({
    options: {
      accounts: { type: 'string', default: '100000' },
      waiting: { type: 'string', default: '10000' },
    },
  });
  const [accounts, waiting] = [Number(values.accounts), Number(values.waiting)];
  if (!Number.isInteger(accounts) || accounts < 1 || accounts > 9_999_999)
    throw new Error('--accounts is a whole number from 1 to 9999999');
  if (!Number.isInteger(waiting) || waiting < 0 || waiting > accounts)
    throw new Error('--waiting is a whole number, at most that of the accounts');
  return { accounts, waiting };
}

async function main(): Promise<void> {
  const { NODE_ENV: environment, DATABASE_URL: url } = process.env;
  if (environment === 'production') throw new Error('this is no program for production');
  if (!url) throw new Error('name a Postgres in DATABASE_URL');
  const population = readPopulation();
  const begun = performance.now();
  const { db, pool, close } = await openDatabase({ url, dataDir: '', poolSize: 1 });
  try {
    await migrate(db);
    await populate([pool], population, note);
  } finally {
    await close();
  }
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const { accounts, waiting } = population;
  process.stdout.write(
    `${accounts} accounts, ${waiting} of them waiting, in ${seconds} s; ` +
      `${emailOf(1)} and everybody else sign in with: ${SHARED_PASSWORD}\n`,
  );
}

main().catch((error: unknown) => {
  note(`Not seeded: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
