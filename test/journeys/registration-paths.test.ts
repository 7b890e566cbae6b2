/** Every registration path from its first page to a token, and a further one that only its entry makes. */
import { decodeJwt } from 'jose';
import { findAccountByIdentifier, findProfile } from '../../src/accounts/store';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import type { ClientInput } from '../../src/clients/client';
import { upsertDirectoryRows, type DirectoryEntry } from '../../src/companies/store';
import { listMemberships } from '../../src/companies/memberships/store';
import { PATHS } from '../../src/registration/paths';
import type { Path } from '../../src/registration/registration';
import { mailedLink, messagesTo, newRegistrant, pressLink, ROOMY, startWizard } from '../registration/wizard';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestClient, type TestProduct } from '../support/app';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  redeemCode,
  submitSignIn,
} from '../support/relying-party';

const LATIN = 'Parom74odin';
const SCOPE = 'openid profile email phone companies customer';
const AGREED = { terms: 'yes', personal_data: 'yes', captcha: FIXED_ANSWER };
const NAME = { family_name: 'Вымышленный', given_name: 'Пётр', middle_name: 'Петрович' };
const TWICE = { password: LATIN, password_repeated: LATIN };
const OGRN = '1027700132195';

/** The letter and the e-mail come first, which no path of the product has. */
const SIXTH: Path = {
  name: 'sixth',
  customer: { kinds: ['agent', 'agency'], withOgrn: ['agency'] },
  steps: [
    { kind: 'form', name: 'person', fields: ['email', 'short_name', 'captcha'] },
    { kind: 'form', name: 'data', fields: ['customer', 'password', 'terms', 'marketing'] },
    { kind: 'review', name: 'review' },
    { kind: 'finish', name: 'finish' },
  ],
};

let product: TestProduct;
beforeAll(async () => {
  const env = { ...ROOMY, REGISTRATION_PATHS: 'kit, sixth' };
  product = await startProduct('postgres', { env, paths: { ...PATHS, sixth: SIXTH } });
  const agency: DirectoryEntry = {
    ...{ inn: '7707083893', kpp: '773601001', ogrn: OGRN, name: 'АН "Вымысел"', fullName: 'АН "Вымысел"' },
    ...{ kind: 'legal', status: 'active', branch: 'main', address: null },
  };
  await upsertDirectoryRows(product.app.db, [agency], product.app.clock.now());
});
afterAll(() => product.close());

async function clientFor(paths: string[], change: Partial<ClientInput> = {}): Promise<TestClient> {
  const names = { sign_in_names: ['phone', 'email'] as ClientInput['sign_in_names'] };
  return addClient(product.app, { ...names, registration_paths: paths, ...change });
}

/** A browser on the first page that this relying party leads to. */
async function begin(client: TestClient) {
  const { app, issuer } = product;
  const agent = createAgent(issuer);
  const page = await openSignIn(agent, authorizationRequest(client));
  const first = await follow(agent, issuer, await agent.get(`${page.path}/register`));
  return { first, wizard: startWizard(app, issuer, agent) };
}

async function prove(email: string): Promise<string> {
  const { app, issuer } = product;
  return (await pressLink(createAgent(issuer), issuer, await mailedLink(app, issuer, email))).body;
}

/** What the ID token says after a sign-in. */
async function claimsOf(client: TestClient, by: 'phone' | 'email', name: string, password = LATIN) {
  const agent = createAgent(product.issuer);
  const request = authorizationRequest(client, { scope: SCOPE });
  const page = await openSignIn(agent, request);
  const tab: Record<string, string> = by === 'phone' ? { by, phone: name } : { by: 'text', identifier: name };
  const sent = await submitSignIn(agent, page, { email: name, password }, { form: tab });
  const back = await follow(agent, product.issuer, sent);
  const code = new URL(back.location ?? product.issuer).searchParams.get('code') ?? '';
  const { json } = await redeemCode(agent, client, request, code);
  return decodeJwt(String(json.id_token));
}

const profileOf = async (email: string) => {
  const account = await findAccountByIdentifier(product.app.db, email);
  return findProfile(product.app.db, account?.id ?? '');
};

describe('kit and kit-retail', () => {
  /** Up to the page of the profile. */
  async function enter(client: TestClient, change: Record<string, string> = {}) {
    const person = newRegistrant();
    const { first, wizard } = await begin(client);
    const account = { customer_kind: 'kit', phone: person.phone, ...TWICE, ...AGREED, ...change };
    const second = await wizard.send('account', account);
    const third = await wizard.send('code', { code: await wizard.code(person) });
    return { person, first, second, third, wizard };
  }

  it('takes phone and password, then a private person, who signs in by the phone at once', async () => {
    const client = await clientFor(['kit-retail'], { sign_in_names: ['phone'] });
    const { person, first, second, third, wizard } = await enter(client, {
      customer_kind: 'kit_retail',
      marketing: 'yes',
    });
    expect(first.body).toContain('1 / 4 Телефон и пароль');
    expect(first.body).toMatch(/value="kit_retail"\s+checked/);
    expect(second.body).toContain('2 / 4 Подтверждение номера');
    expect(third.body).toContain('3 / 4 Добавление компании для завершения регистрации');
    const done = await wizard.send('profile', { profile: 'person', ...NAME, inn: '', email: person.email });
    expect(done.body).toContain('4 / 4 Подтверждение доступа');
    expect(done.body).not.toContain('аявк');
    expect(await profileOf(person.email)).toBeUndefined();
    expect(await prove(person.email)).toContain('Учётная запись готова');
    const claims = await claimsOf(client, 'phone', person.phone);
    expect(claims).toMatchObject({
      customer_kind: 'kit_retail',
      companies: [],
      phone_number: person.phone,
      phone_number_verified: true,
      email_verified: true,
      family_name: NAME.family_name,
    });
    const given = await product.app.db
      .selectFrom('consents')
      .select('document')
      .where('accountId', '=', String(claims.sub))
      .execute();
    expect(given.map(({ document }) => document).sort()).toEqual(['marketing', 'personal_data', 'terms']);
  });

  it.each([
    ['legal', { inn: '7800999994', kpp: '780001001' }, { kpp: '780001001', ogrn: null }],
    [
      'sole_proprietor',
      { inn: '780099999967', ogrn: '304500116000157' },
      { kpp: null, ogrn: '304500116000157' },
    ],
  ])('asks for a %s to be let in, and lets the cabinet admit who waits', async (profile, numbers, unit) => {
    const client = await clientFor(['kit'], { admits: 'waiting' });
    const { person, wizard } = await enter(client);
    const typed = { profile, ...NAME, ...numbers, company_name: 'ООО "Пример"', email: person.email };
    expect((await wizard.send('profile', typed)).body).toContain('заявку проверит');
    expect(await prove(person.email)).toContain('Заявка передана');
    const [application] = await listMemberships(product.app.db, {
      accountId: (await profileOf(person.email))?.id,
      limit: 1,
    });
    expect(application).toMatchObject({ path: 'kit', status: 'requested', inn: numbers.inn, canAct: false });
    const { companies } = await claimsOf(client, 'phone', person.phone);
    expect(companies).toEqual([
      expect.objectContaining({ inn: numbers.inn, ...unit, status: 'requested', can_act: false }),
    ]);
  });

  it('says beside the field which number a profile lacks', async () => {
    const { person, wizard } = await enter(await clientFor(['kit']));
    const typed = { ...NAME, email: person.email, inn: '7800999994', company_name: 'Пример' };
    const send = async (change: Record<string, string>) =>
      (await wizard.send('profile', { ...typed, ...change })).body;
    expect(await send({})).toContain('Выберите тип профиля');
    expect(await send({ profile: 'sole_proprietor' })).toContain('У ИП ИНН из 12 цифр');
    expect(await send({ profile: 'sole_proprietor', inn: '780099999967' })).toContain('ОГРНИП');
    expect(await send({ profile: 'legal' })).toContain('Введите КПП');
    expect(await send({ profile: 'person' })).toContain('У физического лица ИНН из 12 цифр');
  });

  it('tells the owner of a phone, and nobody else, that it has an account', async () => {
    const client = await clientFor(['kit']);
    const { person, wizard: own } = await enter(client);
    await own.send('profile', { profile: 'person', ...NAME, email: person.email });
    await prove(person.email);
    const before = (await messagesTo(product.app, person.phone)).length;
    const free = newRegistrant();
    const pages = [];
    for (const { phone } of [person, free]) {
      const { wizard } = await begin(client);
      const page = await wizard.send('account', { customer_kind: 'kit', phone, ...TWICE, ...AGREED });
      const wrong = await wizard.send('code', { code: '000000' });
      const plain = (text: string) =>
        text.replace(/(?:value="|\/interaction\/)[^"/]*/g, '').replace(/\d/g, '0');
      pages.push([page.status, plain(page.body), wrong.status, plain(wrong.body)]);
    }
    expect(pages[0]).toEqual(pages[1]);
    const [told, ...earlier] = await messagesTo(product.app, person.phone);
    expect([told?.template, earlier.length]).toEqual(['already_registered', before]);
    expect(JSON.stringify(told)).not.toMatch(/"code"/);
  });

  it('reserves no phone: of two on their way with it one gets it, and the other is told why', async () => {
    const client = await clientFor(['kit']);
    const first = await enter(client);
    const { phone } = first.person;
    const { wizard } = await begin(client);
    await wizard.send('account', { customer_kind: 'kit', phone, ...TWICE, ...AGREED });
    await wizard.send('code', { code: await wizard.code(first.person) });
    const second = newRegistrant();
    const people = [
      { wizard: first.wizard, email: first.person.email },
      { wizard, email: second.email },
    ];
    for (const one of people)
      await one.wizard.send('profile', { profile: 'person', ...NAME, email: one.email });
    const said = await Promise.all(people.map(({ email }) => prove(email)));
    expect(said.filter((page) => page.includes('Учётная запись готова'))).toHaveLength(1);
    expect(said.filter((page) => page.includes('подтвердили для другой учётной записи'))).toHaveLength(1);
  });
});

it('psk-person: a Latin password, the code, name and e-mail, and the link', async () => {
  const client = await clientFor(['psk-person'], { sign_in_names: ['phone'] });
  const person = newRegistrant();
  const { wizard } = await begin(client);
  const account = { phone: person.phone, ...AGREED };
  for (const password of ['паром ушёл в 7:40', 'parom74odin', 'Parom 74 odin', 'Parom74один']) {
    const refused = await wizard.send('account', { ...account, password, password_repeated: password });
    expect([refused.status, refused.body]).toEqual([422, expect.stringContaining('из латинских букв')]);
  }
  await wizard.send('account', { ...account, ...TWICE });
  const soon = await wizard.send('code', { action: 'resend' });
  expect(soon.body).toContain('через минуту');
  const { family_name: family, given_name: given } = NAME;
  await wizard.send('code', { code: await wizard.code(person) });
  await wizard.send('person', { family_name: family, given_name: given, email: person.email });
  expect(await profileOf(person.email)).toBeUndefined();
  await prove(person.email);
  expect(await claimsOf(client, 'phone', person.phone)).toMatchObject({
    customer_kind: 'person',
    name: `${family} ${given}`,
  });
});

it('psk-company: e-mail and password, the licence, the link; a taken address looks the same', async () => {
  const client = await clientFor(['psk-company']);
  const person = newRegistrant();
  const { wizard } = await begin(client);
  const finish = await wizard.send('account', { email: person.email, ...TWICE, ...AGREED });
  expect(finish.body).toContain('2 / 2 Подтверждение доступа');
  expect(await prove(person.email)).toContain('Учётная запись готова');
  const claims = await claimsOf(client, 'email', person.email);
  expect(claims).toMatchObject({ customer_kind: 'company', companies: [], email: person.email });
  expect(claims).not.toHaveProperty('name');
  expect(claims).not.toHaveProperty('phone_number');

  const owner = await addPerson(product.app);
  const { wizard: other } = await begin(client);
  const same = await other.send('account', { email: owner.email, ...TWICE, ...AGREED });
  const plain = (text: string) => text.replace(/value="[^"]*"/g, '').replace(/<strong>.*?<\/strong>/g, '');
  expect(plain(same.body).length).toBe(plain(finish.body).length);
  const [mail] = await messagesTo(product.app, owner.email);
  expect(mail?.template).toBe('already_registered');
});

it('agency: the kind, an ОГРН for an agency, and everything once more before it is sent', async () => {
  const client = await clientFor(['agency']);
  const person = newRegistrant();
  const { wizard } = await begin(client);
  const data = { ...NAME, phone: person.phone, email: person.email, customer_kind: 'agency', ...AGREED };
  expect((await wizard.send('data', { ...data, customer_kind: '' })).body).toContain('Выберите, кто вы');
  expect((await wizard.send('data', { ...data, customer_ogrn: '' })).body).toContain('Введите ОГРН');
  const slip = await wizard.send('data', { ...data, customer_ogrn: '1027700132196' });
  expect(slip.body).toContain('контрольная цифра');
  await wizard.send('data', { ...data, customer_ogrn: OGRN });
  const review = await wizard.send('password', { code: await wizard.code(person), ...TWICE });
  for (const told of ['3 / 4 Проверьте данные', OGRN, 'АН &#34;Вымысел&#34;', person.email, NAME.given_name])
    expect(review.body).toContain(told);
  expect(review.body).toContain('href="/register?step=data"');
  expect(await messagesTo(product.app, person.email)).toEqual([]);
  // Back, another name, and on the same page again: nothing else is asked anew.
  const back = await wizard.agent.get('/register?step=data');
  expect(back.body).toContain(`value="${OGRN}"`);
  const form = { ...hiddenFields(back.body), ...data, given_name: 'Павел', customer_ogrn: OGRN };
  const sent = await wizard.agent.post('/register/data', form);
  const changed = (await follow(wizard.agent, product.issuer, sent)).body;
  expect(changed).toMatch(/3 \/ 4 Проверьте данные[\s\S]*Павел/);
  expect((await wizard.send('review', {})).body).toContain('4 / 4 Подтверждение доступа');
  await prove(person.email);
  expect(await claimsOf(client, 'email', person.email)).toMatchObject({
    customer_kind: 'agency',
    customer_ogrn: OGRN,
    given_name: 'Павел',
    companies: [],
  });
});

it('asks for whom where a relying party offers several, and forgets what another path had asked', async () => {
  const client = await clientFor(['psk-person', 'psk-company', 'gone']);
  const { first, wizard } = await begin(client);
  expect(first.body).toContain('Для кого вы регистрируетесь?');
  expect(first.body).not.toContain('gone');
  expect((await wizard.send('account', { email: 'x@example.com', ...TWICE, ...AGREED })).body).toContain(
    'Для кого',
  );
  expect((await wizard.send('path', { path: 'agency' })).status).toBe(422);
  expect((await wizard.send('path', { path: 'psk-person' })).body).toContain('1 / 4 Телефон и пароль');
  expect((await wizard.agent.get('/register?step=path')).body).toContain('Для кого');
  expect((await wizard.send('path', { path: 'psk-company' })).body).toContain('1 / 2 Почта и пароль');
  const person = newRegistrant();
  await wizard.send('account', { email: person.email, ...TWICE, ...AGREED });
  await prove(person.email);
  expect(await profileOf(person.email)).toMatchObject({ customerKind: 'company' });
});

it('takes a sixth path from its entry alone, at /register itself', async () => {
  const person = newRegistrant();
  const wizard = startWizard(product.app, product.issuer, createAgent(product.issuer));
  expect((await wizard.open()).body).toContain('register.path.sixth.name');
  await wizard.send('path', { path: 'sixth' });
  const { family_name: family, given_name: given } = NAME;
  const named = { email: person.email, family_name: family, given_name: given, captcha: FIXED_ANSWER };
  expect((await wizard.send('person', named)).body).toContain('2 / 4');
  const data = { customer_kind: 'agent', ...TWICE, terms: 'yes', personal_data: 'yes' };
  expect((await wizard.send('data', data)).body).toContain('3 / 4 Проверьте данные');
  expect((await wizard.send('review', {})).body).toContain('4 / 4');
  await prove(person.email);
  expect(await profileOf(person.email)).toMatchObject({ customerKind: 'agent', phone: null });
  expect(await claimsOf(await clientFor(['sixth']), 'email', person.email)).toMatchObject({
    customer_kind: 'agent',
  });
});
