/** T6–T8, I9: signing in by each name, one count of failures for all of them, and «Запомнить меня». */
import { changeNames } from '../../src/accounts/change-account';
import { parseLoginName } from '../../src/accounts/login-name';
import { createAgent, type Answer } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import { addPhone } from '../support/recovery';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  submitSignIn,
} from '../support/relying-party';

const LIMIT = 5;

describe.each(storageKinds)('names on %s', (kind) => {
  let product: TestProduct;
  let everyName: TestClient;
  let mailOnly: TestClient;
  let person: TestPerson;
  let phone: string;
  let login: string;
  let made = 0;

  beforeAll(async () => {
    const env = {
      SIGN_IN_LIMIT_ACCOUNT: String(LIMIT),
      ...{ HELP_URL: 'https://help.example/', SUPPORT_PHONE: '8 800 000-00-00' },
    };
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1, env });
    everyName = await addClient(product.app, {
      sign_in_names: ['phone', 'login', 'email'],
      legacy_uri: 'https://old.cabinet.example/',
      ...{ help_uri: 'https://cabinet.example/help', support_email: 'cabinet@example.com' },
      ...{ tos_uri: 'https://cabinet.example/rules', policy_uri: 'https://cabinet.example/policy' },
    });
    mailOnly = await addClient(product.app);
  });
  afterAll(() => product.close());
  beforeEach(async () => {
    made += 1;
    person = await addPerson(product.app);
    phone = `+790912300${String(made).padStart(2, '0')}`;
    login = `sklad.${'abcdefghjkmnqsuvwz'[made % 18] ?? ''}${made}x`;
    await addPhone(product, person, phone);
    const name = parseLoginName(login);
    if (!name) throw new Error(login);
    await changeNames({ ...product.app, issuer: product.issuer }, person.id, { login: name }, 'system');
  });

  const attempt = async (
    client: TestClient,
    form: Record<string, string>,
    password = person.password,
    port?: number,
  ): Promise<Answer> => {
    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(client));
    return submitSignIn(agent, page, { email: '', password }, { form: { identifier: '', ...form }, port });
  };

  it('lets the person in by e-mail, login and phone, in any writing, where the relying party takes them', async () => {
    const national = phone.slice(2);
    const forms: Record<string, string>[] = [
      { by: 'text', identifier: person.email },
      { by: 'text', identifier: ` ${login.toUpperCase()} ` },
      { by: 'text', identifier: phone },
      { by: 'phone', phone },
      { by: 'phone', phone: `8 (${national.slice(0, 3)}) ${national.slice(3)}` },
      { by: 'phone', phone: national, country: 'RU' },
      { by: 'phone', phone, country: 'BY' },
    ];
    for (const form of forms) expect((await attempt(everyName, form)).status).toBe(303);
  });

  it('every page on the way names the help of the relying party, else that of the settings', async () => {
    const links = ({ body }: Answer) =>
      [...(/<footer[^]*<\/footer>/.exec(body)?.[0] ?? '').matchAll(/href="([^"]*)"/g)].map(
        ([, href]) => href,
      );
    const own = [
      'https://cabinet.example/help',
      'https://cabinet.example/rules',
      'https://cabinet.example/policy',
      'https://old.cabinet.example/',
      'tel:88000000000',
      'mailto:cabinet@example.com',
    ];
    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(everyName));
    // There the previous cabinet stands under the form.
    expect(links(page)).toEqual(own.filter((href) => !href.includes('old.cabinet')));
    for (const way of ['recovery', 'register']) {
      const shown = await follow(agent, product.issuer, await agent.get(`${page.path}/${way}`));
      expect([shown.status, links(shown)]).toEqual([200, own]);
    }
    const refused = await agent.get(
      authorizationRequest(everyName, { redirect_uri: 'https://evil.example/' }).path,
    );
    expect([refused.status, links(refused)]).toEqual([400, own]);
    const other = await openSignIn(createAgent(product.issuer), authorizationRequest(mailOnly));
    expect(links(other)).toEqual(['https://help.example/', 'tel:88000000000']);
  });

  it('takes no other names than the relying party says, and says so with the same words as ever', async () => {
    for (const identifier of [login, phone]) {
      const answer = await attempt(mailOnly, { by: 'text', identifier });
      expect([answer.status, answer.body.includes('Почта или пароль не подошли')]).toEqual([422, true]);
    }
    const forced = await attempt(mailOnly, { by: 'phone', phone });
    expect([forced.status, forced.body.includes('id="phone"')]).toEqual([422, false]);
  });

  it('lets nobody in by a phone that is not proved', async () => {
    const other = await addPerson(product.app);
    const unproved = `+790955500${String(made).padStart(2, '0')}`;
    await addPhone(product, other, unproved, false);
    const answer = await attempt(everyName, { by: 'phone', phone: unproved }, other.password);
    expect([answer.status, answer.body.includes('Номер или пароль не подошли')]).toEqual([422, true]);
  });

  it('attack 29: counts the failures of all names of an account together, in parallel and on every node', async () => {
    const names: Record<string, string>[] = [
      { by: 'text', identifier: person.email },
      { by: 'text', identifier: login },
      { by: 'phone', phone },
      { by: 'phone', phone: phone.slice(2) },
    ];
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        attempt(
          everyName,
          names[index % names.length] ?? {},
          `мимо ${index}`,
          product.nodes[index % product.nodes.length]?.port,
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(LIMIT);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(24 - LIMIT);
  });

  it('attack 48: a name that another person has, in whatever letters, is refused', async () => {
    const other = await addPerson(product.app);
    const tools = { ...product.app, issuer: product.issuer };
    const twin = parseLoginName(login.replace('s', 'S').replace('a', 'а'));
    if (!twin) throw new Error(login);
    expect(await changeNames(tools, other.id, { login: twin }, 'system')).toBe('name_taken');
    expect(await changeNames(tools, other.id, { phone: { value: phone, proved: true } }, 'system')).toBe(
      'name_taken',
    );
    // Of many at once one gets a name that is free.
    const people = await Promise.all(Array.from({ length: 10 }, () => addPerson(product.app)));
    const free = { value: `free.${made}`, canonical: `free.${made}` };
    const outcomes = await Promise.all(
      people.map(({ id }) => changeNames(tools, id, { login: free }, 'system')),
    );
    expect(outcomes.filter((outcome) => outcome === 'changed')).toHaveLength(1);
  });

  it('shows tabs, countries with Russia first, and the previous cabinet, where there are any', async () => {
    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(everyName));
    expect(page.body).toMatch(/По номеру телефона[\s\S]*По логину/);
    const options = [...page.body.matchAll(/<option value="(\w\w)" ?(selected)?/g)];
    expect(options[0]?.slice(1, 3)).toEqual(['RU', 'selected']);
    expect(options.length).toBeGreaterThan(200);
    expect(page.body).toContain('href="https://old.cabinet.example/"');
    const byLogin = await agent.get(`${page.path}/sign-in?by=text`);
    expect(byLogin.body).toContain('Логин или электронная почта');
    const plain = await openSignIn(createAgent(product.issuer), authorizationRequest(mailOnly));
    expect(plain.body).not.toContain('class="tabs"');
    expect(plain.body).not.toContain('Предыдущая версия');
  });

  it('a hint that is a phone opens the tab for phones', async () => {
    const request = authorizationRequest(everyName, { login_hint: phone });
    const page = await openSignIn(createAgent(product.issuer), request);
    expect(page.body).toMatch(new RegExp(`id="phone"[^>]*value="\\${phone}"`));
  });

  it('«Запомнить меня» makes the cookie outlive the browser, also at a second sign-in; without it nothing is kept', async () => {
    const agent = createAgent(product.issuer);
    const sessionCookie = async (form: Record<string, string>): Promise<string> => {
      const request = authorizationRequest(mailOnly, { prompt: 'login' });
      const page = await openSignIn(agent, request);
      const posted = await agent.post(`${page.path}/sign-in`, {
        ...hiddenFields(page.body),
        identifier: person.email,
        password: person.password,
        captcha: '00000',
        ...form,
      });
      const back = await follow(agent, product.issuer, posted);
      const lines = [back.headers['set-cookie'] ?? []].flat();
      return lines.find((line) => line.startsWith('session=')) ?? '';
    };
    expect(await sessionCookie({})).not.toMatch(/expires=/i);
    const remembered = await sessionCookie({ remember: 'yes' });
    const expires = Date.parse(/expires=([^;]+)/i.exec(remembered)?.[1] ?? '');
    expect(expires - Date.now()).toBeGreaterThan(13 * 24 * 3600_000);
    expect(expires - Date.now()).toBeLessThan(15 * 24 * 3600_000);
    expect(await sessionCookie({})).not.toMatch(/expires=/i);
  });
});
