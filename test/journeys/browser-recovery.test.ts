/** T6–T13 in Chromium: in by each name, and back in by SMS, by mail and with a landline, at 360 px. */
import type { Page } from 'playwright-core';
import { changeNames } from '../../src/accounts/change-account';
import { parseLoginName } from '../../src/accounts/login-name';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { updateClient } from '../../src/clients/store';
import { addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet, type TestCabinet } from '../support/cabinet';
import { addPhone, codeSentTo, messagesTo } from '../support/recovery';

const PASSWORD = 'семь вагонов угля 7';
const PHONE = { viewport: { width: 360, height: 780 } };

let browser: TestBrowser;
let product: TestProduct;
let cabinet: TestCabinet;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres');
  cabinet = await openCabinet(product);
  const { db, clock } = product.app;
  const client = await db
    .selectFrom('clients')
    .selectAll()
    .where('id', '=', cabinet.client.id)
    .executeTakeFirstOrThrow();
  const metadata = {
    ...client.metadata,
    sign_in_names: ['phone', 'login', 'email'],
    legacy_uri: 'https://old.cabinet.example/',
  };
  await updateClient(db, client.id, { metadata }, clock.now());
});
afterAll(async () => {
  await browser.close();
  await cabinet.stop();
  await product.close();
});
afterEach(() => browser.endVisits());

async function newPerson(phone: string, login: string): Promise<TestPerson> {
  const person = await addPerson(product.app);
  await addPhone(product, person, phone);
  const name = parseLoginName(login);
  if (name)
    await changeNames({ ...product.app, issuer: product.issuer }, person.id, { login: name }, 'system');
  return person;
}

/** Accessible, and nothing sticks out, in both languages; the page stays as it was. */
async function inspect(page: Page): Promise<void> {
  await expectAccessible(page);
  await expectNoSideScroll(page, 360);
  await page.click('.languages :text("English")');
  expect(await page.getAttribute('html', 'lang')).toBe('en');
  await expectAccessible(page);
  await expectNoSideScroll(page, 360);
  await page.click('.languages :text("Русский")');
}

async function submit(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
  await page.click('main button.primary');
}

const greeting = (page: Page): Promise<void> => page.waitForURL(`${cabinet.url}/`);

it('signs in by phone, by login and by e-mail, with one tab each', async () => {
  const person = await newPerson('+79094440001', 'Склад.Север');
  const ways: [tab: string, field: string, name: string][] = [
    ['По номеру телефона', 'phone', '909 444-00-01'],
    ['По логину', 'identifier', 'склад.север'],
    ['По логину', 'identifier', person.email],
  ];
  for (const [tab, field, name] of ways) {
    const { page } = await browser.visit(PHONE);
    await page.goto(`${cabinet.url}/sign-in`);
    await page.click(`.tabs :text("${tab}")`);
    if (name !== person.email) await inspect(page);
    await submit(page, { [field]: name, password: 'мимо', captcha: FIXED_ANSWER });
    expect(await page.inputValue(`#${field}`)).toBe(name);
    await page.check('#remember');
    await submit(page, { password: person.password, captcha: FIXED_ANSWER });
    await greeting(page);
  }
});

it.each([true, false])(
  'recovers by SMS from the sign-in page and comes back to it, JavaScript %s',
  async (javaScriptEnabled) => {
    const phone = javaScriptEnabled ? '+79094440002' : '+79094440003';
    const person = await newPerson(phone, '');
    const { page } = await browser.visit({ ...PHONE, javaScriptEnabled });
    await page.goto(`${cabinet.url}/sign-in`);
    await page.click('text=Восстановить доступ');
    if (javaScriptEnabled) await inspect(page);
    await submit(page, { phone: '12', captcha: FIXED_ANSWER });
    expect(await page.textContent('#phone-problem')).toContain('Такого номера не бывает');
    if (javaScriptEnabled) await inspect(page);
    await submit(page, { phone: `8 ${phone.slice(2)}`, captcha: FIXED_ANSWER });
    await submit(page, { code: '12345' });
    expect(await page.textContent('#code-problem')).toContain('Код не подошёл');
    if (javaScriptEnabled) await inspect(page);
    await submit(page, { code: await codeSentTo(product, phone) });
    if (javaScriptEnabled) await inspect(page);
    await submit(page, { password: PASSWORD, password_repeated: PASSWORD });
    expect(await page.textContent('h1')).toBe('Пароль сохранён');
    if (javaScriptEnabled) await expectAccessible(page);
    await page.click('text=Войти с новым паролем');
    await submit(page, { phone, password: PASSWORD, captcha: FIXED_ANSWER });
    await greeting(page);
    const notices = await messagesTo(product, person.email);
    expect(notices[0]?.subject).toBe('Пароль port.one изменён');
  },
);

it('recovers by the link of the mail, opened in another browser; outside of any sign-in', async () => {
  const person = await newPerson('+79094440004', '');
  const { page } = await browser.visit(PHONE);
  await page.goto(`${product.issuer}/recovery`);
  await page.click('.tabs :text("По почте")');
  await inspect(page);
  await submit(page, { email: person.email, captcha: FIXED_ANSWER });
  await inspect(page);
  const [mail] = await messagesTo(product, person.email);
  const other = await browser.visit(PHONE);
  await other.page.goto(mail?.links[0] ?? '');
  await submit(other.page, { password: PASSWORD, password_repeated: PASSWORD });
  expect(await other.page.textContent('h1')).toBe('Пароль сохранён');
});

it('with a landline the code comes by mail', async () => {
  const person = await newPerson('+78126780044', '');
  const { page } = await browser.visit(PHONE);
  await page.goto(`${product.issuer}/recovery?by=phone`);
  await submit(page, { phone: '8 812 678-00-44', captcha: FIXED_ANSWER });
  expect(await page.textContent('main')).toContain('+7*00-44');
  await inspect(page);
  await submit(page, { code: await codeSentTo(product, person.email) });
  await submit(page, { password: PASSWORD, password_repeated: PASSWORD });
  expect(await page.textContent('h1')).toBe('Пароль сохранён');
});
