/** What the wizard's scripts add in Chromium, in both languages on a phone, and each page of it at AA. */
import type { Page } from 'playwright-core';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { upsertDirectoryRows } from '../../src/companies/store';
import { dataOf, messagesTo, NEW_PASSWORD, newRegistrant, ROOMY } from '../registration/wizard';
import { startProduct, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { movableClock } from '../support/clock';

const clock = movableClock(new Date());
let browser: TestBrowser;
let product: TestProduct;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('embedded', { env: ROOMY, clock });
  const row = {
    kpp: '780001001',
    ogrn: '1267800000005',
    fullName: 'Общество "Записанное"',
    kind: 'legal' as const,
    branch: 'main' as const,
    address: null,
    status: 'active' as const,
  };
  await upsertDirectoryRows(
    product.app.db,
    [{ ...row, inn: '7707083893', name: 'ООО "Записанное"' }],
    clock.now(),
  );
});
afterAll(async () => {
  await browser.close();
  await product.close();
});
afterEach(() => browser.endVisits());

async function inspect(page: Page): Promise<void> {
  await expectNoSideScroll(page, 360);
  await expectAccessible(page);
}

const codeOf = async (to: string): Promise<string> => {
  const [message] = await messagesTo(product.app, to);
  return message && 'code' in message.values ? message.values.code : '';
};

it('shows the company without a reload, and asks for КПП and name only where they are needed', async () => {
  const { page } = await browser.visit();
  await page.goto(`${product.issuer}/register`);
  await page.fill('#inn', '7707 083 893');
  await page.fill('#kpp', '780001001');
  const says = page.locator('[data-company]');
  await says.getByText('ООО "Записанное"').waitFor();
  expect(await page.locator('#company_name').isVisible()).toBe(false);
  await inspect(page);

  await page.fill('#inn', '780099999967');
  expect(await page.locator('#kpp').isVisible()).toBe(false);
  await says.getByText('Мы не нашли компанию в базе по связке ИНН-КПП').waitFor();
  await page.getByLabel('Введите наименование вашей компании').waitFor();
  await inspect(page);
  await page.fill('#inn', '7707083893');
  await says.getByText('ООО "Записанное"').waitFor();
  expect([await page.locator('#kpp').isVisible(), await page.locator('#company_name').isVisible()]).toEqual([
    true,
    false,
  ]);
  await page.check('#no_middle_name');
  expect(await page.locator('#middle_name').isEnabled()).toBe(false);
});

it.each(['ru', 'en'])('judges the password, counts down, keeps what is typed: %s', async (locale) => {
  const words =
    {
      ru: [
        'Слабый пароль',
        'Хороший пароль',
        /^Отправить код ещё раз через [01]:\d\d$/,
        'Отправить код ещё раз',
      ],
      en: ['Weak password', 'Good password', /^Send the code again in [01]:\d\d$/, 'Send the code again'],
    }[locale] ?? [];
  const [weak, good, later, now] = words as [string, string, RegExp, string];
  const person = newRegistrant();
  const { page } = await browser.visit();
  await page.clock.install();
  await page.goto(`${product.issuer}/register?lang=${locale}`);
  await page.click('main button.primary');
  await inspect(page);
  const { terms, personal_data: personal, captcha, company_name: name, ...texts } = dataOf(person);
  expect([terms, personal, captcha, name].every(Boolean)).toBe(true);
  for (const [field, text] of Object.entries({ ...texts, inn: '7707083893' }))
    await page.fill(`#${field}`, text);
  await page.fill('#captcha', FIXED_ANSWER);
  await page.check('#terms');
  await page.check('#personal_data');
  await page.click('main button.primary');

  await page.waitForSelector('#code');
  const meter = page.locator('.strength p');
  for (const [typed, said] of [
    ['марина1985', weak],
    ['vfhbyf1985', weak],
    ['Вымышленная1', weak],
    [NEW_PASSWORD, good],
  ] as const) {
    await page.fill('#password', typed);
    await page.clock.runFor(200);
    await expect(meter.textContent()).resolves.toBe(said);
  }
  await inspect(page);

  const button = page.locator('[data-resend] button');
  expect(await button.textContent()).toMatch(later);
  await button.click({ force: true });
  expect(await messagesTo(product.app, person.phone)).toHaveLength(1);
  clock.advance(60);
  await page.clock.runFor(60_000);
  expect(await button.textContent()).toBe(now);
  await button.click();
  await page.locator('[data-resend] [role=status]:not(:empty)').waitFor();
  expect(await messagesTo(product.app, person.phone)).toHaveLength(2);
  expect(await button.textContent()).toMatch(later);
  expect(await page.inputValue('#password')).toBe(NEW_PASSWORD);
  await inspect(page);

  await page.fill('#code', await codeOf(person.phone));
  await page.fill('#password_repeated', NEW_PASSWORD);
  await page.click('main button.primary');
  await page.waitForSelector('#email_code');
  await inspect(page);
  await page.fill('#email_code', await codeOf(person.email));
  await page.press('#email_code', 'Enter');
  await page.locator('main [role=status] strong').waitFor();
  await page.click('main button.primary');
  await page.waitForURL('**/register/done');
  await inspect(page);
});
