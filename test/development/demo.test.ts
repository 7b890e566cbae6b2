/** The first start on a laptop: fictional companies, somebody to approve, and nothing of an operator's touched. */
import { readUnit } from '../../src/companies/identifiers';
import { listMemberships } from '../../src/companies/memberships/store';
import { upsertDirectoryRows } from '../../src/companies/store';
import { CONTACT_EMAIL, DEMO_EMAIL, prepareDemo } from '../../src/development/demo';
import { DEMO_COMPANIES, DEMO_COMPANY } from '../../src/development/demo-companies';
import { createAgent } from '../support/agent';
import { startProduct, type TestProduct } from '../support/app';
import { dataOf, newRegistrant, startWizard } from '../registration/wizard';

describe('the demo of a laptop', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('embedded');
  });
  afterAll(() => product.close());

  test("leaves an operator's directory as it is", async () => {
    const { db, clock } = product.app;
    await upsertDirectoryRows(db, [{ ...DEMO_COMPANY, name: 'ООО "Настоящее"' }], clock.now());
    const demo = await prepareDemo(product.app);
    expect(demo.contact).toBe(false);
    expect([...demo.passwords.keys()]).toEqual([DEMO_EMAIL]);
    const names = await db.selectFrom('companyDirectory').select('name').execute();
    expect(names).toEqual([{ name: 'ООО "Настоящее"' }]);
    await db.deleteFrom('companyDirectory').execute();
  });

  test('has companies that the wizard finds and a contact person; a second start adds nothing', async () => {
    const { app, issuer } = product;
    expect([...(await prepareDemo(app)).passwords.keys()]).toEqual([CONTACT_EMAIL]);
    const members = () => listMemberships(app.db, { unit: DEMO_COMPANY, limit: 5 });
    expect(await members()).toMatchObject([
      { role: 'contact', status: 'approved', companyName: DEMO_COMPANY.name },
    ]);
    for (const { inn, kpp } of DEMO_COMPANIES)
      expect(readUnit({ inn, kpp: kpp ?? '' }).problems).toBeUndefined();

    const wizard = startWizard(app, issuer, createAgent(issuer));
    const unnamed = { ...dataOf(newRegistrant()), company_name: '' };
    const page = await wizard.send('data', {
      ...unnamed,
      inn: DEMO_COMPANY.inn,
      kpp: DEMO_COMPANY.kpp ?? '',
    });
    expect(page.body).toContain('2 / 3 Создание пароля');

    const again = await prepareDemo(app);
    expect([again.passwords.size, again.contact, (await members()).length]).toEqual([0, true, 1]);
  });
});
