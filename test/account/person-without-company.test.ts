/** A физическое лицо stands for nobody but themselves: every page and every claim does without a company. */
import { decodeJwt } from 'jose';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { PAGES } from '../../src/account/pages';
import { enterAt } from '../approvals/office';
import { mailedLink, messagesTo, newRegistrant, pressLink, ROOMY, startWizard } from '../registration/wizard';
import { createAgent, type Agent } from '../support/agent';
import { addClient, startProduct, type TestClient, type TestPerson, type TestProduct } from '../support/app';
import {
  ALL_SCOPES,
  authorizationRequest,
  follow,
  openSignIn,
  redeemCode,
  submitSignIn,
} from '../support/relying-party';

const PASSWORD = 'паром ушёл в 7:40';
const TWICE = { password: PASSWORD, password_repeated: PASSWORD };

let product: TestProduct;
let client: TestClient;
let person: TestPerson;
beforeAll(async () => {
  product = await startProduct('postgres', { env: { ...ROOMY, REGISTRATION_PATHS: 'kit' } });
  client = await addClient(product.app, { sign_in_names: ['phone', 'email'] });
  person = await register();
}, 180_000);
afterAll(() => product.close());

/** By the path of the carrier, as a person without ИНН. */
async function register(): Promise<TestPerson> {
  const { app, issuer } = product;
  const who = newRegistrant();
  const wizard = startWizard(app, issuer, createAgent(issuer));
  const boxes = { terms: 'yes', personal_data: 'yes', captcha: FIXED_ANSWER };
  await wizard.send('account', { phone: who.phone, customer_kind: 'kit', ...TWICE, ...boxes });
  await wizard.send('code', { code: await wizard.code(who) });
  const name = { family_name: 'Вымышленная', given_name: 'Анна', no_middle_name: 'yes' };
  await wizard.send('profile', { profile: 'person', ...name, email: who.email });
  expect((await messagesTo(app, who.email)).length).toBe(1);
  const link = await mailedLink(app, issuer, who.email);
  expect((await pressLink(createAgent(issuer), issuer, link)).body).toContain('Учётная запись готова');
  return { id: '', email: who.email, password: PASSWORD };
}

async function enter(agent: Agent, change: Record<string, string> = {}) {
  const request = authorizationRequest(client, { scope: `${ALL_SCOPES} customer contracts`, ...change });
  const page = await openSignIn(agent, request);
  const form = { by: 'text' };
  const answer = await follow(agent, product.issuer, await submitSignIn(agent, page, person, { form }));
  const code = new URL(answer.location ?? `${product.issuer}/nowhere`).searchParams.get('code');
  return { request, code, body: answer.body };
}

it('is told to relying parties with no company, and asked for none', async () => {
  const agent = createAgent(product.issuer);
  const { request, code } = await enter(agent);
  const tokens = await redeemCode(agent, client, request, code ?? '');
  const claims = decodeJwt(String(tokens.json.id_token));
  expect(claims).toMatchObject({
    companies: [],
    contracts: [],
    customer_kind: 'kit',
    family_name: 'Вымышленная',
  });
  expect(claims).not.toHaveProperty('company');
  expect(claims).not.toHaveProperty('customer_inn');
});

it('gets in also where the relying party names a company', async () => {
  const { code } = await enter(createAgent(product.issuer), { company: '7800999994' });
  expect(code).toBeTruthy();
});

it('has every own page, each with a way on', async () => {
  const agent = createAgent(product.issuer);
  await enterAt(agent, product.issuer, '/account', person);
  for (const { path } of PAGES) {
    const page = await agent.get(path);
    expect([path, page.status]).toEqual([path, 200]);
    expect(page.body).toMatch(/<a [^>]*href="\/account"|<form /);
  }
  const companies = await agent.get('/account/companies');
  expect(companies.body).toContain('У вас пока нет компаний');
  expect(companies.body).toContain('href="/account/companies/add"');
  const contracts = await agent.get('/account/contracts');
  expect(contracts.body).toContain('name="activation_code"');
});
