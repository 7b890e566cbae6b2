/** The page of a company's contact person, signing in to our own pages, and what relying parties admit. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { blockAccount } from '../../src/accounts/change-account';
import { changeMembership } from '../../src/companies/memberships/change-membership';
import { findMembershipByNumber } from '../../src/companies/memberships/store';
import { attachTo, decideOn, enterAt, openOffice } from '../approvals/office';
import { mchdXml, signature, upload } from '../attorney/documents';
import { mailedLink, messagesTo } from '../registration/wizard';
import { createAgent, type Agent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  redeemCode,
  signIn,
  submitSignIn,
} from '../support/relying-party';

describe.each(storageKinds)('a contact person on %s', (kind) => {
  let product: TestProduct;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'approvals-'));
    product = await startProduct(kind, { env: { DATA_DIR: folder } });
  });
  afterAll(async () => {
    await product.close();
    rmSync(folder, { recursive: true });
  });

  /** A company, its contact person, and their browser with the list open. */
  const contactAt = async (office = openOffice(product)) => {
    const contact = await addPerson(product.app);
    const membership = await office.member(contact);
    const agent = createAgent(product.issuer);
    return { office, contact, membership, agent };
  };
  const enter = (agent: Agent, person: TestPerson, path = '/approvals') =>
    enterAt(agent, product.issuer, path, person);
  const status = async (number: number) => (await findMembershipByNumber(product.app.db, number))?.status;
  const claimOf = async (person: TestPerson, clientId?: string) => {
    const client = await addClient(product.app, clientId === undefined ? {} : { client_id: clientId });
    const request = authorizationRequest(client);
    const agent = createAgent(product.issuer);
    const back = await signIn(agent, product.issuer, request, person);
    const { json } = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
    return decodeJwt(String(json.id_token)).companies;
  };

  it('comes by the mailed link, signs in on the way and lets a colleague in', async () => {
    const { app, issuer } = product;
    const { office, contact, agent } = await contactAt();
    const { person, number } = await office.applicant();
    const link = await mailedLink(app, issuer, contact.email);
    expect(link).toBe(`/approvals/${number}`);
    const page = await enter(agent, contact, link);
    expect(page).toMatchObject({ status: 200, path: link });
    expect(page.body).toContain(person.email);
    expect(page.body).toContain(`${office.unit.inn} / ${office.unit.kpp}`);

    const done = await decideOn(agent, issuer, number, { decision: 'approve', can_act: 'yes' }, page);
    const list = await follow(agent, issuer, done);
    expect(list.body).toContain(`Заявка ${number} одобрена`);
    expect(list.body).toContain('Сейчас никто не ждёт решения');
    const { inn, kpp } = office.unit;
    const standing = { status: 'approved', role: 'member', can_act: true };
    expect(await claimOf(person)).toEqual([{ inn, kpp, ogrn: null, name: office.name, ...standing }]);
  });

  it('makes a contact person, declines with a reason, asks a question', async () => {
    const { app, issuer } = product;
    const { office, contact, agent } = await contactAt();
    const [first, second, third] = [
      await office.applicant(),
      await office.applicant(),
      await office.applicant(),
    ];
    const list = await enter(agent, contact);
    const numbers = [...list.body.matchAll(/href="\/approvals\/(\d+)"/g)].map(([, number]) => Number(number));
    expect(numbers).toEqual([first.number, second.number, third.number]);

    await decideOn(agent, issuer, first.number, { decision: 'approve', contact: 'yes' });
    expect(await claimOf(first.person)).toMatchObject([{ role: 'contact', can_act: false }]);

    const empty = await decideOn(agent, issuer, second.number, { decision: 'decline' });
    expect(empty.status).toBe(422);
    expect(empty.body).toContain('Выберите причину отказа');
    const words = { decision: 'decline', reason: 'other', comment: ' \u0000 ' };
    expect((await decideOn(agent, issuer, second.number, words)).body).toContain('Напишите, в чём причина');
    const declined = await decideOn(agent, issuer, second.number, {
      ...words,
      comment: 'Не <b>наш</b>\u0000',
    });
    expect((await follow(agent, issuer, declined)).body).toContain(`Заявка ${second.number} отклонена`);
    const [mail] = await messagesTo(app, second.person.email);
    expect(mail).toMatchObject({ template: 'application_declined', values: { comment: 'Не <b>наш</b>' } });
    const over = await agent.get(`/approvals/${second.number}`);
    expect(over.body).toContain('Это решили вы.');
    expect(over.body).toContain('Не &lt;b&gt;наш&lt;/b&gt;');
    expect(over.body).not.toContain('name="decision"');

    const none = await decideOn(agent, issuer, third.number, { decision: 'ask', question: ' ' });
    expect(none.body).toContain('Напишите вопрос');
    await decideOn(agent, issuer, third.number, { decision: 'ask', question: 'Кто вас направил?' });
    expect((await agent.get('/approvals')).body).toContain('Ждём ответа на вопрос');
    expect((await agent.get(`/approvals/${third.number}`)).body).toContain('Пока нет ответа.');
  });

  it('reads an attached power of attorney beside the application, and accepts it', async () => {
    const { issuer, app } = product;
    const { office, contact, agent } = await contactAt();
    const { person, number } = await office.applicant();
    const xml = mchdXml({ inn: office.unit.inn, validUntil: '2030-11-21' });
    await attachTo(product, number, [upload('мчд.xml', xml), upload('мчд.xml.sig', signature())]);
    expect((await enter(agent, contact)).body).toContain('Приложена доверенность');
    const page = await agent.get(`/approvals/${number}`);
    expect(page.body).toContain(`ИНН компании: совпадает (${office.unit.inn})`);
    expect(page.body).toContain('Фамилия: не совпадает. В доверенности Вымышленная, в заявке Вымышленный');
    expect(page.body).toContain('value="2030-11-21"');
    const [, file = ''] = /href="(\/approvals\/\d+\/files\/[\w-]+)"/.exec(page.body) ?? [];
    const given = await agent.get(file);
    expect(given.body).toBe(xml);
    expect(given.headers['content-disposition']).toMatch(/^attachment;/);
    expect((await createAgent(issuer).get(file)).location).toContain('/auth?');
    const foreign = await contactAt();
    await enter(foreign.agent, foreign.contact);
    expect((await foreign.agent.get(file)).status).toBe(404);

    const form = { decision: 'approve', accept_power: 'yes' };
    const noDay = await decideOn(agent, issuer, number, { ...form, valid_until: '2030-02-31' });
    expect(noDay.body).toContain('Укажите, до какого дня действует доверенность');
    const over = await decideOn(agent, issuer, number, { ...form, valid_until: '2020-01-01' });
    expect(over.body).toContain('Этот день уже прошёл');
    await decideOn(agent, issuer, number, { ...form, valid_until: '2030-11-21' });
    expect(await claimOf(person)).toMatchObject([{ status: 'approved', can_act: true }]);
    const membership = await findMembershipByNumber(app.db, number);
    expect(membership?.canActUntil).toEqual(new Date('2030-11-21T20:59:59.999Z'));
  });

  it('is shown anew what changed after they looked, and who was faster', async () => {
    const { issuer } = product;
    const { office, contact, agent } = await contactAt();
    const other = await contactAt(office);
    const { person, number } = await office.applicant();
    const seen = await enter(agent, contact, `/approvals/${number}`);
    await enter(other.agent, other.contact);
    await decideOn(other.agent, issuer, number, { decision: 'ask', question: 'Кто вас направил?' });

    const stale = await decideOn(agent, issuer, number, { decision: 'approve' }, seen);
    expect(stale.status).toBe(409);
    expect(stale.body).toContain('Заявка изменилась, посмотрите ещё раз');
    expect(stale.body).toContain('Кто вас направил?');
    expect(await status(number)).toBe('requested');

    await decideOn(other.agent, issuer, number, { decision: 'decline', reason: 'not_employee' });
    const late = await decideOn(agent, issuer, number, { decision: 'approve' }, stale);
    expect(late.status).toBe(409);
    expect(late.body).toContain('Заявка отклонена');
    expect(late.body).toContain('Решение: Вымышленный Иван Иванович.');
    expect(await status(number)).toBe('declined');
    expect((await messagesTo(product.app, person.email)).map((mail) => mail.template)).not.toContain(
      'application_approved',
    );
  });

  it('decides once, whoever is at it at the same moment', async () => {
    const { issuer } = product;
    const { office, contact, agent } = await contactAt();
    const other = await contactAt(office);
    await enter(agent, contact);
    await enter(other.agent, other.contact);
    for (let round = 0; round < 5; round += 1) {
      const { person, number } = await office.applicant();
      const forms: Record<string, string>[] = [
        { decision: 'approve' },
        { decision: 'decline', reason: 'duplicate' },
        { decision: 'approve', contact: 'yes' },
      ];
      const pages = await Promise.all([agent, other.agent].map((each) => each.get(`/approvals/${number}`)));
      const answers = await Promise.all(
        [agent, other.agent].flatMap((each, index) =>
          forms.map((form) => decideOn(each, issuer, number, form, pages[index])),
        ),
      );
      expect(answers.map((answer) => answer.status).sort()).toEqual([303, 409, 409, 409, 409, 409]);
      const told = (await messagesTo(product.app, person.email)).map((mail) => mail.template);
      expect(told.filter((template) => /_(approved|declined)$/.test(template))).toHaveLength(1);
    }
  });

  it('is nobody to other companies, and to their own application', async () => {
    const { issuer } = product;
    const { contact, agent } = await contactAt();
    const foreign = await openOffice(product, 'ООО "Другое"').applicant();
    await enter(agent, contact);
    expect((await agent.get(`/approvals/${foreign.number}`)).status).toBe(404);
    const own = await openOffice(product).applicant({ person: contact });
    const colleague = openOffice(product);
    await colleague.member(contact);
    const page = await agent.get(`/approvals/${(await colleague.applicant()).number}`);
    expect((await agent.get(`/approvals/${own.number}`)).status).toBe(404);
    for (const { number } of [foreign, own]) {
      const answer = await decideOn(agent, issuer, number, { decision: 'approve' }, page);
      expect([403, 404]).toContain(answer.status);
      expect(await status(number)).toBe('requested');
    }
    for (const path of ['0', '-1', '1e3', '99999999999', 'x', `${foreign.number}/files/x`])
      expect((await agent.get(`/approvals/${path}`)).status).toBe(404);
  });

  it('needs the form of the page, signed in as who opened it', async () => {
    const { issuer } = product;
    const { office, contact, agent } = await contactAt();
    const { number } = await office.applicant();
    const page = await enter(agent, contact, `/approvals/${number}`);
    const { version = '' } = hiddenFields(page.body);
    const forged = await agent.post(`/approvals/${number}`, { version, decision: 'approve' });
    expect(forged.status).toBe(403);
    const stranger = createAgent(issuer);
    const asked = await decideOn(stranger, issuer, number, { decision: 'approve' }, page);
    expect(asked).toMatchObject({ status: 303, location: expect.stringContaining('/auth?') as string });
    expect(await status(number)).toBe('requested');
  });

  it('who is none reads so, also while they wait', async () => {
    const { office } = await contactAt();
    const { person } = await office.applicant();
    const page = await enter(createAgent(product.issuer), person);
    expect(page).toMatchObject({ status: 403, path: '/approvals' });
    expect(page.body).toContain('Вы не контактное лицо ни одной компании');
    expect(page.body).toContain('href="/session/end"');
  });

  it('is out at once when blocked, dismissed or signed out', async () => {
    const { app } = product;
    const tools = { ...app, issuer: product.issuer };
    const { office, contact, membership, agent } = await contactAt();
    const { number } = await office.applicant();
    const page = await enter(agent, contact, `/approvals/${number}`);
    await changeMembership(tools, membership, { kind: 'suspend', reason: 'отпуск' }, 'operator:test');
    expect((await agent.get('/approvals')).status).toBe(403);
    expect((await decideOn(agent, product.issuer, number, { decision: 'approve' }, page)).status).toBe(404);
    await changeMembership(tools, membership, { kind: 'restore', reason: 'вышел' }, 'operator:test');
    expect((await agent.get(`/approvals/${number}`)).status).toBe(200);

    await blockAccount(tools, contact.id, 'проверка', 'operator:test');
    expect((await agent.get(`/approvals/${number}`)).status).toBe(303);
    const late = await decideOn(agent, product.issuer, number, { decision: 'approve' }, page);
    expect(late.location).toContain('/auth?');
    expect(await status(number)).toBe('requested');
  });
});

describe('our own pages as a relying party', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('embedded');
  });
  afterAll(() => product.close());

  it('get no code, no token and no grant', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const agent = createAgent(issuer);
    const started = await agent.get('/approvals');
    const request = new URL(started.location ?? '');
    expect(request.searchParams.get('response_type')).toBe('none');
    const asked = await agent.get(request.pathname + request.search);
    const path = new URL(asked.location ?? '').pathname;
    const page = { ...(await agent.get(path)), path };
    expect(page.body).toContain('port.one ID');
    const resumed = await submitSignIn(agent, page, person);
    const back = await agent.get(new URL(resumed.location ?? '').pathname);
    const { pathname, searchParams } = new URL(back.location ?? '');
    expect(pathname).toBe('/signed-in');
    expect([...searchParams.keys()].sort()).toEqual(['iss', 'state']);
    expect(
      await app.db.selectFrom('grants').selectAll().where('accountId', '=', person.id).execute(),
    ).toEqual([]);

    for (const type of ['code', 'id_token', 'token', 'code id_token']) {
      request.searchParams.set('response_type', type);
      const refused = await agent.get(request.pathname + request.search);
      expect(refused.location ?? '').not.toMatch(/[?#&](code|id_token|access_token)=/);
      expect(`${refused.location ?? ''}${refused.body}`).toMatch(/unsupported_response_type|invalid_request/);
    }
    const other = await addClient(app);
    const none = await agent.get(authorizationRequest(other, { response_type: 'none' }).path);
    expect(none.location).toContain('error=invalid_request');
  });

  it('lead back to themselves only', async () => {
    const { issuer } = product;
    const agent = createAgent(issuer);
    const started = await agent.get('/approvals');
    const state = new URL(started.location ?? '').searchParams.get('state') ?? '';
    const [token = ''] = state.split(' ');
    const after = async (sent: string, more = '') =>
      (await agent.get(`/signed-in?state=${encodeURIComponent(sent)}${more}`)).location;
    expect(await after(state)).toBe(`${issuer}/approvals`);
    const bad = [
      '',
      token,
      `${token} https://evil.example/`,
      `${token} //evil.example`,
      `${token} /\\evil.example`,
      `${token} /approvals/../..//evil.example`,
      `${token} /account`,
      'x /approvals',
      '/approvals',
    ];
    for (const sent of bad) expect(await after(sent)).toBe(`${issuer}/`);
    expect(await after(state, '&error=access_denied')).toBe(`${issuer}/`);
    const elsewhere = await createAgent(issuer).get(`/signed-in?state=${encodeURIComponent(state)}`);
    expect(elsewhere.location).toBe(`${issuer}/`);

    const request = new URL(started.location ?? '');
    request.searchParams.set('redirect_uri', 'https://evil.example/');
    const refused = await agent.get(request.pathname + request.search);
    expect({ status: refused.status, location: refused.location }).toEqual({
      status: 400,
      location: undefined,
    });
    // Cancelled: to our home page, not into a circle.
    const page = await agent.get(
      new URL((await agent.get((started.location ?? '').slice(issuer.length))).location ?? '').pathname,
    );
    const cancel = /formaction="([^"]+\/cancel)"/.exec(page.body)?.[1] ?? '';
    const cancelled = await agent.post(cancel, hiddenFields(page.body));
    const end = await follow(agent, issuer, cancelled);
    expect(end.body).toContain('<h1>Служба входа</h1>');
  });

  it('are the place where a registration may begin', async () => {
    const { issuer, app } = product;
    const agent = createAgent(issuer);
    const asked = await agent.get(((await agent.get('/approvals')).location ?? '').slice(issuer.length));
    const first = await follow(
      agent,
      issuer,
      await agent.get(`${new URL(asked.location ?? '').pathname}/register`),
    );
    expect(first.body).toContain('1 / 3 Данные пользователя');
    const rows = await app.db.selectFrom('registrations').select(['clientId', 'path']).execute();
    expect(rows).toContainEqual({ clientId: null, path: 'port-one' });
  });

  it('cannot be registered by anybody', async () => {
    await expect(addClient(product.app, { client_id: 'port-one-id' })).rejects.toThrow('built in');
  });
});

describe('a relying party', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('embedded');
  });
  afterAll(() => product.close());

  it('may admit people who wait, and then learns that they do', async () => {
    const { app, issuer } = product;
    const office = openOffice(product);
    const { person, number } = await office.applicant();
    const open = await addClient(app, { admits: 'waiting' });
    const request = authorizationRequest(open);
    const agent = createAgent(issuer);
    const back = await signIn(agent, issuer, request, person);
    const { json } = await redeemCode(agent, open, request, back.searchParams.get('code') ?? '');
    expect(decodeJwt(String(json.id_token)).companies).toMatchObject([
      { status: 'requested', can_act: false },
    ]);

    const closed = await addClient(app);
    const stopped = await follow(agent, issuer, await agent.get(authorizationRequest(closed).path));
    expect(stopped.body).toContain('Заявка на рассмотрении');

    const contact = await addPerson(app);
    await office.member(contact);
    const decider = createAgent(issuer);
    await enterAt(decider, issuer, '/approvals', contact);
    await decideOn(decider, issuer, number, { decision: 'decline', reason: 'duplicate' });
    const declined = await follow(agent, issuer, await agent.get(authorizationRequest(open).path));
    expect(declined.body).toContain('Заявку отклонили');
  });

  it('closes to whom no company lets in any more', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const client = await addClient(app);
    const membership = await openOffice(product).member(person, 'member');
    const agent = createAgent(issuer);
    const back = await signIn(agent, issuer, authorizationRequest(client), person);
    expect(back.searchParams.get('code')).not.toBeNull();
    const end = { kind: 'revoke', reason: 'уволился' } as const;
    await changeMembership({ ...app, issuer }, membership, end, 'operator:test');
    const page = await follow(agent, issuer, await agent.get(authorizationRequest(client).path));
    expect(page.body).toContain('Доступ закрыт');
  });

  it('is opened where its sign-in begins, else at its home', async () => {
    const { app, issuer } = product;
    const start = { initiate_login_uri: 'https://cabinet.example/enter?from=mail' };
    const [begins, home, native] = [
      await addClient(app, { ...start, client_uri: 'https://cabinet.example/home' }),
      await addClient(app, { client_uri: 'https://cabinet.example/home' }),
      await addClient(app, {
        redirect_uris: ['com.example.app:/callback'],
        post_logout_redirect_uris: [],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
      }),
    ];
    const opened = async (id: string) => (await createAgent(issuer).get(`/open/${id}`)).location;
    const iss = encodeURIComponent(issuer);
    expect(await opened(begins.id)).toBe(`https://cabinet.example/enter?from=mail&iss=${iss}`);
    expect(await opened(home.id)).toBe('https://cabinet.example/home');
    expect(await opened(native.id)).toBe(`${issuer}/`);
    for (const id of ['nobody', 'port-one-id', '%00', 'https:%2F%2Fevil.example'])
      expect(await opened(id)).toBe(`${issuer}/`);
  });
});
