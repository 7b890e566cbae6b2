/** The device pages, the consent for an API and the choice of an account in Chromium: both languages, 360 px, WCAG 2.2 AA. */
import { DEVICE_GRANT } from '../../src/clients/protocol';
import { detailsDefinition } from '../../src/clients/authorization-types/authorization-type';
import { insertAuthorizationType } from '../../src/clients/authorization-types/store';
import { insertResource } from '../../src/clients/resource-store';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestClient, type TestProduct } from '../support/app';
import { expectAccessible, expectNoSideScroll, launchBrowser, type TestBrowser } from '../support/browser';
import { authorizationRequest } from '../support/relying-party';
import { fillSignIn } from '../support/sign-in-page';
import { SHIPMENT } from './shipment';

const API = 'https://api.example.com/stock';

let browser: TestBrowser;
let product: TestProduct;
let client: TestClient;

beforeAll(async () => {
  browser = await launchBrowser();
  product = await startProduct('embedded');
  client = await addClient(product.app, {
    ...{ client_name: 'Терминал склада', token_endpoint_auth_method: 'none' as const },
    ...{ grant_types: ['authorization_code', DEVICE_GRANT], resources: [API] },
    authorization_details_types: [SHIPMENT.type],
  });
  await insertResource(
    product.app.db,
    {
      ...{ uri: API, name: 'Склад «Северный»', scope: 'stock:read' },
      ...{ tokenFormat: 'jwt', alg: 'ES256' },
    },
    product.app.clock.now(),
  );
  const definition = detailsDefinition.parse(SHIPMENT);
  await insertAuthorizationType(product.app.db, { resourceUri: API, definition, createdAt: new Date() });
  await product.app.holder.refresh();
});
afterAll(async () => {
  await browser.close();
  await product.close();
});
afterEach(() => browser.endVisits());

describe.each(['ru', 'en'] as const)('the device pages in %s', (language) => {
  const texts = {
    ru: { done: 'Устройство подключено', cancelled: 'вы отказались' },
    en: { done: 'The device is connected', cancelled: 'you said no' },
  }[language];

  const begin = async () => {
    const form = { client_id: client.id, scope: 'openid email' };
    const { body } = await createAgent(product.issuer).post('/device/auth', form);
    return JSON.parse(body) as { user_code: string; verification_uri_complete: string };
  };
  const visit = async () => (await browser.visit({ locale: language === 'ru' ? 'ru-RU' : 'en-GB' })).page;

  it('lead from the code to the connected device, and take a no', async () => {
    const person = await addPerson(product.app);
    const page = await visit();
    const inspect = async (): Promise<void> => {
      expect(await page.getAttribute('html', 'lang')).toBe(language);
      await expectNoSideScroll(page, 360);
      await expectAccessible(page, 'all');
    };
    await page.goto(`${product.issuer}/device`);
    await inspect();
    await page.fill('#user_code', 'bbbb bbbb');
    await page.click('main button.primary');
    await inspect();

    const { user_code: code } = await begin();
    await page.fill('#user_code', code);
    await page.click('main button.primary');
    await inspect();
    await page.click('main button.primary');
    await fillSignIn(page, person);
    expect(await page.textContent('h1')).toBe(texts.done);
    await inspect();

    await page.goto((await begin()).verification_uri_complete);
    await page.click('main button.primary');
    await page.click('main button.secondary');
    expect(await page.textContent('main')).toContain(texts.cancelled);
    await inspect();
  });

  it('and consent names the API', async () => {
    const person = await addPerson(product.app);
    const page = await visit();
    const detail = { type: SHIPMENT.type, actions: ['ship', 'look'], warehouse: 'Ангар 7', amount: 100_000 };
    const details = { authorization_details: JSON.stringify([detail]) };
    const change = { prompt: 'consent', resource: API, scope: 'openid stock:read', ...details };
    await page.goto(product.issuer + authorizationRequest(client, change).path);
    await fillSignIn(page, person);
    for (const words of ['Склад «Северный»', SHIPMENT.text[language], 'Ангар 7'])
      expect(await page.textContent('main')).toContain(words);
    await expectNoSideScroll(page, 360);
    await expectAccessible(page, 'all');
  });

  it('and the choice of an account names who is signed in', async () => {
    const person = await addPerson(product.app);
    const page = await visit();
    await page.goto(`${product.issuer}/account`);
    await fillSignIn(page, person);
    await page.goto(product.issuer + authorizationRequest(client, { prompt: 'select_account' }).path);
    expect(await page.textContent('main')).toContain('Вымышленный Иван');
    await expectNoSideScroll(page, 360);
    await expectAccessible(page, 'all');
  });
});
