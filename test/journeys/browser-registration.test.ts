/** A registration in Chromium from the cabinet's sign-in to its approval, with and without JavaScript, each page at AA. */
import type { Page } from 'playwright-core';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { approveMembership } from '../../src/companies/memberships/decide-membership';
import { findAccountByIdentifier } from '../../src/accounts/store';
import { listMemberships } from '../../src/companies/memberships/store';
import { dataOf, mailedLink, messagesTo, NEW_PASSWORD, newRegistrant, ROOMY } from '../registration/wizard';
import { startProduct, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet, type TestCabinet } from '../support/cabinet';
import { fillSignIn } from '../support/sign-in-page';

let browser: TestBrowser;
let product: TestProduct;
let cabinet: TestCabinet;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres', { env: ROOMY });
  cabinet = await openCabinet(product, 'Личный кабинет');
});
afterAll(async () => {
  await browser.close();
  await cabinet.stop();
  await product.close();
});
afterEach(() => browser.endVisits());

async function inspect(page: Page): Promise<void> {
  await expectAccessible(page);
  for (const width of [360, 1280]) await expectNoSideScroll(page, width);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'look');
  await page.emulateMedia({ colorScheme: 'light' });
}

it.each([true, false])('from the cabinet to the cabinet, with JavaScript %s', async (javaScriptEnabled) => {
  const { app, issuer } = product;
  const person = newRegistrant();
  // What inspects the pages is a script itself.
  const look = (page: Page) => (javaScriptEnabled ? inspect(page) : Promise.resolve());
  const { page, context } = await browser.visit({ javaScriptEnabled });
  await page.goto(`${cabinet.url}/sign-in`);
  await page.click('a[href$="/register"]');
  const { terms, personal_data: personal, captcha, ...texts } = dataOf(person);
  expect([terms, personal, captcha]).toEqual(['yes', 'yes', FIXED_ANSWER]);
  await page.click('main button.primary');
  await look(page);
  const named = Object.entries(texts).filter(([name]) => name !== 'company_name');
  for (const [name, text] of named) await page.fill(`#${name}`, text);
  await page.check('#terms');
  await page.check('#personal_data');
  await page.fill('#captcha', FIXED_ANSWER);
  await page.click('main button.primary');
  expect(await page.textContent('main')).toContain('Мы не нашли компанию в базе по связке ИНН-КПП');
  await look(page);
  await page.fill('#company_name', texts.company_name ?? '');
  // It was solved a moment ago.
  expect(await page.locator('#captcha').count()).toBe(0);
  await page.click('main button.primary');

  expect(await page.textContent('h1')).toBe('2 / 3 Создание пароля');
  await look(page);
  const [sms] = await messagesTo(app, person.phone);
  await page.fill('#code', sms?.channel === 'sms' ? sms.values.code : '');
  await page.fill('#password', NEW_PASSWORD);
  await page.fill('#password_repeated', NEW_PASSWORD);
  await page.click('main button.primary');
  expect(await page.textContent('h1')).toBe('3 / 3 Подтверждение доступа');
  await look(page);

  const mail = await context.newPage();
  await mail.goto(issuer + (await mailedLink(app, issuer, person.email)));
  await look(mail);
  await mail.click('main button.primary');
  expect(await mail.textContent('h1')).toBe('Почта подтверждена');
  await mail.close();

  await page.click('main button.primary');
  expect(await page.textContent('h1')).toBe('Регистрация завершена');
  await look(page);
  await page.click('main a.primary');
  await fillSignIn(page, { email: person.email, password: NEW_PASSWORD });
  expect(await page.textContent('h1')).toBe('Заявка на рассмотрении');
  await look(page);
  await page.click('main button.primary');
  expect(page.url()).toContain(cabinet.url);

  const accountId = (await findAccountByIdentifier(app.db, person.email))?.id;
  const [application] = await listMemberships(app.db, { accountId, limit: 1 });
  const seen = { number: application?.number ?? 0, version: application?.version ?? 0 };
  const tools = { ...app, issuer };
  const decider = { kind: 'operator', actor: 'operator:test' } as const;
  await approveMembership(tools, { ...seen, role: 'member', canAct: true }, decider);
  await page.goto(`${cabinet.url}/sign-in`);
  expect(await page.textContent('body')).toContain('"status":"approved","role":"member","can_act":true');
});

it('is left by «Отмена», back in the cabinet', async () => {
  const { page } = await browser.visit();
  await page.goto(`${cabinet.url}/sign-in`);
  await page.click('a[href$="/register"]');
  await page.click('button[formaction$="/register/cancel"]');
  await page.waitForURL(`${cabinet.url}/**`);
  expect(page.url()).toContain(cabinet.url);
});
