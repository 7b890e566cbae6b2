/** P3–P18: from a relying party through the three steps to an approved member, on both storages. */
import { decodeJwt } from 'jose';
import { findAccountByIdentifier, findProfile } from '../../src/accounts/store';
import { approveMembership, declineMembership } from '../../src/companies/memberships/decide-membership';
import { listMemberships } from '../../src/companies/memberships/store';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestClient, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  redeemCode,
  signIn,
  submitSignIn,
} from '../support/relying-party';
import {
  COMPANY,
  dataOf,
  mailedLink,
  messagesTo,
  NEW_PASSWORD,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
  type Registrant,
} from '../registration/wizard';

const OPERATOR = { kind: 'operator', actor: 'operator:test' } as const;

describe.each(storageKinds)('registering on %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;
  beforeAll(async () => {
    product = await startProduct(kind, { env: ROOMY });
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const account = (person: Registrant) => findAccountByIdentifier(product.app.db, person.email);
  const wizardFor = () => startWizard(product.app, product.issuer, createAgent(product.issuer));
  const applicationOf = async (person: Registrant) => {
    const accountId = (await account(person))?.id ?? '';
    const [application] = await listMemberships(product.app.db, { accountId, limit: 10 });
    if (!application) throw new Error(`no application of ${person.email}`);
    return application;
  };
  const decide = () => ({ ...product.app, issuer: product.issuer });
  const enter = async (person: Registrant) => {
    const agent = createAgent(product.issuer);
    const request = authorizationRequest(client);
    const page = await openSignIn(agent, request);
    const answer = await submitSignIn(agent, page, { email: person.email, password: NEW_PASSWORD });
    return { agent, request, answer: await follow(agent, product.issuer, answer) };
  };
  /** Registers and proves the address. */
  const register = async (change: Record<string, string> = {}): Promise<Registrant> => {
    const person = newRegistrant();
    await wizardFor().fill(person, change);
    const link = await mailedLink(product.app, product.issuer, person.email);
    await pressLink(createAgent(product.issuer), product.issuer, link);
    return person;
  };

  it('leads from a relying party to a token with the company', async () => {
    const { app, issuer } = product;
    const person = newRegistrant();
    const agent = createAgent(issuer);
    const page = await openSignIn(agent, authorizationRequest(client));
    const wizard = startWizard(app, issuer, agent);
    const first = await follow(agent, issuer, await agent.get(`${page.path}/register`));
    expect(first.body).toContain('1 / 3 Данные пользователя');
    expect(first.body).toContain(`/interaction/${page.path.split('/')[2] ?? ''}/register/cancel`);

    const second = await wizard.send('data', dataOf(person));
    expect(second.body).toContain('2 / 3 Создание пароля');
    // In one piece, however narrow the page.
    expect(second.body).toContain('+7\u00A0909\u00A0000\u2011');
    const code = await wizard.code(person);
    const wrong = code === '000000' ? '000001' : '000000';
    const words = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
    const refused = await wizard.send('password', { ...words, code: wrong });
    expect([refused.status, refused.body]).toEqual([422, expect.stringContaining('Код не подошёл')]);
    const differ = await wizard.send('password', { ...words, code, password_repeated: 'другое' });
    expect(differ.body).toContain('Пароли не совпали');
    expect(differ.body).toContain('подтверждён');
    const third = await wizard.send('password', words);
    expect(third.body).toContain('3 / 3 Подтверждение доступа');
    // Nothing is finished yet, and nobody is thanked.
    expect(third.body).not.toContain('Благодарим');
    expect(third.body).toContain('Код из письма действует так же, как ссылка.');
    expect(third.body).toContain(person.email);
    expect(await account(person)).toBeUndefined();

    // A scanner opens the link ten times, without cookies; the person opens it in another browser.
    const link = await mailedLink(app, issuer, person.email);
    for (let time = 0; time < 10; time += 1) await createAgent(issuer).get(link);
    await agent.send('HEAD', link, undefined);
    expect(await account(person)).toBeUndefined();
    const elsewhere = createAgent(issuer);
    expect((await pressLink(elsewhere, issuer, link)).body).toContain('Почта подтверждена');
    expect((await follow(elsewhere, issuer, await elsewhere.get(link))).body).toContain('уже подтверждена');

    const profile = await findProfile(app.db, (await account(person))?.id ?? '');
    expect(profile).toMatchObject({ email: person.email, phone: person.phone, phoneProved: true });
    const consents = await app.db
      .selectFrom('consents')
      .selectAll()
      .where('accountId', '=', profile?.id ?? '')
      .execute();
    expect(consents.map(({ document }) => document).sort()).toEqual(['personal_data', 'terms']);
    const facts = { action: 'given', form: 'registration', way: 'box', address: '127.0.0.1' };
    for (const consent of consents) expect(consent).toMatchObject(facts);
    const application = await applicationOf(person);
    const proved = (await wizard.open()).body;
    expect(proved).toContain('заявка передана на рассмотрение');
    expect(proved).toContain('Благодарим вас за регистрацию');
    expect(proved).toContain(`<dd>${application.number}</dd>`);
    expect(proved).toContain(`href="/account/power-of-attorney/${application.number}"`);
    const spent = await follow(elsewhere, issuer, await elsewhere.get(link));
    expect(spent.body).toContain(`href="/open/${client.id}"`);

    const waiting = await enter(person);
    expect(waiting.answer.body).toContain('Заявка на рассмотрении');
    expect(waiting.answer.body).toContain(`<dd>${application.number}</dd>`);
    expect(waiting.answer.body).toContain(`<dd>${COMPANY.inn} / ${COMPANY.kpp}</dd>`);
    const wrongPassword = await openSignIn(createAgent(issuer), authorizationRequest(client));
    expect(wrongPassword.body).not.toContain('Заявка');
    const action = /action="([^"]+\/waiting)"/.exec(waiting.answer.body)?.[1] ?? '';
    const left = await waiting.agent.post(action, hiddenFields(waiting.answer.body));
    const back = await follow(waiting.agent, issuer, left);
    expect(new URL(back.location ?? '').searchParams.get('error')).toBe('access_denied');

    const { number, version } = application;
    const approval = { number, version, role: 'contact' as const, canAct: true };
    expect(await approveMembership(decide(), approval, OPERATOR)).toBe('done');
    const told = (await messagesTo(app, person.email)).map(({ template }) => template);
    expect(told).toEqual(expect.arrayContaining(['application_approved', 'contact_appointed']));
    const { agent: inside, request, answer } = await enter(person);
    const token = await redeemCode(
      inside,
      client,
      request,
      new URL(answer.location ?? '').searchParams.get('code') ?? '',
    );
    expect(decodeJwt(String(token.json.id_token)).companies).toEqual([
      {
        inn: COMPANY.inn,
        kpp: COMPANY.kpp,
        ogrn: null,
        name: COMPANY.name,
        status: 'approved',
        role: 'contact',
        can_act: true,
      },
    ]);
  });

  it('tells a declined person why, and whom to turn to', async () => {
    const person = await register();
    const { number, version } = await applicationOf(person);
    const comment = 'Компания вас не знает';
    const no = { number, version, reasonCode: 'other' as const, comment };
    expect(await declineMembership(decide(), no, OPERATOR)).toBe('done');
    const { answer } = await enter(person);
    expect(answer.body).toContain('Заявку отклонили');
    expect(answer.body).toContain(comment);
    expect(answer.body).toContain('службу клиентского сервиса');
  });

  it('lets people in whom nobody had to approve', async () => {
    const person = await addPerson(product.app);
    const back = await signIn(
      createAgent(product.issuer),
      product.issuer,
      authorizationRequest(client),
      person,
    );
    expect(back.searchParams.get('code')).toBeTruthy();
  });

  it('refuses prompt=none to somebody who waits', async () => {
    const person = await register();
    const { agent } = await enter(person);
    const silent = await agent.get(authorizationRequest(client, { prompt: 'none' }).path);
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('interaction_required');
  });

  it('gives a taken address the same pages, and its owner a mail', async () => {
    const owner = await addPerson(product.app);
    const person = { ...newRegistrant(), email: owner.email };
    const finish = await wizardFor().fill(person);
    const free = newRegistrant();
    const same = await wizardFor().fill(free);
    const plain = (text: string) =>
      text.replace(/value="[^"]*"/g, '').replace(/<strong>.*?<\/strong>|\S+•+\S+/g, '');
    expect(finish.status).toBe(same.status);
    expect(plain(finish.body).length).toBe(plain(same.body).length);
    const [mail] = await messagesTo(product.app, owner.email);
    expect(mail?.template).toBe('already_registered');
    expect(JSON.stringify(mail)).not.toContain('token=');
    const named = await product.app.db
      .selectFrom('identifiers')
      .select('accountId')
      .where('canonical', '=', owner.email)
      .execute();
    expect(named).toEqual([{ accountId: owner.id }]);
  });

  it('takes a sole proprietor with 12 digits and no КПП', async () => {
    const person = await register({ inn: '780099999967', kpp: '', company_name: 'ИП Примеров' });
    expect(await applicationOf(person)).toMatchObject({
      inn: '780099999967',
      kpp: null,
      nameSource: 'person',
    });
  });

  it('cancels at the relying party', async () => {
    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(client));
    const first = await follow(agent, product.issuer, await agent.get(`${page.path}/register`));
    expect(String(first.headers['content-security-policy'])).toContain('https://cabinet.example');
    const left = await agent.post(`${page.path}/register/cancel`, hiddenFields(first.body));
    const back = await follow(agent, product.issuer, left);
    expect(new URL(back.location ?? '').searchParams.get('error')).toBe('access_denied');
  });

  it('keeps a phone that somebody else proved theirs', async () => {
    const first = newRegistrant();
    const second = { ...newRegistrant(), phone: first.phone };
    const links = [];
    for (const person of [first, second]) {
      await wizardFor().fill(person);
      links.push(await mailedLink(product.app, product.issuer, person.email));
    }
    await Promise.all(links.map((link) => pressLink(createAgent(product.issuer), product.issuer, link)));
    const profiles = await Promise.all(
      [first, second].map(async (person) => findProfile(product.app.db, (await account(person))?.id ?? '')),
    );
    expect(profiles.map((profile) => profile?.phone)).toEqual([first.phone, first.phone]);
    expect(profiles.filter((profile) => profile?.phoneProved)).toHaveLength(1);
  });
});
