/** How long sweeping takes, statement by statement, and how long it keeps others waiting. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Client } from 'pg';
import { listSessions } from '../../src/accounts/sessions/store';
import { linkEvents } from '../../src/audit/chain';
import { countUnlinked, listEvents, listLinked } from '../../src/audit/store';
import { systemClock } from '../../src/clock';
import { sweep } from '../../src/node/sweeper';
import { measureOutbox } from '../../src/notifications/store';
import type { Secrets } from '../../src/secrets';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import { openPostgres } from '../../src/storage/postgres';
import { watchStatements } from '../database/plans';
import { explained, type Statement } from '../database/statements';

export interface Sweeping {
  statements: Statement[];
  deleted: number;
  turns: number;
  seconds: number;
  /** Milliseconds that each write of somebody else to rows that are swept, or not, took meanwhile. */
  writes: number[];
}

/** Sweeps as a node does every minute, but without the minutes between, until nothing is left. */
export function sweepEverything(url: string, log: string, other: Client): Promise<Sweeping> {
  return watched(url, log, other, async (db) => {
    const ephemeral = createSqlStore(db);
    for (let turns = 0, deleted = 0; ; turns += 1) {
      const now = await sweep({ db, ephemeral, clock: systemClock });
      if (now === 0) return { turns, deleted };
      deleted += now;
    }
  });
}

/** Links what waits for it; `deleted` is the number of rows that were linked. */
export function linkEverything(url: string, log: string, other: Client, secrets: Secrets): Promise<Sweeping> {
  return watched(url, log, other, async (db) => ({ turns: 1, deleted: await linkEvents(db, secrets) }));
}

/** What operators, people and metrics ask about what sign-ins leave. */
export async function watchReaders(url: string, log: string): Promise<Statement[]> {
  const { db, close } = openPostgres({ url: explained(url), poolSize: 1 }, () => undefined);
  const statements = await watchStatements(log, async () => {
    const now = systemClock.now();
    const events = await listEvents(db, { event: 'sign_in_succeeded', limit: 50 });
    const subject = events.at(-1)?.subject ?? '';
    await listEvents(db, { subject, limit: 500 });
    await listEvents(db, { before: events.at(-1)?.id ?? '0', limit: 50 });
    await listSessions(db, subject.replace('account:', ''), now);
    await listLinked(db, { seq: '1000', id: '1000' }, 500);
    await countUnlinked(db);
    await measureOutbox(db, now);
  });
  await close();
  return statements;
}

type Work = (db: ReturnType<typeof openPostgres>['db']) => Promise<Pick<Sweeping, 'turns' | 'deleted'>>;

async function watched(url: string, log: string, other: Client, work: Work): Promise<Sweeping> {
  const { db, close } = openPostgres({ url: explained(url), poolSize: 1 }, () => undefined);
  const ending = new AbortController();
  const writing = writeMeanwhile(other, ending.signal);
  const begun = performance.now();
  let done = { turns: 0, deleted: 0 };
  const statements = await watchStatements(log, async () => {
    await sql`select 1`.execute(db);
    done = await work(db).finally(close);
  });
  const seconds = (performance.now() - begun) / 1000;
  ending.abort();
  return { statements, ...done, seconds, writes: await writing };
}

/** What requests write: a visit is noted in a session, a grant is saved again. Any may be about to be swept. */
async function writeMeanwhile(client: Client, signal: AbortSignal): Promise<number[]> {
  const writes: number[] = [];
  while (!signal.aborted) {
    const { rows } = await client.query<{ uid: string }>(
      `select uid from account_sessions where uid >= $1 order by uid limit 1`,
      [randomBytes(8).toString('hex')],
    );
    const begun = performance.now();
    await client.query(`update account_sessions set last_seen_at = now() where uid = $1`, [rows[0]?.uid]);
    await client.query(`update grants set scope = scope where session_uid = $1`, [rows[0]?.uid]);
    writes.push(performance.now() - begun);
    await sleep(5);
  }
  return writes;
}
