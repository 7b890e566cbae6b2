/** A person's own data, companies, contracts and sessions in Chromium at 360 px: changed, added, taken along, ended. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { addMember } from '../../src/companies/memberships/change-membership';
import { setCompanyEmail } from '../../src/companies/memberships/own/company-email';
import { printedCode } from '../../src/contracts/codes';
import { issueActivationCodes } from '../../src/contracts/issue-codes';
import { addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet } from '../support/cabinet';
import { codeSentTo, messagesTo } from '../support/recovery';
import { fillSignIn } from '../support/sign-in-page';

const PHONE = { viewport: { width: 360, height: 780 } };
const ROSE = { unit: { inn: '7800999994', kpp: '780001001' }, name: 'ООО "Роза"' };
const LILY = { unit: { inn: '7800999994', kpp: '780002002' }, name: 'ООО "Лилия"' };
const naming = (name: string) => ({ name, nameSource: 'operator' as const, ogrn: null });

let browser: TestBrowser;
let product: TestProduct;
beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('postgres', { env: { SMS_LIMIT_ADDRESS: '1000', SMS_LIMIT_PREFIX: '1000' } });
});
afterAll(async () => {
  await browser.close();
  await product.close();
});
afterEach(() => browser.endVisits());
const tools = () => ({ ...product.app, issuer: product.issuer });

async function enter(page: Page, path: string, person: TestPerson): Promise<void> {
  await page.goto(product.issuer + path);
  await fillSignIn(page, person);
  await page.waitForURL(`${product.issuer}${path}`);
}

async function submit(page: Page, path: string, fields: Record<string, string>): Promise<void> {
  await page.goto(product.issuer + path);
  for (const [id, value] of Object.entries(fields)) await page.fill(`#${id}`, value);
  await page.click('main button.primary');
}

it.each([true, false])('name, phone, login and e-mail change (JavaScript: %s)', async (javaScriptEnabled) => {
  const person = await addPerson(product.app);
  const { page } = await browser.visit({ ...PHONE, javaScriptEnabled });
  await enter(page, '/account/personal', person);
  const digits = javaScriptEnabled ? '01' : '02';
  await submit(page, '/account/name', {
    family_name: 'Придуманная',
    given_name: 'Анна',
    middle_name: 'Ильинична',
  });
  expect(await page.textContent('main')).toContain('Придуманная Анна Ильинична');
  await submit(page, '/account/login', { login: `sklad.${digits}` });
  expect(await page.textContent('main')).toContain(`sklad.${digits}`);
  await submit(page, '/account/phone', { phone: `909 555-00-${digits}` });
  await page.fill('#code', await codeSentTo(product, `+790955500${digits}`));
  await page.click('main button.primary');
  await page.waitForSelector('.notice');
  expect(await page.textContent('main')).toContain(`909 555-00-${digits}`);
  const next = `own-data-${digits}@example.com`;
  await submit(page, '/account/email', { email: next });
  await page.fill('#code', await codeSentTo(product, next));
  await page.click('main button.primary');
  await page.waitForSelector('.notice');
  const [notice] = await messagesTo(product, person.email);
  expect(notice?.template).toBe('email_changed_by_owner');
});

it('a company by mail code and one by activation code, a contract for one account only', async () => {
  const colleague = await addPerson(product.app);
  const given = { unit: LILY.unit, naming: naming(LILY.name), role: 'member' as const, canAct: true };
  await addMember(tools(), { accountId: colleague.id, ...given }, 'system');
  await setCompanyEmail(tools(), { unit: LILY.unit, email: 'lily@example.com' }, 'system');
  const request = { role: 'member', canAct: true, ttlSeconds: 3600, count: 1 } as const;
  const forRose = { ...request, maxUses: 1, company: { unit: ROSE.unit, naming: naming(ROSE.name) } };
  const forContract = { ...request, maxUses: 2, contract: '78000000000048' };
  const codes: string[] = [];
  for (const asked of [forRose, forContract]) {
    const issued = await issueActivationCodes(tools(), asked, 'system');
    codes.push(printedCode(Array.isArray(issued) ? (issued[0]?.code ?? '') : ''));
  }
  const [roseCode = '', contractCode = ''] = codes;
  const person = await addPerson(product.app);
  const { page } = await browser.visit(PHONE);
  await enter(page, '/account/companies', person);
  await submit(page, '/account/companies/add', { inn: LILY.unit.inn, kpp: LILY.unit.kpp });
  await page.click('#code button');
  await page.fill('main input[name="code"]', await codeSentTo(product, 'lily@example.com'));
  await page.click('main button.primary');
  await page.waitForSelector('.notice');
  await page.goto(`${product.issuer}/account/companies/add`);
  await page.fill('#activation_code', roseCode);
  await page.click('button[value="activation"]');
  await page.waitForSelector('.notice');
  const list = await page.textContent('main');
  expect([list?.includes('Лилия'), list?.includes('Роза')]).toEqual([true, true]);
  const contract = { number: '78000000000048', activation_code: contractCode };
  await submit(page, '/account/contracts', contract);
  await page.waitForSelector('.notice');
  const other = await browser.visit(PHONE);
  await enter(other.page, '/account/contracts', colleague);
  await submit(other.page, '/account/contracts', contract);
  expect(await other.page.textContent('main')).toContain('в другую учётную запись');
});

it('another browser is out with its next request once its session is ended; the data are taken along', async () => {
  const person = await addPerson(product.app);
  const [here, there] = [await browser.visit(PHONE), await browser.visit(PHONE)];
  await enter(here.page, '/account/sessions', person);
  await enter(there.page, '/account/sessions', person);
  await here.page.reload();
  await here.page.click('button[name="session"]');
  await here.page.waitForSelector('.notice');
  const answer = await there.context.request.get(`${product.issuer}/account/sessions`, { maxRedirects: 0 });
  expect([answer.status(), answer.headers().location?.includes('/auth?')]).toEqual([303, true]);
  await here.page.goto(`${product.issuer}/account/data`);
  const download = here.page.waitForEvent('download');
  await here.page.click('main form button');
  const data = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as Record<string, unknown>;
  expect(data.identifiers).toMatchObject([{ kind: 'email', value: person.email }]);
});

it.each([
  ['ru-RU', 360],
  ['en-GB', 1280],
])(
  'of two companies one is chosen at the sign-in and told in the claims (%s, %i px)',
  async (locale, width) => {
    const person = await addPerson(product.app);
    for (const { unit, name } of [ROSE, LILY]) {
      const given = { unit, naming: naming(name), role: 'member' as const, canAct: true };
      await addMember(tools(), { accountId: person.id, ...given }, 'system');
    }
    const cabinet = await openCabinet(product);
    const { page } = await browser.visit({ viewport: { width, height: 800 }, locale });
    await page.goto(`${cabinet.url}/sign-in`);
    await fillSignIn(page, person);
    await page.waitForSelector('input[name="company"]');
    await expectAccessible(page);
    await expectNoSideScroll(page, width);
    await page.getByLabel(LILY.name).check();
    await page.click('main button.primary');
    await page.waitForURL(`${cabinet.url}/`);
    const told = await page.textContent('dt:text-is("company") + dd');
    expect(JSON.parse(told ?? '')).toMatchObject({ ...LILY.unit, name: LILY.name });
    await cabinet.stop();
  },
);

it.each([
  ['ru-RU', 360],
  ['en-GB', 1280],
])('advertising is switched on and off again (%s, %i px)', async (locale, width) => {
  const person = await addPerson(product.app);
  const { page } = await browser.visit({ viewport: { width, height: 800 }, locale });
  await enter(page, '/account/consents', person);
  await expectAccessible(page);
  await expectNoSideScroll(page, width);
  for (const action of ['given', 'withdrawn']) {
    await Promise.all([page.waitForEvent('load'), page.click('button[name="advertising"]')]);
    expect(await page.locator('.notice').count()).toBe(1);
    const said = await product.app.db
      .selectFrom('consents')
      .select('action')
      .where('accountId', '=', person.id)
      .where('document', '=', 'marketing')
      .orderBy('number', 'desc')
      .executeTakeFirst();
    expect(said?.action).toBe(action);
  }
});
