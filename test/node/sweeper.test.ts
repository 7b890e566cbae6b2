/** What is past its end goes in small batches, however much there is, and waits for nobody. */
import { sql } from 'kysely';
import { insertAccount } from '../../src/accounts/store';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import { BATCH, sweep } from '../../src/node/sweeper';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';

const EXPIRED = 2 * BATCH + 7;
const LIVE = 20;

describe.each(storageKinds)('sweeping on %s', (kind) => {
  let database: TestDatabase;
  const clock = movableClock();
  beforeAll(async () => {
    database = await openTestDatabase(kind);
    const name = { familyName: 'Вымышленная', givenName: 'Анна', middleName: null, locale: 'ru' };
    const account = await insertAccount(database.db, name, clock.now());
    const now = clock.now();
    const fill = (count: number, end: string) => sql`
      insert into account_sessions (id, uid, account_id, user_agent, address, signed_in_at, last_seen_at, expires_at)
      select gen_random_uuid(), gen_random_uuid()::text, ${account.id}::uuid, 'test', '127.0.0.1',
        ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz + ${end}::interval
      from generate_series(1, ${count}::int)`;
    await fill(EXPIRED, '-1 minute').execute(database.db);
    await fill(LIVE, '1 minute').execute(database.db);
  });
  afterAll(() => database.close());

  const turn = () => sweep({ db: database.db, ephemeral: createSqlStore(database.db), clock });
  const left = async (): Promise<number> =>
    Number(
      (await sql<{ left: string }>`select count(*) as left from account_sessions`.execute(database.db))
        .rows[0]?.left,
    );

  if (kind === 'postgres') {
    it('passes over what somebody else is at, and takes it the next time', async () => {
      await database.db.transaction().execute(async (trx) => {
        const held = sql`select 1 from account_sessions where expires_at < ${clock.now()} order by uid limit 3 for update`;
        await held.execute(trx);
        expect(await turn()).toBe(EXPIRED - 3);
      });
      expect(await left()).toBe(LIVE + 3);
    });
  }

  it('takes everything that has ended in one turn, and nothing else', async () => {
    const before = await left();
    expect(await turn()).toBe(before - LIVE);
    expect(await left()).toBe(LIVE);
    expect(await turn()).toBe(0);
  });
});
