import { createCompanyDirectories } from '../../src/companies/directories';
import { createDadataDirectory } from '../../src/companies/directories/dadata';
import { findCompany, type CompanyDirectory, type CompanyLookup } from '../../src/companies/directory';
import { Refusal } from '../../src/errors';
import type { EphemeralStore } from '../../src/storage/ephemeral/port';
import { createRedisStore } from '../../src/storage/ephemeral/redis';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import { openRedis } from '../../src/storage/redis';
import { companyDirectoryConformance } from '../conformance/company-directory';
import { movableClock } from '../support/clock';
import { DADATA_KEY, startDadata, type DadataFault, type DadataStandIn } from '../support/dadata';
import { openTestDatabase, storageKinds, type StorageKind } from '../support/database';
import { openTestRedis } from '../support/redis';

/** The store that each kind of installation has. */
async function openStore(kind: StorageKind): Promise<{ store: EphemeralStore; close(): Promise<void> }> {
  if (kind === 'embedded') {
    const { db, close } = await openTestDatabase(kind);
    return { store: createSqlStore(db), close };
  }
  const redis = await openTestRedis();
  const connection = openRedis(redis.url, () => undefined);
  return {
    store: createRedisStore(connection),
    close: async () => {
      await connection.close();
      await redis.close();
    },
  };
}

const never = undefined as never;
function directoryOf(
  standIn: DadataStandIn,
  store?: EphemeralStore,
  clock = movableClock(),
): CompanyDirectory {
  const config = {
    companyDirectories: ['dadata' as const],
    dadataUrl: standIn.url,
    dadataApiKey: DADATA_KEY,
  };
  return createDadataDirectory({ db: never, clock, config, ...(store ? { store } : {}) });
}

for (const kind of storageKinds) {
  companyDirectoryConformance(`DaData with the store of ${kind}`, async (companies) => {
    const { store, close } = await openStore(kind);
    const standIn = await startDadata(
      companies.map((company) => ({
        type: company.kind === 'legal' ? 'LEGAL' : 'INDIVIDUAL',
        inn: company.inn,
        kpp: company.kpp,
        ...(company.ogrn === null ? {} : { ogrn: company.ogrn }),
        short_with_opf: company.name,
        full_with_opf: company.fullName,
        branch_type: company.branch === 'main' ? 'MAIN' : 'BRANCH',
        ...(company.address === null ? {} : { address: company.address }),
        status: company.status.toUpperCase(),
      })),
    );
    return {
      directory: directoryOf(standIn, store),
      close: async () => {
        await standIn.close();
        await close();
      },
    };
  });
}

const HEAD = {
  type: 'LEGAL' as const,
  inn: '7800999994',
  kpp: '780101001',
  kpp_largest: '997850001',
  ogrn: '1267800000005',
  short_with_opf: 'ООО "Ромашка"',
  full_with_opf: 'ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ "РОМАШКА"',
};
const QUERY = { inn: HEAD.inn, kpp: HEAD.kpp };

let standIn: DadataStandIn;
beforeEach(async () => {
  standIn = await startDadata([HEAD]);
});
afterEach(() => standIn.close());

const reasonOf = (lookup: CompanyLookup): string =>
  lookup.outcome === 'unavailable' ? lookup.reason : lookup.outcome;

/** Numbers of as many companies as a test likes; they need not be right, the directory does not check them. */
const other = (n: number) => ({ inn: String(7_800_000_000 + n), kpp: '780101001' });

describe('what is asked and read', () => {
  test('a branch by КПП, a person by kind, the head office by its branch type', async () => {
    const directory = directoryOf(standIn);
    await directory.find(QUERY);
    await directory.find({ inn: '780099999967' });
    await directory.find({ inn: HEAD.inn });
    expect(standIn.requests).toEqual([
      { query: HEAD.inn, type: 'LEGAL', kpp: HEAD.kpp },
      { query: '780099999967', type: 'INDIVIDUAL' },
      { query: HEAD.inn, type: 'LEGAL', branch_type: ['MAIN'] },
    ]);
  });

  test('the second КПП of a largest taxpayer leads to its head office', async () => {
    expect(await directoryOf(standIn).find({ inn: HEAD.inn, kpp: HEAD.kpp_largest })).toMatchObject({
      outcome: 'found',
      company: { kpp: HEAD.kpp, branch: 'main' },
    });
    expect(await directoryOf(standIn).find({ inn: HEAD.inn, kpp: '997950001' })).toEqual({
      outcome: 'absent',
    });
  });

  test('without a short name the full one stands for it', async () => {
    standIn.parties = [{ ...HEAD, short_with_opf: null }];
    expect(await directoryOf(standIn).find(QUERY)).toMatchObject({ company: { name: HEAD.full_with_opf } });
  });

  test('a person who closed and opened a business again is alive', async () => {
    const person = { type: 'INDIVIDUAL' as const, inn: '780099999967', full_with_opf: 'ИП П' };
    standIn.parties = [
      { ...person, short_with_opf: 'ИП старое', status: 'LIQUIDATED' },
      { ...person, short_with_opf: 'ИП новое' },
    ];
    expect(await directoryOf(standIn).find({ inn: person.inn })).toMatchObject({
      company: { name: 'ИП новое', status: 'active' },
    });
  });

  test('a status that nobody knows lets nobody in', async () => {
    standIn.parties = [{ ...HEAD, status: 'FROZEN' }];
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe('bad_answer');
  });
});

describe('faults', () => {
  test.each<[DadataFault, string, number]>([
    ['unauthorized', 'refused', 1],
    ['unknown_key', 'refused', 1],
    ['daily_limit', 'daily_limit', 1],
    ['garbage', 'bad_answer', 1],
    ['strange_json', 'bad_answer', 1],
    ['too_many', 'busy', 2],
    ['server_error', 'failing', 2],
    ['drops', 'network', 2],
    ['endless', 'network', 2],
    ['switches', 'network', 2],
  ])('%s is told as %s after %i request(s)', async (fault, reason, requests) => {
    standIn.fault = fault;
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe(reason);
    expect(standIn.requests).toHaveLength(requests);
  });

  test.each<DadataFault>(['too_many', 'server_error', 'drops'])('one %s is made up for', async (fault) => {
    standIn.fault = [fault];
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe('found');
  });

  test.each<DadataFault>(['hang', 'stalls_in_body'])('%s is waited for 3 seconds', async (fault) => {
    standIn.fault = fault;
    const began = performance.now();
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe('timeout');
    expect(performance.now() - began).toBeGreaterThan(2900);
    expect(performance.now() - began).toBeLessThan(6000);
  });

  test('the retry gets only the rest of the 3 seconds', async () => {
    standIn.fault = ['server_error', 'hang'];
    const began = performance.now();
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe('failing');
    expect(performance.now() - began).toBeLessThan(6000);
  });

  test('a slow answer counts', async () => {
    standIn.fault = 'slow';
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe('found');
  });

  test('a service that is not there', async () => {
    await standIn.close();
    expect(reasonOf(await directoryOf(standIn).find(QUERY))).toBe('network');
  });

  test('after 5 failures it is left alone for 30 seconds, then asked once', async () => {
    const clock = movableClock();
    const directory = directoryOf(standIn, undefined, clock);
    standIn.fault = 'unauthorized';
    for (let n = 0; n < 5; n++) expect(reasonOf(await directory.find(other(n)))).toBe('refused');
    expect(reasonOf(await directory.find(QUERY))).toBe('resting');
    expect(standIn.requests).toHaveLength(5);
    clock.advance(30);
    const probes = await Promise.all(Array.from({ length: 5 }, (_, n) => directory.find(other(n))));
    expect(probes.map(reasonOf).sort()).toEqual(['refused', 'resting', 'resting', 'resting', 'resting']);
    clock.advance(30);
    standIn.fault = 'none';
    expect(reasonOf(await directory.find(QUERY))).toBe('found');
    expect(reasonOf(await directory.find(other(1)))).toBe('absent');
  });
});

describe.each(storageKinds)('what is kept, with the store of %s', (kind) => {
  let opened: Awaited<ReturnType<typeof openStore>>;
  beforeEach(async () => {
    opened = await openStore(kind);
  });
  afterEach(() => opened.close());

  test('a company for 24 hours, on every node', async () => {
    const clock = movableClock();
    const [node, otherNode] = [1, 2].map(() => directoryOf(standIn, opened.store, clock));
    const first = await node?.find(QUERY);
    clock.advance(24 * 3600 - 1);
    expect(await otherNode?.find(QUERY)).toEqual(first);
    expect(standIn.requests).toHaveLength(1);
    clock.advance(1);
    standIn.parties = [{ ...HEAD, status: 'LIQUIDATED' }];
    expect(await node?.find(QUERY)).toMatchObject({
      company: { status: 'liquidated', checkedAt: clock.now() },
    });
  });

  test('an unknown company for 10 minutes', async () => {
    const clock = movableClock();
    const directory = directoryOf(standIn, opened.store, clock);
    standIn.parties = [];
    expect(reasonOf(await directory.find(QUERY))).toBe('absent');
    standIn.parties = [HEAD];
    clock.advance(599);
    expect(reasonOf(await directory.find(QUERY))).toBe('absent');
    clock.advance(1);
    expect(reasonOf(await directory.find(QUERY))).toBe('found');
  });

  test('a used-up day until midnight in Moscow, while kept companies are still found', async () => {
    const clock = movableClock(new Date('2026-11-22T20:30:00Z'));
    const directory = directoryOf(standIn, opened.store, clock);
    await directory.find(QUERY);
    standIn.fault = 'daily_limit';
    expect(reasonOf(await directory.find(other(1)))).toBe('daily_limit');
    standIn.fault = 'none';
    clock.advance(29 * 60 + 59);
    expect(reasonOf(await directory.find(other(2)))).toBe('daily_limit');
    expect(reasonOf(await directory.find(QUERY))).toBe('found');
    expect(standIn.requests).toHaveLength(2);
    clock.advance(1);
    expect(reasonOf(await directory.find(other(2)))).toBe('absent');
  });

  test('no failure', async () => {
    const directory = directoryOf(standIn, opened.store);
    standIn.fault = 'unauthorized';
    expect(reasonOf(await directory.find(QUERY))).toBe('refused');
    standIn.fault = 'none';
    expect(reasonOf(await directory.find(QUERY))).toBe('found');
  });
});

test('a store that is away does not keep the question from going out', async () => {
  const { store, close } = await openStore('postgres');
  const away = () => Promise.reject(new Refusal('store_unavailable', 3));
  const directory = directoryOf(standIn, { ...store, find: away, put: away });
  expect(reasonOf(await directory.find(QUERY))).toBe('found');
  await close();
});

describe('connections', () => {
  test('300 questions at once share at most 4', async () => {
    const directory = directoryOf(standIn);
    const lookups = await Promise.all(Array.from({ length: 300 }, (_, n) => directory.find(other(n))));
    expect(new Set(lookups.map(reasonOf))).toEqual(new Set(['absent']));
    expect(standIn.connections).toBeLessThanOrEqual(4);
  });

  test('a service that closes each of them is asked less than 60 times a minute', async () => {
    standIn.closesConnections = true;
    const directory = directoryOf(standIn);
    for (let n = 0; n < 70; n++) await directory.find(other(n));
    expect(standIn.connections).toBe(50);
    expect(reasonOf(await directory.find(other(99)))).toBe('resting');
  });
});

describe('several directories', () => {
  const fixed = (name: string, lookup: CompanyLookup, asked: string[] = []): CompanyDirectory => ({
    name,
    find: () => {
      asked.push(name);
      return Promise.resolve(lookup);
    },
  });
  const absent: CompanyLookup = { outcome: 'absent' };
  const away: CompanyLookup = { outcome: 'unavailable', reason: 'timeout' };

  test('the first that knows the company wins, and nobody is asked behind it', async () => {
    const asked: string[] = [];
    const found = await directoryOf(standIn).find(QUERY);
    const chain = [
      fixed('a', absent, asked),
      fixed('b', away, asked),
      fixed('c', found, asked),
      fixed('d', absent, asked),
    ];
    expect(await findCompany(chain, QUERY)).toEqual(found);
    expect(asked).toEqual(['a', 'b', 'c']);
  });

  test('a company is absent only when everybody says so', async () => {
    expect(await findCompany([fixed('a', absent), fixed('b', absent)], QUERY)).toEqual(absent);
    expect(await findCompany([fixed('a', away), fixed('b', absent)], QUERY)).toEqual(away);
    expect(await findCompany([fixed('a', absent), fixed('b', away)], QUERY)).toEqual(away);
    expect(await findCompany([], QUERY)).toEqual(absent);
  });

  test('they stand in the order of the setting, and DaData needs its key', () => {
    const config = { companyDirectories: ['dadata' as const, 'local' as const], dadataUrl: standIn.url };
    const parts = { db: never, clock: movableClock() };
    const names = createCompanyDirectories({ ...parts, config: { ...config, dadataApiKey: DADATA_KEY } });
    expect(names.map(({ name }) => name)).toEqual(['dadata', 'local']);
    expect(() =>
      createCompanyDirectories({ ...parts, config: { ...config, dadataApiKey: undefined } }),
    ).toThrow('DADATA_API_KEY is required');
  });
});
