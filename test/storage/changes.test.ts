/** What is announced in a transaction is heard once it is committed, by everybody, also after a broken connection. */
import { announce, openChanges, TOPICS, type Changes } from '../../src/storage/changes';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { until } from '../support/processes';

/** Less than the ten seconds after which everybody looks for themselves. */
const SOON_SECONDS = 9;

describe.each(storageKinds)('changes on %s', (kind) => {
  let database: TestDatabase;
  let changes: Changes;
  const heard: string[] = [];
  const errors: Error[] = [];
  const hears = (topic: string): Promise<void> => until(topic, () => heard.includes(topic), SOON_SECONDS);

  beforeAll(async () => {
    database = await openTestDatabase(kind);
    const { url, pool } = database;
    changes = openChanges({ url, pool, onError: (error) => errors.push(error) });
    for (const topic of TOPICS) changes.onChange(topic, () => void heard.push(topic));
    // Who begins to listen does not know what changed before.
    if (kind === 'postgres') await until('ears', () => heard.length === TOPICS.length, SOON_SECONDS);
  });
  afterAll(async () => {
    await changes.close();
    await database.close();
  });
  beforeEach(() => {
    heard.length = 0;
    errors.length = 0;
  });

  it('are heard when the transaction is committed, and not before', async () => {
    let early: string[] = [];
    await database.db.transaction().execute(async (trx) => {
      await announce(trx, 'clients');
      await trx.selectFrom('clients').select('id').execute();
      early = [...heard];
    });
    await hears('clients');
    expect(early).toEqual([]);
    expect(heard).toEqual(['clients']);
  });

  it('are not heard when it is rolled back', async () => {
    const failed = database.db.transaction().execute(async (trx) => {
      await announce(trx, 'signing_keys');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await announce(database.db, 'documents');
    await hears('documents');
    expect(heard).toEqual(['documents']);
  });

  it('reach the other listeners when one of them fails', async () => {
    changes.onChange('resources', () => Promise.reject(new Error('a listener that cannot read now')));
    const late: string[] = [];
    changes.onChange('resources', () => void late.push('resources'));
    await announce(database.db, 'resources');
    await until('both', () => late.length === 1 && errors.length === 1, SOON_SECONDS);
    expect(heard).toEqual(['resources']);
    expect(errors[0]?.message).toContain('cannot read now');
  });

  if (kind === 'postgres') {
    it('may have been missed while the connection was broken, and listeners are told so', async () => {
      await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen port_one_id_changes'`,
      );
      for (const topic of TOPICS) await hears(topic);
      heard.length = 0;
      await until(
        'ears again',
        async () => {
          await announce(database.db, 'clients');
          return heard.includes('clients');
        },
        SOON_SECONDS,
      );
      expect(errors.map(({ message }) => message).join()).toMatch(/terminat|lost/);
    });
  }
});
