/** Attaching a power of attorney in Chromium, at the last step and on the waiting page, each page at AA in both languages. */
import type { Page } from 'playwright-core';
import { findAccountByIdentifier } from '../../src/accounts/store';
import { askForMore, declineMembership } from '../../src/companies/memberships/decide-membership';
import { listMemberships } from '../../src/companies/memberships/store';
import { mchdXml, pdf, signature } from '../attorney/documents';
import {
  mailedLink,
  NEW_PASSWORD,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
} from '../registration/wizard';
import { createAgent, type Agent } from '../support/agent';
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

const OPERATOR = { kind: 'operator' as const, actor: 'operator:test' };
const document = { name: 'Доверенность.pdf', mimeType: 'application/pdf', buffer: pdf() };
const mchd = [
  { name: 'ON_EMCHD_1.xml', mimeType: 'text/xml', buffer: Buffer.from(mchdXml({ inn: '9901000010' })) },
  { name: 'ON_EMCHD_1.xml.sig', mimeType: '', buffer: signature() },
];

async function inspect(page: Page): Promise<void> {
  await expectAccessible(page);
  for (const width of [360, 1280]) await expectNoSideScroll(page, width);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'look');
  await page.emulateMedia({ colorScheme: 'light' });
}

const cookiesOf = (agent: Agent) =>
  [...agent.cookies.values()].map(({ name, value, path }) => ({ name, value, path, domain: 'localhost' }));

it.each([true, false])('is attached at the last step, with JavaScript %s', async (javaScriptEnabled) => {
  const { app, issuer } = product;
  const look = (page: Page) => (javaScriptEnabled ? inspect(page) : Promise.resolve());
  const agent = createAgent(issuer);
  await startWizard(app, issuer, agent).fill(newRegistrant());
  const { page, context } = await browser.visit({ javaScriptEnabled });
  await context.addCookies(cookiesOf(agent));
  await page.goto(`${issuer}/register`);
  await look(page);
  await page.click('text=Прикрепить доверенность');
  await look(page);
  await page.click('main button.primary');
  expect(await page.textContent('#files-problem')).toBe('Выберите файл');
  await look(page);
  await page.setInputFiles('#files', document);
  await page.click('main button.primary');
  expect(await page.textContent('.paper')).toContain('ждёт проверки');
  await look(page);
  // What leads on is the main thing now; another document takes a second look.
  expect(await page.textContent('main .primary')).toBe('Продолжить');
  await page.setInputFiles('#files', mchd);
  await page.click('button:has-text("Заменить")');
  expect(await page.textContent('.paper .problems')).toContain('9901000010');
  await page.click('.languages >> text=English');
  expect(await page.textContent('h1')).toBe('Power of attorney');
  await look(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.paper a')]);
  expect(download.suggestedFilename()).toBe('ON_EMCHD_1.xml');
  await page.click('text=Remove the power of attorney');
  expect(await page.locator('.paper').count()).toBe(0);
  await page.click('text=Go back without one');
  expect(await page.textContent('h1')).toContain('3 / 3');
});

it('the waiting page asks, shows papers, and lets people apply again', async () => {
  const { app, issuer } = product;
  const person = newRegistrant();
  await startWizard(app, issuer, createAgent(issuer)).fill(person);
  await pressLink(createAgent(issuer), issuer, await mailedLink(app, issuer, person.email));
  const accountId = (await findAccountByIdentifier(app.db, person.email))?.id;
  const seen = async () => {
    const [application] = await listMemberships(app.db, { accountId, limit: 1 });
    return { number: application?.number ?? 0, version: application?.version ?? 0 };
  };
  const tools = { ...app, issuer };
  await askForMore(tools, { ...(await seen()), question: 'Кто ваш начальник?' }, OPERATOR);
  const { page } = await browser.visit();
  await page.goto(`${cabinet.url}/sign-in`);
  await fillSignIn(page, { email: person.email, password: NEW_PASSWORD });
  expect(await page.textContent('h1')).toBe('Нужен ваш ответ');
  await inspect(page);
  await page.fill('#answer', 'Пётр Начальников');
  await page.click('text=Ответить');
  expect(await page.textContent('main')).toContain('Пётр Начальников');
  await page.click('text=Прикрепить доверенность');
  await page.setInputFiles('#files', document);
  await page.click('main button.primary');
  await page.click('text=Продолжить');
  expect(await page.textContent('.paper')).toContain('Доверенность.pdf');
  await inspect(page);

  const declining = {
    ...(await seen()),
    reasonCode: 'power_missing' as const,
    comment: 'Нужна подпись директора',
  };
  await declineMembership(tools, declining, OPERATOR);
  await page.reload();
  expect(await page.textContent('main')).toContain('Нужна подпись директора');
  await inspect(page);
  await page.fill('#comment', 'Доверенность будет завтра');
  await page.click('button:has-text("Подать заявку ещё раз")');
  expect(await page.textContent('main')).toContain('Мы не нашли компанию');
  await page.click('.languages >> text=English');
  expect(await page.inputValue('#comment')).toBe('Доверенность будет завтра');
  await inspect(page);
  await page.fill('#company_name', 'ООО "Пример"');
  await page.click('button:has-text("Apply once more")');
  expect(await page.textContent('h1')).toBe('Your application is being looked at');
});
