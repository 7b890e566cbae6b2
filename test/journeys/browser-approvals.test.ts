/** The contact person's pages in Chromium: narrow and wide, in both languages, each at AA, also without JavaScript. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { attachTo, openOffice, type Office } from '../approvals/office';
import { mchdXml, png, signature, upload } from '../attorney/documents';
import { addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { fillSignIn } from '../support/sign-in-page';

let browser: TestBrowser;
let product: TestProduct;
let folder: string;
let office: Office;
let contact: TestPerson;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'approvals-'));
  browser = await launchBrowser();
  product = await startProduct('embedded', { env: { DATA_DIR: folder } });
  office = openOffice(product, 'ООО "Пример длинного названия грузовой компании"');
  contact = await addPerson(product.app);
  await office.member(contact);
});
afterAll(async () => {
  await browser.close();
  await product.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => browser.endVisits());

async function inspect(page: Page, locales: readonly string[] = ['ru', 'en']): Promise<void> {
  for (const locale of locales) {
    if ((await page.getAttribute('html', 'lang')) !== locale) await page.click(`nav [lang="${locale}"]`);
    await expectAccessible(page);
    for (const width of [360, 1280]) await expectNoSideScroll(page, width);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectAccessible(page, 'look');
    await page.emulateMedia({ colorScheme: 'light' });
  }
  if (locales.at(-1) === 'en') await page.click('nav [lang="ru"]');
}

async function enter(page: Page, path: string): Promise<void> {
  await page.goto(product.issuer + path);
  await fillSignIn(page, { email: contact.email, password: contact.password });
  await page.waitForURL(`${product.issuer}${path}`);
}

it('leads from the list through a decision to the next', async () => {
  const [first, second] = [await office.applicant(), await office.applicant()];
  const xml = mchdXml({ inn: office.unit.inn, validUntil: '2076-11-21' });
  await attachTo(product, first.number, [
    upload('доверенность.xml', xml),
    upload('доверенность.sig', signature()),
  ]);
  await attachTo(product, second.number, [upload('Скан доверенности.png', png())]);
  const { page } = await browser.visit();
  await enter(page, '/approvals');
  await inspect(page);
  await page.click(`a[href="/approvals/${first.number}"]`);
  await inspect(page);
  await page.check('#accept_power');
  await page.check('#contact');
  await page.click('#approve button.primary');
  expect(await page.textContent('[role=status]')).toContain(`Заявка ${first.number} одобрена`);
  await inspect(page);
  await page.goto(`${product.issuer}/approvals/${first.number}`);
  expect(await page.textContent('main')).toContain('Это решили вы.');
  await inspect(page);

  await page.goto(`${product.issuer}/approvals/${second.number}`);
  await page.click('summary:has-text("Отказать")');
  await page.click('#decline button');
  expect(await page.textContent('.problems')).toContain('Выберите причину отказа');
  await inspect(page, ['ru']);
  await page.check('#reason');
  await page.fill('#comment', 'Позвоните в отдел кадров.');
  await page.click('#decline button');
  expect(await page.textContent('[role=status]')).toContain(`Заявка ${second.number} отклонена`);
});

it('shows the people of the company, and changes their access', async () => {
  await office.member(await addPerson(product.app), 'member');
  const { page } = await browser.visit();
  await enter(page, '/approvals/members');
  await inspect(page);
  await page.click('main ul.queue a >> nth=-1');
  await inspect(page);
  await page.click('button.primary');
  expect(await page.textContent('.problems')).toContain('Напишите причину');
  await page.fill('#reason', 'Отпуск до марта.');
  await page.click('button.primary');
  expect(await page.textContent('[role=status]')).toContain('Доступ приостановлен');
});

it('works without JavaScript, and tells what has changed', async () => {
  const { number } = await office.applicant();
  const { page, context } = await browser.visit({ javaScriptEnabled: false });
  await enter(page, `/approvals/${number}`);
  const other = await context.newPage();
  await other.goto(`${product.issuer}/approvals/${number}`);
  await other.click('summary:has-text("Спросить")');
  await other.fill('#question', 'Кто вас направил?');
  await other.click('#ask button');
  expect(await other.textContent('[role=status]')).toContain(`Вопрос по заявке ${number} отправлен`);
  await page.click('#approve button.primary');
  expect(await page.textContent('[role=alert]')).toContain('Заявка изменилась, посмотрите ещё раз');
  await page.click('#approve button.primary');
  expect(await page.textContent('[role=status]')).toContain(`Заявка ${number} одобрена`);
});

it('says to others that there is nothing for them', async () => {
  const stranger = await addPerson(product.app);
  const { page } = await browser.visit();
  await page.goto(`${product.issuer}/approvals`);
  await fillSignIn(page, stranger);
  expect(await page.textContent('h1')).toBe('Заявок для вас нет');
  await inspect(page);
});
