/** Companies, contracts, consents and messages in Chromium: at 360 px, in both languages, and without JavaScript. */
import type { Page } from 'playwright-core';
import { addMember } from '../../src/companies/memberships/change-membership';
import { setCompanyEmail } from '../../src/companies/memberships/own/company-email';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { authorizationRequest } from '../support/relying-party';
import { fillSignIn } from '../support/sign-in-page';

const UNITS = [
  { unit: { inn: '7800999994', kpp: '780001001' }, name: 'ООО "Роза"' },
  {
    unit: { inn: '7800999994', kpp: '780002002' },
    name: 'Перегрузочноконтейнернотерминальное объединение "Лилия"',
  },
];

let browser: TestBrowser;
let product: TestProduct;
beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres');
});
afterAll(async () => {
  await browser.close();
  await product.close();
});
afterEach(() => browser.endVisits());

async function personOfTwo() {
  const person = await addPerson(product.app);
  const tools = { ...product.app, issuer: product.issuer };
  const numbers: number[] = [];
  for (const { unit, name } of UNITS) {
    const naming = { name, nameSource: 'operator' as const, ogrn: null };
    const given = { accountId: person.id, unit, naming, role: 'member' as const, canAct: false };
    numbers.push((await addMember(tools, given, 'system'))?.number ?? 0);
  }
  await setCompanyEmail(
    tools,
    { unit: UNITS[0]?.unit ?? { inn: '', kpp: null }, email: 'office@example.com' },
    'system',
  );
  return { person, numbers };
}

async function inspect(page: Page, language: string): Promise<void> {
  expect(await page.getAttribute('html', 'lang')).toBe(language);
  await expectNoSideScroll(page, 360);
  await expectAccessible(page, 'all');
}

describe.each(['ru', 'en'] as const)('in %s at 360 px', (language) => {
  it('the pages are accessible', async () => {
    const { person, numbers } = await personOfTwo();
    const { page } = await browser.visit({
      locale: language === 'ru' ? 'ru-RU' : 'en-GB',
      viewport: { width: 360, height: 740 },
    });
    await page.goto(`${product.issuer}/account/companies`);
    await fillSignIn(page, person);
    await page.waitForURL('**/account/companies');
    await inspect(page, language);
    const [first, second] = numbers;
    for (const path of [
      'companies/add',
      `companies/${first}/remove`,
      `companies/${second}/remove`,
      'contracts',
      'consents',
      'notifications',
      'messages',
    ]) {
      await page.goto(`${product.issuer}/account/${path}`);
      await inspect(page, language);
    }
    await page.goto(`${product.issuer}/account/companies/${first}/remove`);
    await page.locator('#remove button').click();
    await page.waitForURL('**/leave/*');
    await inspect(page, language);
    await page.locator('#code-form button.primary').click();
    await inspect(page, language);
    const client = await addClient(product.app);
    await page.goto(product.issuer + authorizationRequest(client).path);
    await inspect(page, language);
    await page.locator('#company-form button.primary').click();
    await inspect(page, language);
  });
});

it('without JavaScript a company is chosen, and messages are switched off', async () => {
  const { person } = await personOfTwo();
  const { page } = await browser.visit({ locale: 'ru-RU', javaScriptEnabled: false });
  await page.goto(`${product.issuer}/account/notifications`);
  await fillSignIn(page, person);
  await page.getByLabel('Договоры').uncheck();
  await page.getByRole('button', { name: 'Сохранить' }).click();
  expect(await page.getByRole('status').textContent()).toBe('Сохранено.');
  expect(await page.getByLabel('Договоры').isChecked()).toBe(false);
  const client = await addClient(product.app, {
    redirect_uris: [`${product.issuer}/`],
  });
  await page.goto(product.issuer + authorizationRequest(client).path);
  await page.getByLabel('ООО "Роза"').check();
  await page.getByRole('button', { name: 'Продолжить' }).click();
  await page.waitForURL(/[?&]code=/);
  expect(new URL(page.url()).searchParams.get('code')).toBeTruthy();
});
