import { sql } from 'kysely';
import { createSqlStore } from '../../../src/storage/ephemeral/sql';
import { openDatabase } from '../../../src/storage/postgres';
import { ephemeralConformance } from '../../conformance/ephemeral';
import { openTestDatabase, storageKinds } from '../../support/database';
import { startPostgresServer } from '../../support/postgres-server';
import { migrate } from '../../../src/storage/migrate';

for (const kind of storageKinds) {
  ephemeralConformance(kind, async () => {
    const one = await openTestDatabase(kind);
    // Two nodes have two pools; the embedded database has one process and one pool.
    const two = one.url ? await openDatabase({ url: one.url, dataDir: '', poolSize: 10 }) : one;
    return {
      store: createSqlStore(one.db),
      other: createSqlStore(two.db),
      close: async () => {
        if (two !== one) await two.close();
        await one.close();
      },
    };
  });
}

describe.each(storageKinds)('sweep over %s', (kind) => {
  it('removes everything that has ended, however much, and counts it', async () => {
    const { db, close } = await openTestDatabase(kind);
    await sql`insert into ephemeral (key, value, expires_at)
      select 'old' || n, '1', now() - interval '1 second' from generate_series(1, 1201) n`.execute(db);
    await sql`insert into ephemeral_counters (key, count, expires_at)
      select 'old' || n, 1, now() - interval '1 second' from generate_series(1, 500) n`.execute(db);
    const store = createSqlStore(db);
    await store.put('alive', 1, 60);
    const removed = await Promise.all([store.sweep(), store.sweep()]);
    expect(removed[0] + removed[1]).toBe(1701);
    expect(await db.selectFrom('ephemeral').select('key').execute()).toEqual([{ key: 'alive' }]);
    await close();
  });
});

const afterThis: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of afterThis.splice(0).reverse()) await close();
});

it('fails closed while Postgres is away, and works again once it is back', async () => {
  const server = await startPostgresServer();
  afterThis.push(server.close);
  const opened = await openDatabase({ url: server.url('postgres'), dataDir: '', poolSize: 3 });
  afterThis.push(opened.close);
  await migrate(opened.db);
  const store = createSqlStore(opened.db);
  await store.put('kept', 1, 60);
  await server.kill();
  const began = performance.now();
  const unavailable = { code: 'store_unavailable', status: 503, retryAfter: 3 };
  await Promise.all([
    expect(store.find('kept')).rejects.toMatchObject(unavailable),
    expect(store.insert('new', 1, 60)).rejects.toMatchObject(unavailable),
    expect(store.spend('kept')).rejects.toMatchObject(unavailable),
    expect(store.count('counter', 1, 60)).rejects.toMatchObject(unavailable),
    expect(store.sweep()).rejects.toMatchObject(unavailable),
    expect(store.ping()).rejects.toMatchObject(unavailable),
  ]);
  expect(performance.now() - began).toBeLessThan(3000);
  await server.restart();
  expect(await store.find('kept')).toEqual({ value: 1, spent: false });
});
