import { createLocalDirectory } from '../../src/companies/directories/local';
import { upsertDirectoryRows } from '../../src/companies/store';
import { openDatabase } from '../../src/storage/postgres';
import { companyDirectoryConformance } from '../conformance/company-directory';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds } from '../support/database';

const config = { companyDirectories: ['local' as const], dadataUrl: '', dadataApiKey: undefined };

for (const kind of storageKinds) {
  companyDirectoryConformance(`local on ${kind}`, async (companies) => {
    const { db, close } = await openTestDatabase(kind);
    const clock = movableClock();
    await upsertDirectoryRows(db, companies, clock.now());
    return { directory: createLocalDirectory({ db, clock, config }), close };
  });
}

test('a database that is away is told apart from an unknown company', async () => {
  const away = await openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', dataDir: '', poolSize: 1 });
  const directory = createLocalDirectory({ db: away.db, clock: movableClock(), config });
  expect(await directory.find({ inn: '7800999994', kpp: '780101001' })).toEqual({
    outcome: 'unavailable',
    reason: 'database',
  });
  await away.close();
});

test.each(storageKinds)('a later entry replaces the earlier one of the same unit on %s', async (kind) => {
  const { db, close } = await openTestDatabase(kind);
  const clock = movableClock();
  const person = {
    inn: '780099999967',
    kpp: null,
    ogrn: null,
    name: 'ИП Примеров',
    fullName: 'ИП Примеров П. П.',
    kind: 'sole_proprietor' as const,
    status: 'active' as const,
    branch: 'main' as const,
    address: null,
  };
  expect(await upsertDirectoryRows(db, [person], clock.now())).toBe(1);
  clock.advance(60);
  expect(await upsertDirectoryRows(db, [{ ...person, status: 'liquidated' }], clock.now())).toBe(0);
  const directory = createLocalDirectory({ db, clock, config });
  expect(await directory.find({ inn: person.inn })).toMatchObject({
    outcome: 'found',
    company: { status: 'liquidated', checkedAt: clock.now() },
  });
  expect(await db.selectFrom('companyDirectory').select('inn').execute()).toHaveLength(1);
  await close();
});
