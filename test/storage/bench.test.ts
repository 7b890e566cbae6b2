import { sql } from 'kysely';
import { openTestDatabase, storageKinds } from '../support/database';
import { openTestRedis } from '../support/redis';

describe.each(storageKinds)('%s', (kind) => {
  it('gives every caller a migrated database of its own', async () => {
    const [one, two] = await Promise.all([openTestDatabase(kind), openTestDatabase(kind)]);
    await sql`insert into ephemeral (key, value, expires_at) values ('a', '1', now())`.execute(one.db);
    expect(await one.db.selectFrom('ephemeral').select('key').execute()).toEqual([{ key: 'a' }]);
    expect(await two.db.selectFrom('ephemeral').select('key').execute()).toEqual([]);
    await Promise.all([one.close(), two.close()]);
  });
});

it('redis', async () => {
  const [one, two] = await Promise.all([openTestRedis(), openTestRedis()]);
  expect(one.url).not.toBe(two.url);
  await Promise.all([one.close(), two.close()]);
});
