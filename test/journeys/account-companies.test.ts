/** A person's own companies, contracts, consents and messages under /account, without JavaScript. */
import { addMember } from '../../src/companies/memberships/change-membership';
import { setCompanyEmail } from '../../src/companies/memberships/own/company-email';
import { listMemberships } from '../../src/companies/memberships/store';
import { agreedVersion } from '../../src/consents/consent';
import { createDocuments } from '../../src/consents/documents';
import { giveConsents } from '../../src/consents/give';
import { listNewestConsents } from '../../src/consents/store';
import { printedCode } from '../../src/contracts/codes';
import { issueActivationCodes } from '../../src/contracts/issue-codes';
import { openMessage } from '../../src/notifications/outbox';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';

const PATH = '/account/companies';
const ROSE = { unit: { inn: '7800999994', kpp: '780001001' }, name: 'ООО "Роза"' };
const LILY = { unit: { inn: '7800999994', kpp: '780002002' }, name: 'ООО "Лилия"' };
const naming = (name: string) => ({ name, nameSource: 'operator' as const, ogrn: null });

describe.each(storageKinds)('a person’s companies on %s', (kind) => {
  let product: TestProduct;
  // Behind, so that what is moved forward never lies ahead of the clock of oidc-provider, which is the machine's.
  const clock = movableClock(new Date(Date.now() - 3_600_000));
  beforeAll(async () => {
    product = await startProduct(kind, { clock });
  });
  afterAll(() => product.close());
  const tools = () => ({ ...product.app, issuer: product.issuer });

  async function signIn(person: TestPerson, path = PATH): Promise<Agent> {
    const agent = createAgent(product.issuer);
    await signInHere(agent, person, path);
    return agent;
  }

  async function signInHere(agent: Agent, person: TestPerson, path: string): Promise<Answer> {
    const local = (answer: Answer): string => (answer.location ?? '').slice(product.issuer.length);
    const interaction = local(await agent.get(local(await agent.get(path))));
    const page = { ...(await agent.get(interaction)), path: interaction };
    return follow(agent, product.issuer, await submitSignIn(agent, page, person));
  }

  async function member(accountId: string, { unit, name }: typeof ROSE, canAct = true) {
    const given = { accountId, unit, naming: naming(name), role: 'member' as const, canAct };
    const made = await addMember(tools(), given, 'system');
    if (!made) throw new Error('stands there already');
    return made;
  }

  /** Fills in a form of the page at `from`, and gives what follows. */
  async function send(agent: Agent, from: string, to: string, form: Record<string, string>): Promise<Answer> {
    const page = await agent.get(from);
    return agent.post(to, { ...hiddenFields(page.body), ...form });
  }

  async function newest(template: string) {
    const row = await product.app.db
      .selectFrom('outbox')
      .selectAll()
      .where('template', '=', template)
      .orderBy('createdAt', 'desc')
      .executeTakeFirst();
    if (!row) throw new Error(`no message ${template}`);
    return { ...openMessage(product.app.secrets, row), accountId: row.accountId };
  }

  const statuses = async (accountId: string): Promise<string[]> =>
    (await listMemberships(product.app.db, { accountId, limit: 10 })).map(({ status }) => status);

  const numbers = { inn: LILY.unit.inn, kpp: LILY.unit.kpp };

  it('asks to sign in first, and leads back', async () => {
    const person = await addPerson(product.app);
    const agent = createAgent(product.issuer);
    const page = await signInHere(agent, person, PATH);
    expect(page.body).toContain('У вас пока нет компаний');
  });

  it('adds one by application, of which one may wait at a time', async () => {
    const person = await addPerson(product.app);
    const agent = await signIn(person);
    const wrong = await send(agent, `${PATH}/add`, `${PATH}/add`, { inn: '123', kpp: '' });
    expect(wrong.status).toBe(422);
    const unknown = await send(agent, `${PATH}/add`, `${PATH}/add`, { inn: '7707083893', kpp: '773601001' });
    expect(unknown.status).toBe(422);
    expect(unknown.body).toContain('name="company_name"');
    const company = { inn: '7707083893', kpp: '773601001', company_name: 'ООО "Астра"' };
    const ways = await send(agent, `${PATH}/add`, `${PATH}/add`, company);
    expect(ways.status).toBe(200);
    expect(ways.body).toContain('ООО &#34;Астра&#34;');
    expect(ways.body).not.toContain('value="code"');
    const sent = await agent.post(`${PATH}/add`, { ...hiddenFields(ways.body), way: 'apply', comment: '' });
    expect(sent.location).toBe(`${product.issuer}${PATH}?done=applied`);
    const list = await agent.get(`${PATH}?done=applied`);
    expect(list.body).toContain('на рассмотрении');
    const second = { ...company, inn: '7800999994', kpp: '780009009', way: 'apply' };
    const refused = await send(agent, `${PATH}/add`, `${PATH}/add`, second);
    expect(refused.status).toBe(422);
    expect(refused.body).toContain('Одна ваша заявка уже на рассмотрении');
    expect(await statuses(person.id)).toEqual(['requested']);
  });

  it('adds one by the code from its mail: who reads that mail may look, not act', async () => {
    await member((await addPerson(product.app)).id, LILY);
    await setCompanyEmail(tools(), { unit: LILY.unit, email: 'office@example.com' }, 'system');
    const person = await addPerson(product.app);
    const agent = await signIn(person);
    const ways = await send(agent, `${PATH}/add`, `${PATH}/add`, numbers);
    expect(ways.body).toContain('o•••@example.com');
    expect(ways.body).not.toContain('office@example.com');
    const sent = await agent.post(`${PATH}/add`, { ...hiddenFields(ways.body), way: 'code' });
    const path = (sent.location ?? '').slice(product.issuer.length);
    const mail = await newest('company_code');
    expect(mail).toMatchObject({ to: 'office@example.com', accountId: null });
    const { code } = mail.values as { code: string };
    const wrong = await send(agent, path, path, { code: code === '000000' ? '000001' : '000000' });
    expect(wrong.status).toBe(422);
    // Nobody else can use it, nor see that it is there.
    const other = await signIn(await addPerson(product.app));
    expect((await other.get(path)).status).toBe(404);
    const right = await send(agent, path, path, { code });
    expect(right.location).toContain('done=added');
    const [made] = await listMemberships(product.app.db, { accountId: person.id, limit: 1 });
    expect(made).toMatchObject({ status: 'approved', role: 'member', canAct: false });
    expect(await newest('company_added')).toMatchObject({ to: person.email, accountId: person.id });
  });

  it('looks at five wrong codes and no further one, and forgets a code after ten minutes', async () => {
    const person = await addPerson(product.app);
    const agent = await signIn(person);
    const ways = await send(agent, `${PATH}/add`, `${PATH}/add`, numbers);
    const sent = await agent.post(`${PATH}/add`, { ...hiddenFields(ways.body), way: 'code' });
    const path = (sent.location ?? '').slice(product.issuer.length);
    const { code } = (await newest('company_code')).values as { code: string };
    const bad = code === '111111' ? '222222' : '111111';
    const form = hiddenFields((await agent.get(path)).body);
    const tries = await Promise.all(
      Array.from({ length: 8 }, () => agent.post(path, { ...form, code: bad })),
    );
    expect(tries.every(({ status }) => status === 422)).toBe(true);
    expect((await agent.post(path, { ...form, code })).body).toContain('слишком много раз');
    expect((await agent.post(path, { ...form, action: 'resend' })).body).toMatch(/через\s+\d+\s*с/);
    clock.advance(61);
    // Of any number of clicks one sends.
    const clicks = await Promise.all(
      Array.from({ length: 5 }, () => agent.post(path, { ...form, action: 'resend' })),
    );
    const again = clicks.filter(({ status }) => status === 303);
    expect(again).toHaveLength(1);
    const fresh = (again[0]?.location ?? '').slice(product.issuer.length).replace('?done=sent', '');
    expect(fresh).not.toBe(path);
    expect((await agent.get(`${fresh}?done=sent`)).body).toContain('отправлен ещё раз');
    clock.advance(601);
    const late = (await newest('company_code')).values as { code: string };
    expect((await agent.post(fresh, { ...form, code: late.code })).body).toContain('больше не действует');
    expect(await statuses(person.id)).toEqual([]);
  });

  it('adds one by an activation code, and bounds the guessing', async () => {
    const person = await addPerson(product.app);
    const request = { role: 'member', canAct: true, maxUses: 1, ttlSeconds: 3600, count: 1 } as const;
    const company = { unit: ROSE.unit, naming: naming(ROSE.name) };
    const issued = await issueActivationCodes(tools(), { ...request, company }, 'system');
    const code = printedCode(Array.isArray(issued) ? (issued[0]?.code ?? '') : '').toLowerCase();
    const agent = await signIn(person);
    const form = { ...hiddenFields((await agent.get(`${PATH}/add`)).body), way: 'activation' };
    const wrong = await agent.post(`${PATH}/add`, { ...form, activation_code: 'ABCD-EFGH-JKMN' });
    expect([wrong.status, wrong.body.includes('Такого кода нет')]).toEqual([422, true]);
    // Two tabs send the same code at once: it is used once.
    const both = await Promise.all(
      [1, 2].map(() => agent.post(`${PATH}/add`, { ...form, activation_code: code })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([303, 422]);
    expect(await statuses(person.id)).toEqual(['approved']);
    const guesses: number[] = [];
    for (let index = 0; index < 11; index += 1)
      guesses.push((await agent.post(`${PATH}/add`, { ...form, activation_code: 'ABCD-EFGH-JKMN' })).status);
    expect(guesses.slice(0, 8)).toEqual(Array(8).fill(422));
    expect(guesses.at(-1)).toBe(429);
  });

  it('takes one off once, whichever of two tabs is faster', async () => {
    const person = await addPerson(product.app);
    const { number } = await member(person.id, ROSE);
    const agent = await signIn(person);
    const path = `${PATH}/${number}/remove`;
    const page = await agent.get(path);
    expect(page.body).toContain('единственная компания');
    const form = hiddenFields(page.body);
    const both = await Promise.all([agent.post(path, form), agent.post(path, form)]);
    expect(both.map(({ location }) => location)).toEqual(Array(2).fill(`${product.issuer}${PATH}?done=left`));
    expect(await statuses(person.id)).toEqual(['revoked']);
    const { db } = product.app;
    const rows = db.selectFrom('audit').select('id').where('subject', '=', `account:${person.id}`);
    expect(await rows.where('event', '=', 'membership_left').execute()).toHaveLength(1);
    expect(await newest('company_left')).toMatchObject({ to: person.email });
    // Nobody takes off somebody else's.
    const other = await member((await addPerson(product.app)).id, ROSE);
    expect((await agent.get(`${PATH}/${other.number}/remove`)).status).toBe(404);
  });

  it('takes one that has a mail address off with the code from there only', async () => {
    const person = await addPerson(product.app);
    const { number } = await member(person.id, LILY);
    const agent = await signIn(person);
    const asked = await send(agent, `${PATH}/${number}/remove`, `${PATH}/${number}/remove`, {});
    expect(await statuses(person.id)).toEqual(['approved']);
    const path = (asked.location ?? '').slice(product.issuer.length);
    const { code } = (await newest('company_leave_code')).values as { code: string };
    const done = await send(agent, path, path, { code });
    expect(done.location).toContain('done=left');
    expect(await statuses(person.id)).toEqual(['revoked']);
  });

  it('says which company is offered first, and acts for another from now on', async () => {
    const person = await addPerson(product.app);
    const rose = await member(person.id, ROSE);
    const lily = await member(person.id, LILY);
    const agent = await signIn(person);
    const marked = await send(agent, PATH, PATH, { number: String(rose.number), choice: 'default' });
    expect(marked.location).toContain('done=default');
    expect((await agent.get(PATH)).body).toContain('Предлагаем первой');
    const client = await addClient(product.app, { company_choice: 'default' });
    const request = authorizationRequest(client);
    const back = new URL((await agent.get(request.path)).location ?? '');
    const tokens = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
    const companyOf = (json: Record<string, unknown>): string => {
      const claims = Buffer.from(String(json.id_token).split('.')[1] ?? '', 'base64url').toString('utf8');
      return (JSON.parse(claims) as { company: { name: string } }).company.name;
    };
    expect(companyOf(tokens.json)).toBe(ROSE.name);
    await send(agent, PATH, PATH, { number: String(lily.number), choice: 'act' });
    const later = await refreshTokens(agent, client, String(tokens.json.refresh_token));
    expect(companyOf(later.json)).toBe(LILY.name);
  });

  it('adds a contract with its code, to one account only', async () => {
    const [person, other] = [await addPerson(product.app), await addPerson(product.app)];
    const contract = kind === 'embedded' ? '78000000000024' : '78000000000031';
    const request = { role: 'member', canAct: false, maxUses: 2, ttlSeconds: 3600, count: 1 } as const;
    const issued = await issueActivationCodes(tools(), { ...request, contract }, 'system');
    const code = Array.isArray(issued) ? (issued[0]?.code ?? '') : '';
    const agent = await signIn(person, '/account/contracts');
    const path = '/account/contracts';
    const add = (who: Agent, number: string, activation_code: string) =>
      send(who, path, path, { number, activation_code });
    const empty = await add(agent, '12', '');
    expect([empty.status, empty.body.includes('14 цифр')]).toEqual([422, true]);
    expect((await add(agent, '78000000000099', code)).body).toContain('не подходят друг к другу');
    expect((await add(agent, contract, code)).location).toContain('done=added');
    expect((await agent.get(path)).body).toContain(contract);
    expect((await add(agent, contract, code)).body).toContain('уже есть');
    const stranger = await signIn(other, path);
    const taken = await add(stranger, contract, code);
    expect([taken.status, taken.body.includes('в другую учётную запись')]).toEqual([422, true]);
    // What a wrong code is told, and when the tries are over, says nothing of the contract.
    const guessing = await signIn(await addPerson(product.app), path);
    const told = async (number: string) => {
      const { status, body } = await add(guessing, number, 'AAAA-AAAA-AAAA');
      return [status, /id="activation_code-problem">([^<]*)/.exec(body)?.[1]];
    };
    for (let turn = 0; turn < 6; turn += 1) {
      const known = await told(contract);
      expect(known[0]).toBe(turn < 5 ? 422 : 429);
      expect(await told('78000000000077')).toEqual(known);
    }
  });

  it('shows consents, switches advertising, and closes the account when a required one is withdrawn', async () => {
    const { db, viewsDir } = product.app;
    const person = await addPerson(product.app);
    const documents = await createDocuments({ db, clock, viewsDir }).required();
    const facts = { form: 'registration', way: 'box', address: '192.0.2.7', userAgent: 'test' } as const;
    const consents = documents.map(agreedVersion);
    await db
      .transaction()
      .execute((trx) => giveConsents(trx, { accountId: person.id, consents, facts, at: clock.now() }));
    const path = '/account/consents';
    const agent = await signIn(person, path);
    const advertising = async (): Promise<string | undefined> =>
      (await listNewestConsents(db, person.id)).find(({ document }) => document === 'marketing')?.action;
    await send(agent, path, path, { advertising: 'on' });
    expect(await advertising()).toBe('given');
    await send(agent, path, path, { advertising: 'off' });
    expect(await advertising()).toBe('withdrawn');

    const withdraw = `${path}/personal_data/withdraw`;
    expect((await agent.get(withdraw)).body).toContain('не позднее чем через 30 дней');
    clock.advance(700);
    // What ends the account wants a sign-in of now.
    const page = await signInHere(agent, person, withdraw);
    expect(page.body).toContain('Отозвать согласие и закрыть');
    const done = await agent.post(withdraw, hiddenFields(page.body));
    expect(done.location).toBe(`${product.issuer}${path}/withdrawn`);
    const goodbye = await agent.get(`${path}/withdrawn`);
    expect(goodbye.body).toContain('Сведения о вас будут уничтожены');
    expect((await agent.get(path)).location).toContain('/auth?');
    clock.advance(2);
    const back = await signInHere(agent, person, path);
    expect(back.body).toContain('Вы отозвали согласие');
    const asked = documents.find(({ name }) => name === 'personal_data');
    const form = { ...hiddenFields(back.body), version: asked?.version ?? '', again: 'personal_data' };
    expect((await agent.post(path, form)).location).toContain('done=again');
    const open = db.selectFrom('accountClosings').select('id').where('accountId', '=', person.id);
    expect(await open.where('undoneAt', 'is', null).execute()).toEqual([]);
  });

  it('writes what the person wants, and shows what was written', async () => {
    const person = await addPerson(product.app);
    const path = '/account/notifications';
    const agent = await signIn(person, path);
    const saved = await send(agent, path, path, { colleagues: 'yes', contracts: 'yes' });
    expect(saved.location).toContain('done=saved');
    const page = await agent.get(path);
    expect(/name="decisions"[^>]*checked/.test(page.body)).toBe(false);
    expect(/name="contracts"[^>]*checked/.test(page.body)).toBe(true);
    await addMember(
      tools(),
      { accountId: person.id, unit: ROSE.unit, naming: naming(ROSE.name), role: 'contact', canAct: false },
      'system',
    );
    expect((await agent.get('/account/messages')).body).toContain('Писем и SMS пока не было');
    await send(agent, path, path, { decisions: 'yes' });
    const { number } = await member(person.id, { unit: { inn: '7707083893', kpp: '773601001' }, name: 'А' });
    await send(agent, `${PATH}/${number}/remove`, `${PATH}/${number}/remove`, {});
    const history = await agent.get('/account/messages');
    expect(history.body).toContain('Компания удалена');
    expect(history.body).toContain(`p•••@example.com`);
    expect(history.body).not.toContain(person.email);
  });
});
