/** Nobody drains the quota of an outside directory by typing numbers. */
import type { CompanyDirectory, CompanyLookup } from '../../src/companies/directory';
import { chooseCompany } from '../../src/companies/choose-company';
import { lookUp, lookUpEarly, OUTSIDE_A_DAY, type LookUpTools } from '../../src/registration/company/look-up';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import { openTestDatabase, type TestDatabase } from '../support/database';

const UNIT = { inn: '7707083893', kpp: '780001001' };

function directory(name: string, lookup: CompanyLookup): CompanyDirectory & { asked: number } {
  const made = {
    name,
    asked: 0,
    find: () => {
      made.asked += 1;
      return Promise.resolve(lookup);
    },
  };
  return made;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase('embedded');
});
afterAll(() => database.close());

const toolsWith = (...directories: CompanyDirectory[]): LookUpTools => ({
  ephemeral: createSqlStore(database.db),
  directories,
});
let made = 0;
const asker = (address: string) => {
  made += 1;
  return { registration: `registration-${made}`, address };
};

it('asks outside five times for one browser that has solved no captcha, and thirty for one network', async () => {
  const own = directory('local', { outcome: 'absent' });
  const outside = directory('dadata', { outcome: 'absent' });
  const tools = toolsWith(own, outside);
  const one = asker('192.0.2.1');
  const outcomes = [];
  for (let time = 0; time < 7; time += 1) outcomes.push((await lookUpEarly(tools, UNIT, one)).outcome);
  expect(outcomes).toEqual([...Array<string>(5).fill('absent'), 'unavailable', 'unavailable']);
  expect([own.asked, outside.asked]).toEqual([7, 5]);
  for (let time = 0; time < 30; time += 1) await lookUpEarly(tools, UNIT, asker('192.0.2.1'));
  expect(outside.asked).toBe(30);
  // Who has solved a captcha is counted apart.
  expect((await lookUp(tools, UNIT, one)).outcome).toBe('absent');
  expect(outside.asked).toBe(31);
});

it('tells who has asked too often by themselves, and takes no typed name then', async () => {
  const closed = {
    outcome: 'found',
    company: { status: 'liquidated', name: 'ООО "Закрытое"' },
  } as CompanyLookup;
  const tools = toolsWith(directory('dadata', closed));
  const one = asker('192.0.2.3');
  const problems = [];
  for (let time = 0; time < 31; time += 1)
    problems.push(chooseCompany(await lookUp(tools, UNIT, one), 'ООО "Другое имя"').problems);
  expect(problems[29]).toEqual({ inn: 'company_closed' });
  expect(problems[30]).toEqual({ inn: 'company_too_many' });
});

it('asks outside six thousand times a day; then the own table, and a typed name', async () => {
  const company = { status: 'active', name: 'ООО "Записанное"' };
  const outside = directory('dadata', { outcome: 'absent' });
  const tools = toolsWith(outside);
  await tools.ephemeral.count('limit:company:outside', OUTSIDE_A_DAY - 2, 86_400);
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, (_, turn) => lookUp(tools, UNIT, asker(`198.51.100.${turn}`))),
  );
  expect(outside.asked).toBeLessThanOrEqual(2);
  const busy = outcomes.filter(({ outcome }) => outcome === 'unavailable');
  expect(busy.length).toBeGreaterThanOrEqual(2);
  expect(chooseCompany({ outcome: 'unavailable', reason: 'busy' }, 'ООО "Имя"').company?.name).toBe(
    'ООО "Имя"',
  );
  const own = directory('local', { outcome: 'found', company } as CompanyLookup);
  expect((await lookUp(toolsWith(outside, own), UNIT, asker('198.51.100.9'))).outcome).toBe('found');
  await tools.ephemeral.delete('limit:company:outside');
});

it('does not ask outside for what the own table has', async () => {
  const company = { status: 'active', name: 'ООО "Записанное"' };
  const own = directory('local', { outcome: 'found', company } as CompanyLookup);
  const outside = directory('dadata', { outcome: 'absent' });
  expect((await lookUpEarly(toolsWith(outside, own), UNIT, asker('192.0.2.2'))).outcome).toBe('found');
  expect(outside.asked).toBe(0);
});
