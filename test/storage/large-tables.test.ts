/** Deleting a row must not read, from end to end, every table that might refer to it. */
import { sql } from 'kysely';
import { openTestDatabase, type TestDatabase } from '../support/database';

/** Rows of these are deleted one by one, while there are many of them. */
const DELETED = [
  'accounts',
  'account_sessions',
  'grants',
  'memberships',
  'powers_of_attorney',
  'registrations',
];

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase('postgres');
});
afterAll(() => database.close());

/** An index serves where it begins with the column and leaves out no row but those that refer to nothing. */
async function unservedReferences(): Promise<string[]> {
  const { rows } = await sql<{ reference: string }>`
    select c.conrelid::regclass || '.' || a.attname as reference
    from pg_constraint c
      join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid::regclass::text = any(${DELETED})
      and not exists (
        select from pg_index i
        where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
          and (i.indpred is null
            or pg_get_expr(i.indpred, i.indrelid) = '(' || quote_ident(a.attname) || ' IS NOT NULL)'))
    order by 1`.execute(database.db);
  return rows.map(({ reference }) => reference);
}

it('what refers to people, sign-ins and applications is found by an index', async () => {
  expect(await unservedReferences()).toEqual([]);
});

it('says so of a table that has none', async () => {
  await sql`drop index legacy_links_of_account`.execute(database.db);
  expect(await unservedReferences()).toEqual(['legacy_links.account_id']);
});
