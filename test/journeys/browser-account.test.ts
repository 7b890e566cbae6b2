/** A person's own pages in Chromium at 360 px, in both languages, each at AA; without JavaScript too. */
import type { Page } from 'playwright-core';
import { createAgent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  TEST_PASSWORD,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { codeSentTo } from '../support/recovery';
import { authorizationRequest, redeemCode, signIn } from '../support/relying-party';
import { fillSignIn } from '../support/sign-in-page';

const NEW_PASSWORD = 'семь вагонов угля 7';

let browser: TestBrowser;
let product: TestProduct;
let person: TestPerson;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('embedded');
});
afterAll(async () => {
  await browser.close();
  await product.close();
});
afterEach(() => browser.endVisits());

async function enter(page: Page, path: string): Promise<void> {
  await page.goto(product.issuer + path);
  await fillSignIn(page, { email: person.email, password: person.password });
  await page.waitForURL(`${product.issuer}${path}`);
}

async function inspect(page: Page): Promise<void> {
  await expectNoSideScroll(page, 360);
  await expectAccessible(page);
}

it.each([
  ['/account', '/account/personal', '/account/name', '/account/email'],
  ['/account/phone', '/account/login', '/account/password', '/account/sessions'],
  ['/account/applications', '/account/log', '/account/data', '/account/close'],
])('read well when narrow, in both languages and in the dark: %s, %s, %s, %s', async (...paths) => {
  person = await addPerson(product.app);
  const client = await addClient(product.app);
  const elsewhere = createAgent(product.issuer);
  const request = authorizationRequest(client);
  const back = await signIn(elsewhere, product.issuer, request, person);
  await redeemCode(elsewhere, client, request, back.searchParams.get('code') ?? '');
  const { page } = await browser.visit();
  await enter(page, '/account');
  for (const path of paths) {
    await page.goto(`${product.issuer}${path}?lang=ru`);
    await inspect(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, 'look');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.click('nav [lang="en"]');
    await inspect(page);
  }
});

it.each([true, false])('change, end, close and undo (JavaScript: %s)', async (javaScriptEnabled) => {
  person = await addPerson(product.app);
  const { page } = await browser.visit({ javaScriptEnabled });
  await enter(page, '/account');
  await page.click('text=Личная информация');
  await page.click('a[href="/account/email"]');
  await page.fill('#email', 'не адрес');
  await page.click('main button.primary');
  await page.waitForSelector('#email-problem');
  if (javaScriptEnabled) await inspect(page);
  const next = `browser-${String(javaScriptEnabled)}@example.com`;
  await page.fill('#email', next);
  await page.click('main button.primary');
  await page.waitForSelector('#code');
  if (javaScriptEnabled) await inspect(page);
  await page.fill('#code', await codeSentTo(product, next));
  await page.click('main button.primary');
  await page.waitForSelector('.notice');
  expect(await page.textContent('main')).toContain(next);

  await page.goto(`${product.issuer}/account/password`);
  await page.fill('#old_password', TEST_PASSWORD);
  await page.fill('#password', NEW_PASSWORD);
  await page.fill('#password_repeated', NEW_PASSWORD);
  expect(await page.isChecked('#others')).toBe(true);
  await page.click('main button.primary');
  await page.waitForSelector('.notice');

  await page.goto(`${product.issuer}/account/close`);
  await page.check('#understood');
  await page.click('main form button.secondary');
  await page.waitForSelector('.notice');
  if (javaScriptEnabled) await inspect(page);
  await page.click('text=Отменить закрытие');
  await page.waitForURL('**/account/close?done=undone');
  expect(await page.textContent('.notice')).toContain('Всё остаётся как было');
});
