/** What every company directory must do: the words of src/companies/directory.ts. */
import type { CompanyFacts } from '../../src/companies/company';
import type { CompanyDirectory } from '../../src/companies/directory';

export type KnownCompany = Omit<CompanyFacts, 'source' | 'checkedAt'>;

const HEAD: KnownCompany = {
  inn: '7800999994',
  kpp: '780101001',
  ogrn: '1267800000005',
  name: 'ООО "Ромашка"',
  fullName: 'ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ "РОМАШКА"',
  kind: 'legal',
  status: 'active',
  branch: 'main',
  address: '190000, г Санкт-Петербург, ул Примерная, д 1',
};
const BRANCH: KnownCompany = {
  ...HEAD,
  kpp: '540602001',
  name: 'НОВОСИБИРСКИЙ ФИЛИАЛ ООО "РОМАШКА"',
  fullName: 'НОВОСИБИРСКИЙ ФИЛИАЛ ОБЩЕСТВА С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ "РОМАШКА"',
  branch: 'branch',
  address: 'г Новосибирск, ул Образцовая, д 2',
};
const LETTERS: KnownCompany = { ...BRANCH, kpp: '7736AB001', name: 'ФИЛИАЛ "БУКВА"', address: null };
const PERSON: KnownCompany = {
  inn: '780099999967',
  kpp: null,
  ogrn: '326784700000006',
  name: 'ИП Примеров Пример Примерович',
  fullName: 'Индивидуальный предприниматель Примеров Пример Примерович',
  kind: 'sole_proprietor',
  status: 'active',
  branch: 'main',
  address: 'г Санкт-Петербург',
};
const ended = (inn: string, status: CompanyFacts['status']): KnownCompany => ({
  ...HEAD,
  inn,
  kpp: '990101001',
  ogrn: null,
  status,
  name: `АО "${status}"`,
});
const ENDED = [
  ended('9900000120', 'liquidated'),
  ended('9901000010', 'liquidating'),
  ended('7736050003', 'bankrupt'),
  ended('7736207543', 'reorganizing'),
];

export interface DirectoryUnderTest {
  directory: CompanyDirectory;
  close(): Promise<void>;
}

/** @param open a directory that knows exactly these companies. */
export function companyDirectoryConformance(
  name: string,
  open: (companies: readonly KnownCompany[]) => Promise<DirectoryUnderTest>,
): void {
  describe(`company directory: ${name}`, () => {
    let opened: DirectoryUnderTest;
    beforeAll(async () => {
      // The branch comes first, so that nothing depends on the order of rows.
      opened = await open([BRANCH, LETTERS, HEAD, PERSON, ...ENDED]);
    });
    afterAll(() => opened.close());

    const find = (inn: string, kpp?: string) => opened.directory.find({ inn, kpp });
    const found = (company: KnownCompany) => ({
      outcome: 'found',
      company: { ...company, source: opened.directory.name, checkedAt: expect.any(Date) as Date },
    });

    test.each([
      ['the head office by ИНН and КПП', HEAD],
      ['a branch by ИНН and КПП', BRANCH],
      ['a КПП with letters', LETTERS],
      ...ENDED.map((company): [string, KnownCompany] => [`one that is ${company.status}`, company]),
    ])('finds %s', async (_what, company) => {
      expect(await find(company.inn, company.kpp ?? undefined)).toEqual(found(company));
    });

    test('finds a sole proprietor by ИНН, and pays no heed to a КПП', async () => {
      expect(await find(PERSON.inn)).toEqual(found(PERSON));
      expect(await find(PERSON.inn, '780101001')).toEqual(found(PERSON));
    });

    test('gives the head office where no КПП is named', async () => {
      expect(await find(HEAD.inn)).toEqual(found(HEAD));
    });

    test.each([
      ['an unknown company', '7728168971', '773601001'],
      ['an unknown person', '770000000156', undefined],
      ['a known company under another КПП', HEAD.inn, '780102001'],
      ['a КПП of another company', HEAD.inn, '990101001'],
    ])('does not know %s', async (_what, inn, kpp) => {
      expect(await find(inn, kpp)).toEqual({ outcome: 'absent' });
    });

    test('answers many at once, each with its own', async () => {
      const lookups = await Promise.all(
        Array.from({ length: 60 }, (_, n) => (n % 2 ? find(HEAD.inn, BRANCH.kpp ?? '') : find(PERSON.inn))),
      );
      lookups.forEach((lookup, n) => expect(lookup).toEqual(found(n % 2 ? BRANCH : PERSON)));
    });
  });
}
