/** A new account: the mailed link, the person's own password, the first sign-in. */
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { addDevelopmentRoutes } from '../../src/development/routes';
import { startProduct, type TestProduct } from '../support/app';
import { launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet, type TestCabinet } from '../support/cabinet';
import { fillSignIn } from '../support/sign-in-page';

const PASSWORD = 'семь вагонов угля';

let browser: TestBrowser;
let product: TestProduct;
let cabinet: TestCabinet;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres', { extraRoutes: addDevelopmentRoutes });
  cabinet = await openCabinet(product);
});
afterAll(async () => {
  await browser.close();
  await cabinet.stop();
  await product.close();
});
afterEach(() => browser.endVisits());

/** An account as an operator makes it, and the link that was mailed for it. */
async function invite(typed: string): Promise<string> {
  const email = parseEmail(typed);
  if (!email) throw new Error(`no address: ${typed}`);
  const { app, issuer } = product;
  const person = { familyName: 'Грузов', givenName: 'Пётр', middleName: null, locale: 'ru' as const, email };
  await createAccount({ ...app, issuer }, person, 'system');
  const outbox = await fetch(`${issuer}/dev/outbox.json`);
  const mails = (await outbox.json()) as { to: string; links: string[] }[];
  const link = mails.find(({ to }) => to === typed)?.links[0];
  if (link === undefined) throw new Error('no link was mailed');
  return link;
}

it('opens without effect, tells what is wrong with a password, keeps a good one, and is spent', async () => {
  const email = 'petr.gruzov@example.com';
  const link = await invite(email);
  const { page } = await browser.visit();
  // Mail scanners and curious people open links.
  await page.goto(link);
  await page.goto(link);
  expect(page.url()).toBe(`${product.issuer}/set-password`);
  expect(await page.textContent('main')).toContain(email);

  const set = async (password: string, repeated: string) => {
    await page.fill('#password', password);
    await page.fill('#password_repeated', repeated);
    await page.click('main button.primary');
  };
  await set('корoтк', 'корoтк');
  expect(await page.textContent('#password-problem')).toContain('не меньше 8 символов');
  expect(await page.evaluate('document.activeElement.className')).toBe('problems');
  await set('password123', 'password123');
  expect(await page.textContent('#password-problem')).toContain('легко угадать');
  await set(PASSWORD, `${PASSWORD}!`);
  expect(await page.textContent('#password_repeated-problem')).toContain('не совпали');
  await page.click('text=English');
  expect(await page.textContent('h1')).toBe('Set your password');
  await page.click('text=Русский');

  await page.click('text=Показать пароль');
  expect(await page.getAttribute('#password_repeated', 'type')).toBe('text');
  await set(PASSWORD, PASSWORD);
  await page.waitForURL('**/set-password/done');
  expect(await page.textContent('h1')).toBe('Пароль сохранён');

  await page.goto(link);
  expect(await page.textContent('h1')).toBe('Ссылка уже использована');
  expect(await page.locator('main a').allTextContents()).toContain('Восстановить доступ');

  await page.goto(`${cabinet.url}/sign-in`);
  await fillSignIn(page, { email, password: PASSWORD });
  await page.waitForURL(`${cabinet.url}/`);
  expect(await page.textContent('h1')).toBe('Здравствуйте, Грузов Пётр');
});

it('works without JavaScript', async () => {
  const link = await invite('without-scripts@example.com');
  const { page } = await browser.visit({ javaScriptEnabled: false });
  await page.goto(link);
  await page.fill('#password', PASSWORD);
  await page.fill('#password_repeated', PASSWORD);
  await page.press('#password_repeated', 'Enter');
  await page.waitForURL('**/done');
  expect(await page.textContent('h1')).toBe('Пароль сохранён');
});

it('says of a link that was cut short what to do', async () => {
  const link = await invite('cut-short@example.com');
  const { page } = await browser.visit();
  await page.goto(link.slice(0, -3));
  expect(await page.textContent('h1')).toBe('Ссылка не действует');
  expect(await page.textContent('main')).toContain('Откройте последнее письмо');
});
