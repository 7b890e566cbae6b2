/** Every path but the usual one in Chromium at 360 px, in both languages, each page at AA; one without JavaScript. */
import type { Page } from 'playwright-core';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { mailedLink, messagesTo, newRegistrant, ROOMY, type Registrant } from '../registration/wizard';
import { startProduct, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';

const PASSWORD = 'Parom74odin';

let browser: TestBrowser;
let product: TestProduct;

beforeAll(async () => {
  browser = await launchBrowser();
  const env = { ...ROOMY, REGISTRATION_PATHS: 'kit,kit-retail,psk-person,psk-company,agency' };
  product = await startProduct('embedded', { env });
});
afterAll(async () => {
  await browser.close();
  await product.close();
});
afterEach(() => browser.endVisits());

async function openPath(locale: string, name: string, javaScriptEnabled = true) {
  const { page } = await browser.visit({ javaScriptEnabled, locale, viewport: { width: 360, height: 800 } });
  await page.goto(`${product.issuer}/register`);
  const look = async (): Promise<void> => {
    if (!javaScriptEnabled) return;
    await expectAccessible(page);
    await expectNoSideScroll(page, 360);
  };
  const next = async (fields: Record<string, string>, ticks: string[] = []): Promise<void> => {
    await look();
    for (const tick of ticks) await page.check(tick);
    for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
    await page.click('main button.primary');
  };
  await next({}, [`input[value="${name}"]`]);
  return { page, next, look };
}

const TWICE = { password: PASSWORD, password_repeated: PASSWORD };
const NAME = { family_name: 'Вымышленная', given_name: 'Анна' };
const BOXES = ['#terms', '#personal_data'];

async function code({ phone }: Registrant): Promise<string> {
  const [sms] = await messagesTo(product.app, phone);
  return sms?.channel === 'sms' && 'code' in sms.values ? sms.values.code : '';
}

/** The link of the mail, in the same browser, and what its page says. */
async function prove(page: Page, person: Registrant): Promise<string | null> {
  await page.goto(product.issuer + (await mailedLink(product.app, product.issuer, person.email)));
  await page.click('main button.primary');
  return page.textContent('main');
}

it.each([
  ['ru-RU', true],
  ['en-GB', true],
  ['ru-RU', false],
])('kit in %s, with JavaScript %s', async (locale, javaScript) => {
  const person = newRegistrant();
  const { page, next, look } = await openPath(locale, 'kit', javaScript);
  await next({ phone: person.phone, ...TWICE, captcha: FIXED_ANSWER }, BOXES);
  await next({ code: await code(person) });
  expect(await page.isVisible('#kpp')).toBe(false);
  await page.check('input[value="legal"]');
  expect(await page.isVisible('#kpp')).toBe(true);
  await page.check('input[value="person"]');
  await next({ ...NAME, middle_name: 'Ивановна', email: person.email });
  await look();
  expect(await page.textContent('main')).toContain(person.email);
  expect(await prove(page, person)).toMatch(/Учётная запись готова|account is ready/);
});

const COMPANY = { inn: '7800999994', kpp: '780001001', company_name: 'ООО "Пример"' };
const SOLE = { inn: '780099999967', ogrn: '304500116000157', company_name: 'ИП Вымышленная' };

it.each([
  ['ru-RU', 'legal', COMPANY, /Заявка передана на рассмотрение/],
  ['en-GB', 'sole_proprietor', SOLE, /application/],
  ['ru-RU', 'person', {}, /Учётная запись готова/],
])('kit-retail in %s for %s', async (locale, profile, company: Record<string, string>, outcome) => {
  const person = newRegistrant();
  const { page, next } = await openPath(locale, 'kit-retail');
  await next({ phone: person.phone, ...TWICE, captcha: FIXED_ANSWER }, BOXES);
  await next({ code: await code(person) });
  await page.check(`input[value="${profile}"]`);
  const { company_name: name, ...numbers } = company;
  const given = { ...NAME, middle_name: 'Ивановна', email: person.email, ...numbers };
  await next(given);
  // Found in no directory, the company is asked for by its name.
  if (name !== undefined && (await page.isVisible('#company_name'))) await next({ company_name: name });
  expect(await prove(page, person)).toMatch(outcome);
});

it.each(['ru-RU', 'en-GB'])('psk-company in %s', async (locale) => {
  const person = newRegistrant();
  const { page, next } = await openPath(locale, 'psk-company');
  await next({ email: person.email, ...TWICE, captcha: FIXED_ANSWER }, BOXES);
  expect(await prove(page, person)).toMatch(/Учётная запись готова|account is ready/);
});

it.each(['ru-RU', 'en-GB'])('psk-person in %s', async (locale) => {
  const person = newRegistrant();
  const { page, next } = await openPath(locale, 'psk-person');
  await next({ phone: person.phone, ...TWICE, password_repeated: 'Parom', captcha: FIXED_ANSWER }, BOXES);
  await next(TWICE, BOXES);
  await next({ code: await code(person) });
  await next({ ...NAME, email: person.email });
  expect(await prove(page, person)).toMatch(/Учётная запись готова|account is ready/);
});

it.each(['ru-RU', 'en-GB'])('agency in %s', async (locale) => {
  const person = newRegistrant();
  const { page, next } = await openPath(locale, 'agency');
  const data = { ...NAME, middle_name: 'Ивановна', phone: person.phone, email: person.email };
  expect(await page.isVisible('#customer_ogrn')).toBe(false);
  await page.check('input[value="agency"]');
  await next({ ...data, customer_ogrn: '1027700132195', captcha: FIXED_ANSWER }, BOXES);
  await next({ code: await code(person), ...TWICE });
  expect(await page.textContent('dl')).toContain('1027700132195');
  await next({});
  expect(await prove(page, person)).toMatch(/Учётная запись готова|account is ready/);
});
