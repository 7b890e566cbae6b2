/** Wherever a person gets stuck, the page says what happened and leads on. */
import type { Page } from 'playwright-core';
import { addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet, type TestCabinet } from '../support/cabinet';
import { fillSignIn } from '../support/sign-in-page';

const EXPIRED = 'Этот вход уже завершён или устарел';

let browser: TestBrowser;
let product: TestProduct;
let cabinet: TestCabinet;
let person: TestPerson;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres', { env: { SIGN_IN_LIMIT_ACCOUNT: '3' } });
  person = await addPerson(product.app);
  cabinet = await openCabinet(product);
});
afterAll(async () => {
  await browser.close();
  await cabinet.stop();
  await product.close();
});
afterEach(() => browser.endVisits());

/** A browser whose person has the sign-in page open. */
async function atSignIn() {
  const visitor = await browser.visit();
  await visitor.page.goto(`${cabinet.url}/sign-in`);
  return { ...visitor, address: visitor.page.url() };
}

async function expectSignedIn(page: Page): Promise<void> {
  await page.waitForURL(`${cabinet.url}/`);
  expect(await page.textContent('h1')).toContain('Здравствуйте');
}

const heading = (page: Page) => page.textContent('h1');

it('the back button after signing in', async () => {
  const { page, address } = await atSignIn();
  await fillSignIn(page, person);
  await expectSignedIn(page);
  const answer = await page.goBack();
  expect(page.url()).toBe(address);
  expect(answer?.status()).toBe(410);
  expect(await heading(page)).toBe(EXPIRED);
  await page.click('text=Вернуться в личный кабинет');
  await expectSignedIn(page);
});

it('the form of a finished sign-in, sent once more', async () => {
  const { page, context } = await atSignIn();
  const stale = await context.newPage();
  await stale.goto(page.url());
  await fillSignIn(page, person);
  await expectSignedIn(page);
  await fillSignIn(stale, person);
  expect(await heading(stale)).toBe(EXPIRED);
  await stale.click('text=Вернуться в личный кабинет');
  await expectSignedIn(stale);
});

it('a form whose captcha was spent in another window', async () => {
  const { page, context } = await atSignIn();
  const captcha = await page.inputValue('[name=captcha_id]');
  const second = await context.newPage();
  await second.goto(page.url());
  await second.evaluate(`document.querySelector('[name=captcha_id]').value = '${captcha}'`);
  await fillSignIn(second, { ...person, password: 'не тот пароль' });
  await fillSignIn(page, person);
  expect(await page.textContent('#captcha-problem')).toContain('новой картинки');
  await fillSignIn(page, { password: person.password });
  await expectSignedIn(page);
});

it('two tabs that began separately: both finish', async () => {
  const { page, context } = await atSignIn();
  const second = await context.newPage();
  await second.goto(`${cabinet.url}/sign-in`);
  await fillSignIn(page, person);
  await expectSignedIn(page);
  await fillSignIn(second, person);
  await expectSignedIn(second);
});

it('an address of a sign-in that never was', async () => {
  const { page } = await browser.visit();
  await page.goto(`${product.issuer}/interaction/wJ1yEeZ9nFzgqpRmQpW2l`);
  expect(await heading(page)).toBe(EXPIRED);
  // Nobody knows where the person came from: their own account is a way on for everybody.
  await page.click('main a');
  expect(await heading(page)).toBe('Вход в port.one ID');
});

it('the cookies of the form are gone: the same sign-in goes on with a fresh form', async () => {
  const { page, context } = await atSignIn();
  await context.clearCookies({ name: 'browser' });
  await fillSignIn(page, person);
  expect(await heading(page)).toBe('Не получилось проверить форму');
  await page.click('text=Попробовать ещё раз');
  await fillSignIn(page, person);
  await expectSignedIn(page);
});

it('all cookies are gone: the page says to begin anew', async () => {
  const { page, context } = await atSignIn();
  await context.clearCookies();
  await fillSignIn(page, person);
  expect(await heading(page)).toBe(EXPIRED);
  expect(await page.locator('main a').count()).toBeGreaterThan(0);
  await page.goto(`${cabinet.url}/sign-in`);
  await fillSignIn(page, person);
  await expectSignedIn(page);
});

it('recovery leads back to the sign-in it was entered from', async () => {
  const { page, address } = await atSignIn();
  await page.click('text=Восстановить доступ');
  expect(await heading(page)).toBe('Восстановить доступ');
  await page.click('text=Выполнить вход');
  expect(page.url()).toBe(address);
});

it('too many wrong passwords: how long to wait', async () => {
  const victim = await addPerson(product.app);
  const { page } = await atSignIn();
  for (let attempt = 0; attempt < 4; attempt += 1)
    await fillSignIn(page, { email: victim.email, password: 'мимо' });
  expect(await page.textContent('.problems')).toMatch(
    /Слишком много попыток входа подряд. Подождите \d+ мин/,
  );
  expect(await page.inputValue('#identifier')).toBe(victim.email);
});

it('a request of the cabinet that cannot be right', async () => {
  const { page } = await browser.visit();
  await page.goto(`${product.issuer}/auth?client_id=${cabinet.client.id}&response_type=code`);
  expect(await heading(page)).toBe('Кабинет обратился к нам с ошибкой');
  await page.click('text=English');
  expect(await heading(page)).toBe('The cabinet sent a faulty request');
  await page.click('text=Back to your cabinet');
  expect(page.url()).toBe(`${cabinet.url}/`);
});

it('a sign-out page that another tab has taken over', async () => {
  const { page, context } = await atSignIn();
  await fillSignIn(page, person);
  await expectSignedIn(page);
  await page.click('text=Выйти отовсюду');
  const second = await context.newPage();
  await second.goto(`${product.issuer}/session/end`);
  await page.click('button[name=logout]');
  expect(await heading(page)).toBe('Не получилось проверить форму');
  await page.click('text=Попробовать ещё раз');
  await page.click('button[name=logout]');
  expect(await page.textContent('main')).toContain('Вы вышли из всех кабинетов');
});

it('signing out of one cabinet, or not at all', async () => {
  const { page } = await atSignIn();
  await fillSignIn(page, person);
  await expectSignedIn(page);
  await page.goto(`${product.issuer}/session/end`);
  await page.click('text=Не выходить');
  expect(await heading(page)).toBe('Служба входа');
  await page.goto(`${cabinet.url}/sign-in`);
  await expectSignedIn(page);
  await page.click('text=Выйти отовсюду');
  await page.click('text=Выйти только из');
  await page.waitForURL(`${cabinet.url}/**`);
  await page.goto(`${cabinet.url}/sign-in`);
  await expectSignedIn(page);
  await page.goto(`${product.issuer}/session/end?client_id=${cabinet.client.id}`);
  await page.click('text=Выйти только из');
  expect(await page.textContent('main')).toContain('В других кабинетах вход сохранился');
  await page.goto(`${product.issuer}/session/end`);
  await page.click('button[name=logout]');
  expect(await page.textContent('main')).toContain('Вы вышли из всех кабинетов');
});

it('a second tab in which somebody else signs in', async () => {
  const { page, context } = await atSignIn();
  const second = await context.newPage();
  await second.goto(`${cabinet.url}/sign-in`);
  await fillSignIn(page, person);
  await expectSignedIn(page);
  const another = await addPerson(product.app);
  await fillSignIn(second, another);
  await expectSignedIn(second);
  expect(await second.textContent('dl')).toContain(another.email);
});
