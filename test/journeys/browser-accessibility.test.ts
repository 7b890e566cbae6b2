/** Every page in both languages, narrow and wide, light and dark: WCAG 2.2 AA, no policy report, nothing sticks out. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { blockAccount } from '../../src/accounts/change-account';
import { createAccount } from '../../src/accounts/create-account';
import { parseEmail } from '../../src/accounts/email-address';
import { textHash } from '../../src/consents/document';
import { readShipped } from '../../src/consents/documents';
import { giveConsents } from '../../src/consents/give';
import { insertDocument } from '../../src/consents/store';
import { addDevelopmentRoutes } from '../../src/development/routes';
import { addPerson, startProduct, type TestClient, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet, type TestCabinet } from '../support/cabinet';
import { authorizationRequest } from '../support/relying-party';
import { fillSignIn } from '../support/sign-in-page';

const LONG_NAME = 'Личный кабинет клиента Перегрузочноконтейнернотерминального объединения «Северо-Запад»';
const LONG_EMAIL = 'aleksandra.konstantinopolskaya-preobrazhenskaya@transport-and-logistics.example.com';

let browser: TestBrowser;
let product: TestProduct;
let cabinet: TestCabinet;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres', {
    extraRoutes: addDevelopmentRoutes,
    env: {
      HELP_URL: 'https://help.example.com/',
      SUPPORT_PHONE: '+7 812 000-00-00',
      SIGN_IN_LIMIT_ACCOUNT: '2',
    },
  });
  cabinet = await openCabinet(product, LONG_NAME);
});
afterAll(async () => {
  await browser.close();
  await cabinet.stop();
  await product.close();
});
afterEach(() => browser.endVisits());

/** Between them the two languages see every mix of width and scheme. */
const LOOKS = {
  ru: [
    { width: 1280, colorScheme: 'light' },
    { width: 360, colorScheme: 'dark' },
  ],
  en: [
    { width: 1280, colorScheme: 'dark' },
    { width: 360, colorScheme: 'light' },
  ],
} as const;

describe.each(['ru', 'en'] as const)('the pages in %s', (language) => {
  const visit = async (options?: BrowserContextOptions) =>
    (await browser.visit({ locale: language === 'ru' ? 'ru-RU' : 'en-GB', ...options })).page;

  const inspect = async (page: Page): Promise<void> => {
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    for (const [index, { width, colorScheme }] of LOOKS[language].entries()) {
      await page.emulateMedia({ colorScheme });
      await expectNoSideScroll(page, width);
      await expectAccessible(page, index === 0 ? 'all' : 'look');
    }
    await expectNoSideScroll(page, 320);
  };

  const open = async (page: Page, path: string): Promise<void> => {
    await page.goto(product.issuer + path);
    await inspect(page);
  };

  const ask = (client: TestClient, change: Record<string, string> = {}): string =>
    product.issuer + authorizationRequest(client, change).path;

  it('of signing in and of a limit', async () => {
    const page = await visit();
    await page.goto(`${cabinet.url}/sign-in`);
    await inspect(page);
    const address = new URL(page.url()).pathname;
    await page.click('main button.primary');
    expect(await page.locator('.problems a').count()).toBe(3);
    await inspect(page);
    for (let attempt = 0; attempt < 3; attempt += 1)
      await fillSignIn(page, { email: LONG_EMAIL, password: '?' });
    await inspect(page);
    await open(page, `${address}/register`);
    await open(page, `${address}/recovery`);
  });

  it('of a block', async () => {
    const page = await visit();
    const blocked = await addPerson(product.app);
    const tools = { ...product.app, issuer: product.issuer };
    await blockAccount(tools, blocked.id, 'Оплата просрочена. '.repeat(8), 'system');
    await page.goto(`${cabinet.url}/sign-in`);
    await fillSignIn(page, blocked);
    await inspect(page);
  });

  it('of consent: allowed and refused', async () => {
    const person = await addPerson(product.app);
    const page = await visit();
    await page.goto(
      ask(cabinet.client, { prompt: 'consent', scope: 'openid profile email phone companies' }),
    );
    await fillSignIn(page, person);
    await inspect(page);
    await page.click('button[value=deny]');
    expect(new URL(page.url()).origin).toBe(cabinet.url);
    const sent = page.waitForRequest((request) => request.url().startsWith(`${cabinet.url}/callback?code=`));
    await page.goto(ask(cabinet.client, { prompt: 'consent' }));
    await page.click('button[value=allow]');
    expect((await sent).url()).toContain('code=');
  });

  it('of documents that have changed', async () => {
    const { db, clock, viewsDir } = product.app;
    const person = await addPerson(product.app);
    const facts = { form: 'registration', way: 'box', address: '', userAgent: '' } as const;
    const at = clock.now();
    for (const { name, text, required } of readShipped(viewsDir).slice(0, 2)) {
      const older = (words: string) => `${words.replace(/\n[^\n]*\n$/, '\n')}9. ${LONG_NAME}\n`;
      const texts = { textRu: older(text.ru), textEn: older(text.en), textHash: textHash(older(text.ru)) };
      const version = `older-${language}`;
      await insertDocument(db, { name, version, required, ...texts, shipped: true, publishedBy: '' }, at);
      const consents = [{ document: name, version, textHash: texts.textHash }];
      await db
        .transaction()
        .execute((trx) => giveConsents(trx, { accountId: person.id, consents, facts, at }));
    }
    const page = await visit();
    await page.goto(ask(cabinet.client));
    await fillSignIn(page, person);
    expect(await page.locator('.difference li').count()).toBeGreaterThan(2);
    await inspect(page);
    await page.click('main button.primary');
    expect(await page.locator('.problems a').count()).toBe(2);
    await inspect(page);
    const address = page.url().replace(/\/documents$/, '');
    await open(page, '/documents/terms');
    await page.goto(address);
    for (const name of ['terms', 'personal_data']) await page.check(`#${name}`);
    const sent = page.waitForRequest((request) => request.url().startsWith(`${cabinet.url}/callback?code=`));
    await page.click('main button.primary');
    expect((await sent).url()).toContain('code=');
  });

  it('of signing out', async () => {
    const person = await addPerson(product.app);
    const page = await visit();
    await page.goto(`${cabinet.url}/sign-in`);
    await fillSignIn(page, person);
    await page.waitForURL(`${cabinet.url}/`);
    await page.click('form[action="/sign-out-everywhere"] button');
    await inspect(page);
    await open(page, '/session/end');
    await page.click('button[name=logout]');
    await inspect(page);
  });

  it('of setting a password', async () => {
    const email = parseEmail(`${language}.${LONG_EMAIL}`);
    if (!email) throw new Error('no address');
    const name = { familyName: 'Константинопольская', givenName: 'Александра', middleName: null };
    await createAccount(
      { ...product.app, issuer: product.issuer },
      { ...name, email, locale: 'ru' },
      'system',
    );
    const outbox = await fetch(`${product.issuer}/dev/outbox.json`);
    const [mail] = (await outbox.json()) as { links: string[] }[];
    const page = await visit();
    await open(page, '/dev/outbox');
    await page.goto(mail?.links[0] ?? '');
    await inspect(page);
    await page.click('main button.primary');
    await inspect(page);
    for (const field of ['#password', '#password_repeated']) await page.fill(field, 'семь вагонов угля');
    await page.click('main button.primary');
    await page.waitForURL('**/done');
    await inspect(page);
    await page.goto(mail?.links[0] ?? '');
    await inspect(page);
  });

  it('of dead ends and the start page', async () => {
    const page = await visit();
    await open(page, '/');
    await open(page, '/no-such-page');
    await open(page, '/interaction/wJ1yEeZ9nFzgqpRmQpW2l');
    await open(page, `/auth?client_id=${cabinet.client.id}`);
    await page.goto(`${cabinet.url}/sign-in`);
    await page.context().clearCookies({ name: 'browser' });
    await page.click('main button.primary');
    await inspect(page);
  });

  it('keeps its borders and its focus in the high-contrast colours of Windows', async () => {
    const page = await visit({ forcedColors: 'active' });
    await page.goto(`${cabinet.url}/sign-in`);
    for (const selector of ['#identifier', 'main button.primary']) {
      await page.focus(selector);
      const style = (property: string) =>
        page.evaluate(`getComputedStyle(document.activeElement).${property}`);
      expect(await style('borderTopStyle')).toBe('solid');
      expect(await style('outlineStyle')).toBe('solid');
    }
    await expectAccessible(page);
  });
});
