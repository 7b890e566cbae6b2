/** The pages of a company's contact person, reached by the mailed link: deciding, races, and who is kept out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { blockAccount } from '../../src/accounts/change-account';
import { changeMembership } from '../../src/companies/memberships/change-membership';
import { findMembershipByNumber, listMemberships } from '../../src/companies/memberships/store';
import { attachTo, decideOn, enterAt, openOffice } from '../approvals/office';
import { mchdXml, signature, upload } from '../attorney/documents';
import { mailedLink, messagesTo } from '../registration/wizard';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import { authorizationRequest, follow, hiddenFields, redeemCode, signIn } from '../support/relying-party';

describe.each(storageKinds)('a contact person on %s', (kind) => {
  let product: TestProduct;
  let folder: string;
  const clock = movableClock(new Date());
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'approvals-'));
    product = await startProduct(kind, { env: { DATA_DIR: folder }, clock });
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
    // What comes next is newer than their appointment.
    clock.advance(1);
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
    const xml = mchdXml({ inn: office.unit.inn, validUntil: '2076-11-21' });
    await attachTo(product, number, [upload('мчд.xml', xml), upload('мчд.xml.sig', signature())]);
    expect((await enter(agent, contact)).body).toContain('Приложена доверенность');
    const page = await agent.get(`/approvals/${number}`);
    expect(page.body).toContain(`ИНН компании: совпадает (${office.unit.inn})`);
    expect(page.body).toContain('Фамилия: не совпадает. В доверенности Вымышленная, в заявке Вымышленный');
    expect(page.body).toContain('value="2076-11-21"');
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
    await decideOn(agent, issuer, number, { ...form, valid_until: '2076-11-21' });
    expect(await claimOf(person)).toMatchObject([{ status: 'approved', can_act: true }]);
    const membership = await findMembershipByNumber(app.db, number);
    expect(membership?.canActUntil).toEqual(new Date('2076-11-21T20:59:59.999Z'));
  });

  it('decides about a power of attorney that a member attached after the approval', async () => {
    const { issuer, app } = product;
    const { office, contact, agent } = await contactAt();
    const { person, number } = await office.applicant();
    await enter(agent, contact);
    await decideOn(agent, issuer, number, { decision: 'approve' });
    const path = `/approvals/${number}`;
    expect((await agent.get(path)).body).not.toContain('accept_power');
    await attachTo(product, number, [upload('мчд.xml', mchdXml()), upload('мчд.xml.sig', signature())]);
    expect((await agent.get('/approvals')).body).toMatch(
      new RegExp(`Доверенности на проверку[^]*href="${path}"`),
    );
    const page = await agent.get(path);
    const { form_token: token = '', power = '' } = hiddenFields(page.body);
    const decide = (form: Record<string, string>) => agent.post(path, { form_token: token, power, ...form });
    const noDay = await decide({ decision: 'accept_power', valid_until: '' });
    expect([noDay.status, noDay.body]).toEqual([422, expect.stringContaining('Укажите, до какого дня')]);
    const noWord = await decide({ decision: 'decline_power', comment: ' ' });
    expect(noWord.body).toContain('Напишите, в чём причина');
    const done = await decide({ decision: 'accept_power', valid_until: '2076-11-21' });
    expect((await follow(agent, issuer, done)).body).toContain('Доверенность принята');
    expect((await findMembershipByNumber(app.db, number))?.canAct).toBe(true);
    expect((await messagesTo(app, person.email)).map((mail) => mail.template)).toContain('power_accepted');
    const late = await decide({ decision: 'decline_power', comment: 'Поздно' });
    expect([late.status, late.body]).toEqual([409, expect.stringContaining('Заявка изменилась')]);
    const foreign = await contactAt();
    await enter(foreign.agent, foreign.contact);
    expect((await foreign.agent.post(path, { form_token: token, power })).status).toBe(403);
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

  it('attack 54, attack 55: is nobody to other companies, and to their own application', async () => {
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

  it('sees of what has ended no address, phone or papers, and after thirty days nothing', async () => {
    const { issuer } = product;
    const { office, contact, agent } = await contactAt();
    const { person, number } = await office.applicant();
    await attachTo(product, number, [upload('m.xml', mchdXml()), upload('m.sig', signature())]);
    const page = await enter(agent, contact, `/approvals/${number}`);
    const file = /href="(\/approvals\/\d+\/files\/[^"]+)"/.exec(page.body)?.[1] ?? '';
    expect((await agent.get(file)).status).toBe(200);
    expect(page.body).toContain(person.email);
    await decideOn(agent, issuer, number, { decision: 'decline', reason: 'not_employee' });
    const over = await agent.get(`/approvals/${number}`);
    expect(over.body).toContain('Это решили вы.');
    expect(over.body).not.toContain(person.email);
    expect(over.body).not.toContain('/files/');
    expect((await agent.get(file)).status).toBe(404);
    clock.advance(30 * 86_400);
    const later = createAgent(issuer);
    expect(await enter(later, contact, '/approvals')).toMatchObject({ status: 200 });
    expect((await later.get(`/approvals/${number}`)).status).toBe(404);
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

  it('suspends, restores and ends the access of a colleague', async () => {
    const { issuer, app } = product;
    const { office, contact, agent } = await contactAt();
    const [colleague, stranger] = [await addPerson(app), await addPerson(app)];
    await office.member(colleague, 'member');
    await openOffice(product).member(stranger, 'member');
    const numberOf = async ({ id: accountId }: TestPerson) =>
      (await listMemberships(app.db, { accountId, limit: 1 }))[0]?.number ?? 0;
    const path = `/approvals/members/${await numberOf(colleague)}`;
    const list = await enter(agent, contact, '/approvals/members');
    expect(list.body.match(/href="\/approvals\/members\/\d+"/g)).toEqual([`href="${path}"`]);
    const change = async (kind: string, reason = 'проверка', page?: Answer) =>
      agent.post(path, { ...hiddenFields((page ?? (await agent.get(path))).body), change: kind, reason });

    const seen = await agent.get(path);
    expect((await change('suspend', ' ')).body).toContain('Напишите причину');
    const done = await follow(agent, issuer, await change('suspend'));
    expect(done.body).toContain('Доступ приостановлен: Вымышленный Иван Иванович.');
    await expect(claimOf(colleague)).rejects.toThrow('Доступ приостановлен');
    const stale = await change('revoke', 'уволился', seen);
    expect(stale.status).toBe(409);
    expect(stale.body).toContain('Кто-то уже изменил этот доступ');
    await change('restore');
    expect(await claimOf(colleague)).toMatchObject([{ status: 'approved' }]);

    const [member] = await listMemberships(app.db, { accountId: colleague.id, limit: 1 });
    const tools = { ...app, issuer };
    await changeMembership(tools, member?.id ?? '', { kind: 'suspend', reason: 'x' }, 'operator:test');
    const held = await agent.get(path);
    expect(held.body).toContain('Доступ приостановил оператор port.one');
    expect(held.body).not.toContain('value="restore"');
    expect((await change('restore', 'проверка', held)).status).toBe(404);
    await expect(claimOf(colleague)).rejects.toThrow('Доступ приостановлен');
    await change('revoke', 'уволился');
    const told = (await messagesTo(app, colleague.email)).map((mail) => mail.template).sort();
    expect(told).toEqual([
      'membership_restored',
      'membership_revoked',
      ...['membership_suspended', 'membership_suspended'],
    ]);

    const hidden = [await numberOf(stranger), await numberOf(contact), await numberOf(colleague)];
    for (const number of hidden) expect((await agent.get(`/approvals/members/${number}`)).status).toBe(404);
    const { number } = await office.applicant();
    expect((await agent.get(`/approvals/members/${number}`)).status).toBe(404);
    expect((await enter(createAgent(issuer), stranger, '/approvals/members')).status).toBe(403);
  });

  it('leaves one of two who dismiss each other at once', async () => {
    const first = await contactAt();
    const second = await contactAt(first.office);
    const both = [first, second];
    for (const { agent, contact } of both) await enter(agent, contact, '/approvals/members');
    const answers = await Promise.all(
      both.map(async ({ agent }) => {
        const list = await agent.get('/approvals/members');
        const path = /href="(\/approvals\/members\/\d+)"/.exec(list.body)?.[1] ?? '';
        const fields = hiddenFields((await agent.get(path)).body);
        return () => agent.post(path, { ...fields, change: 'revoke', reason: 'уволился' });
      }),
    );
    const results = await Promise.all(answers.map((send) => send()));
    expect(results.map((answer) => answer.status).sort()).toEqual([303, 404]);
    const left = await Promise.all(both.map(({ agent }) => agent.get('/approvals/members')));
    expect(left.map((answer) => answer.status).sort()).toEqual([200, 403]);
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
