/** Powers of attorney over HTTP: at the last step, on the waiting page, before a reviewer; and what must not get in. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '../../src/attorney/attorney';
import { FileStoreError } from '../../src/attorney/file-store';
import { readPowerFile } from '../../src/attorney/read-power-file';
import { listPowers } from '../../src/attorney/store';
import { renewSeals, sweepPowers } from '../../src/attorney/sweep-powers';
import { findAccountByIdentifier } from '../../src/accounts/store';
import { changeMembership } from '../../src/companies/memberships/change-membership';
import {
  approveMembership,
  askForMore,
  declineMembership,
} from '../../src/companies/memberships/decide-membership';
import { tendApplications } from '../../src/companies/memberships/remind';
import { listMemberships } from '../../src/companies/memberships/store';
import { requestLegacyLink } from '../../src/legacy-accounts/link';
import { createSecrets } from '../../src/secrets';
import { EICAR, openTestClamAv, type TestClamAv } from '../support/clamav';
import { createAgent, type Agent } from '../support/agent';
import { addClient, startProduct, type TestClient, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { MULTIPART, multipartBody, sendFiles, type SentFile } from '../support/multipart';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  submitSignIn,
} from '../support/relying-party';
import { jpeg, mchdXml, pdf, signature } from '../attorney/documents';
import {
  COMPANY,
  mailedLink,
  NEW_PASSWORD,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
  type Registrant,
} from '../registration/wizard';

const PAGE = '/register/power-of-attorney';
const OPERATOR = { kind: 'operator' as const, actor: 'operator:test' };
const scan: SentFile = { name: 'Доверенность "1".pdf', bytes: pdf(), type: 'application/pdf' };
const mchd = (options = {}): SentFile[] => [
  { name: 'ON_EMCHD_1.xml', bytes: Buffer.from(mchdXml(options)), type: 'text/xml' },
  { name: 'ON_EMCHD_1.xml.sig', bytes: signature() },
];

describe.each(storageKinds)('powers of attorney on %s', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'data-'));
  const clock = movableClock(new Date());
  let clamav: TestClamAv;
  let product: TestProduct;
  let client: TestClient;
  beforeAll(async () => {
    clamav = await openTestClamAv();
    const env = { ...ROOMY, DATA_DIR: folder, CLAMAV_SOCKET: clamav.address, TRUSTED_PROXIES: '127.0.0.1' };
    product = await startProduct(kind, { env, clock, nodes: kind === 'postgres' ? 2 : 1 });
    client = await addClient(product.app);
  });
  afterEach(() => clamav.fail(undefined));
  afterAll(async () => {
    await product.close();
    await clamav.close();
    rmSync(folder, { recursive: true });
  });

  const stored = (): string[] => {
    try {
      return readdirSync(join(folder, 'files'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.includes('/'),
      );
    } catch {
      return [];
    }
  };
  /** Somebody at the last step, before the mail. */
  const atLastStep = async (person: Registrant = newRegistrant()): Promise<Agent> => {
    const agent = createAgent(product.issuer);
    await startWizard(product.app, product.issuer, agent).fill(person);
    return agent;
  };
  const attach = async (agent: Agent, path: string, files: readonly SentFile[], port?: number) =>
    sendFiles(agent, path, hiddenFields((await agent.get(path)).body), files, { port });
  const prove = async (person: Registrant): Promise<void> => {
    const link = await mailedLink(product.app, product.issuer, person.email);
    await pressLink(createAgent(product.issuer), product.issuer, link);
  };
  const enter = async (person: Registrant) => {
    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(client));
    const sent = await submitSignIn(agent, page, { email: person.email, password: NEW_PASSWORD });
    const answer = await follow(agent, product.issuer, sent);
    const path = /action="([^"]+\/waiting)"/.exec(answer.body)?.[1] ?? '';
    return { agent, answer, path };
  };
  const applicationOf = async (person: Registrant) => {
    const accountId = (await findAccountByIdentifier(product.app.db, person.email))?.id ?? '';
    const application = (await listMemberships(product.app.db, { accountId, limit: 10 })).at(-1);
    if (!application) throw new Error(`no application of ${person.email}`);
    return application;
  };
  const tools = () => ({ ...product.app, issuer: product.issuer });

  it('attack 55, attack 58: are attached at the last step, go over to the application, and are accepted with it', async () => {
    const person = newRegistrant();
    const agent = await atLastStep(person);
    expect((await agent.get('/register')).body).toContain('Прикрепить доверенность');
    const sent = await attach(agent, PAGE, [scan, { name: 'p2.jpg', bytes: jpeg() }]);
    expect([sent.status, sent.location]).toEqual([303, product.issuer + PAGE]);
    const page = await agent.get(PAGE);
    expect(page.body).toContain('ждёт проверки');
    expect(page.body).toContain('Доверенность _1_.pdf');

    const href = /href="([^"]+\/files\/[^"]+)"/.exec(page.body)?.[1] ?? '';
    const file = await agent.get(href);
    expect(file.body).toBe(pdf().toString());
    const { headers } = file as { headers: Record<string, unknown> };
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers['content-disposition']).toMatch(/^attachment; filename=.*filename\*=UTF-8''/);
    expect(headers['content-security-policy']).toContain('sandbox');
    const other = await atLastStep();
    expect((await other.get(href)).status).toBe(404);
    expect((await createAgent(product.issuer).get(href)).location).toBe(`${product.issuer}/register`);

    await prove(person);
    expect((await agent.get(PAGE)).location).toBe(`${product.issuer}/register`);
    const application = await applicationOf(person);
    const [power] = await listPowers(product.app.db, { membershipId: application.id });
    expect(power).toMatchObject({
      kind: 'scan',
      state: 'attached',
      files: [{ position: 0 }, { position: 1 }],
    });
    const { number, version } = application;
    const grant = { role: 'member' as const, canAct: false, acceptPower: { validUntil: null } };
    expect(await approveMembership(tools(), { number, version, ...grant }, OPERATOR)).toBe('done');
    expect(await applicationOf(person)).toMatchObject({ canAct: true, canActUntil: null });
    const [accepted] = await listPowers(product.app.db, { membershipId: application.id });
    expect(accepted).toMatchObject({ state: 'accepted', decidedBy: 'operator:test' });
  });

  it('attached while waiting, make the application another one, and end when the document says', async () => {
    const person = newRegistrant();
    await atLastStep(person);
    await prove(person);
    const seen = await applicationOf(person);
    const { agent, answer, path } = await enter(person);
    expect(answer.body).toContain(`${path}/power-of-attorney`);
    const wrong = mchd({ inn: '9901000010' });
    expect((await attach(agent, `${path}/power-of-attorney`, wrong)).status).toBe(303);
    const differs = await agent.get(path);
    expect(differs.body).toContain('ИНН: в доверенности 9901000010, в заявке 7800999994');
    expect((await attach(agent, `${path}/power-of-attorney`, mchd())).status).toBe(303);
    expect((await agent.get(path)).body).not.toContain('Не совпадает');

    const grant = { role: 'member' as const, canAct: false, acceptPower: { validUntil: null } };
    const old = { number: seen.number, version: seen.version, ...grant };
    expect(await approveMembership(tools(), old, OPERATOR)).toBe('stale');
    const { number, version } = await applicationOf(person);
    expect(await approveMembership(tools(), { number, version, ...grant }, OPERATOR)).toBe('done');
    const end = new Date('2076-11-21T20:59:59Z');
    expect(await applicationOf(person)).toMatchObject({ canAct: true, canActUntil: end });
    // Somebody who is in attaches the next one on a page of their own.
    const own = '/account/power-of-attorney';
    expect((await createAgent(product.issuer).get(`${own}/${number}`)).status).toBe(303);
    expect((await agent.get(own)).body).toContain('до 21 ноября 2076');
    expect((await attach(agent, `${own}/${number}`, [scan])).status).toBe(303);
    const powers = await listPowers(product.app.db, { membershipId: seen.id });
    expect(powers.map(({ state }) => state).sort()).toEqual(['accepted', 'attached']);
    const nobodys = [
      `${own}/${number + 1000}`,
      `${own}/1;drop`,
      `${own}/${number}/files/${powers[0]?.id ?? ''}`,
    ];
    for (const address of nobodys) expect((await agent.get(address)).status).toBe(404);
    // What was on the way comes too late.
    const late = await attach(agent, `${path}/power-of-attorney`, mchd());
    expect([late.status, late.location]).toEqual([303, product.issuer + path]);
  });

  it('are taken back', async () => {
    const agent = await atLastStep();
    expect((await agent.get(PAGE)).body).toContain(
      'до 10 файлов сразу, каждый до 10 МБ, все вместе до 25 МБ',
    );
    await attach(agent, PAGE, [scan]);
    const fields = hiddenFields((await agent.get(PAGE)).body);
    const href = /href="([^"]+\/files\/[^"]+)"/.exec((await agent.get(PAGE)).body)?.[1] ?? '';
    expect((await agent.post(`${PAGE}/remove`, fields)).status).toBe(303);
    expect((await agent.get(PAGE)).body).not.toContain('ждёт проверки');
    expect((await agent.get(href)).status).toBe(404);
  });

  it('attack 58: are refused with a page that says why, and nothing is kept', async () => {
    const agent = await atLastStep();
    const before = stored();
    const refused = async (files: SentFile[]) => {
      const { status, body } = await attach(agent, PAGE, files);
      return [status, /class="field-problem" id="files-problem">([^<]*)/.exec(body)?.[1] ?? body];
    };
    expect(await refused([])).toEqual([422, 'Выберите файл']);
    const html = { name: 'a.html', bytes: Buffer.from('<script>alert(1)</script>') };
    expect(await refused([html])).toEqual([422, expect.stringContaining('Такой файл не подойдёт')]);
    const infected = { name: 'a.pdf', bytes: pdf(`% ${EICAR}\n`) };
    expect(await refused([infected])).toEqual([422, expect.stringContaining('Антивирус не пропустил')]);
    clamav.fail('hang_up');
    expect(await refused([scan])).toEqual([503, expect.stringContaining('Попробуйте через несколько минут')]);
    const large = { name: 'a.pdf', bytes: Buffer.alloc(LIMITS.file + 1) };
    expect(await refused([large])).toEqual([413, expect.stringContaining('Файлы слишком большие')]);
    const lots = Array.from({ length: 4 }, () => ({ name: 'a.pdf', bytes: Buffer.alloc(9_000_000) }));
    expect(await refused(lots)).toEqual([413, expect.stringContaining('Файлы слишком большие')]);
    const many = Array.from({ length: 300 }, () => ({ name: 'a.pdf', bytes: pdf() }));
    expect(await refused(many)).toEqual([413, expect.stringContaining('Слишком много файлов')]);
    const name = { name: '<img src=x onerror=alert(1)>.exe', bytes: Buffer.from('MZ') };
    expect((await attach(agent, PAGE, [name])).body).not.toContain('<img');
    expect(stored()).toEqual(before);
  });

  it('attack 62: need the form of this browser, and a registration that is that far', async () => {
    const agent = await atLastStep();
    const fields = hiddenFields((await agent.get(PAGE)).body);
    const status = async (form: Record<string, string>, headers = {}, by = agent) =>
      (await sendFiles(by, PAGE, form, [scan], { headers })).status;
    expect(await status({})).toBe(403);
    expect(await status({ form_token: 'x' })).toBe(403);
    expect(await status(fields, { origin: 'https://evil.example' })).toBe(403);
    expect(await status(fields, { 'sec-fetch-site': 'cross-site' })).toBe(403);
    const stranger = createAgent(product.issuer);
    await stranger.get('/register');
    expect(await status(fields, {}, stranger)).toBe(303);
    expect((await agent.get(PAGE)).body).not.toContain('ждёт проверки');
  });

  it('attack 60: do not crash on a body that is none', async () => {
    const agent = await atLastStep();
    const fields = hiddenFields((await agent.get(PAGE)).body);
    const whole = multipartBody(fields, [scan]);
    const status = async (body: Buffer | string, type = MULTIPART) =>
      (await agent.send('POST', PAGE, body, { headers: { 'content-type': type } })).status;
    const part = (head: string) =>
      `------boundary-of-a-test\r\n${head}\r\n\r\nx\r\n------boundary-of-a-test--\r\n`;
    for (const [body, type] of [
      [whole, 'multipart/form-data'],
      [whole, 'multipart/form-data; boundary='],
      [whole, 'multipart/mixed; boundary=x'],
      [whole.subarray(0, -60), undefined],
      [whole.subarray(0, 40), undefined],
      ['', undefined],
      [randomBytes(50_000), undefined],
      [part('Content-Disposition: form-data; name=""'), undefined],
      [part('Content-Disposition: form-data; name="__proto__"'), undefined],
      [part('Content-Disposition: form-data; name="a[1000000000]"'), undefined],
      [part('Content-Disposition: form-data'), undefined],
      [part(`${'X: y\r\n'.repeat(5000)}Content-Disposition: form-data; name="a"`), undefined],
      [
        multipartBody(
          { ...fields, ...Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, ''])) },
          [],
        ),
        undefined,
      ],
      [multipartBody({ ...fields, long: 'x'.repeat(100_000) }, []), undefined],
      [multipartBody(fields, [scan], 'other'), undefined],
    ] as const) {
      const answered = await status(body, type);
      expect([400, 403]).toContain(answered);
    }
    expect((await attach(agent, PAGE, [scan])).status).toBe(303);
  });

  it('attack 62: are attached five times a day and no more, however many at once', async () => {
    const agent = await atLastStep();
    const fields = hiddenFields((await agent.get(PAGE)).body);
    const ports = product.nodes.map(({ port }) => port);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        sendFiles(agent, PAGE, fields, [scan], { port: ports[n % ports.length] }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    // Three at once from one address have a place at a node; the others come again, one after the other.
    const served = statuses.filter((status) => status !== 503);
    expect(served.length).toBeGreaterThanOrEqual(3);
    for (const status of statuses)
      if (status === 503) served.push((await sendFiles(agent, PAGE, fields, [scan])).status);
    expect(served.toSorted()).toEqual([303, 303, 303, 303, 303, 429, 429, 429, 429, 429]);
    expect((await attach(agent, PAGE, [scan])).status).toBe(429);
    expect((await agent.get(PAGE)).body.match(/class="paper"/g)).toHaveLength(1);
    clock.advance(86_400);
    expect((await attach(agent, PAGE, [scan])).status).toBe(303);
  });

  it('leave room for others beside an address that sends slowly', async () => {
    const agent = await atLastStep();
    const fields = hiddenFields((await agent.get(PAGE)).body);
    // Straight to a node: it is the test that says what a proxy would.
    const port = product.nodes[0]?.port;
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address }, port });
    const cookie = [...agent.cookies.values()].map(({ name, value }) => `${name}=${value}`).join('; ');
    const { host } = new URL(product.issuer);
    const slow = Array.from({ length: 3 }, () => {
      const { headers } = from('203.0.113.77');
      const head = { ...headers, host, cookie, 'content-type': MULTIPART, 'content-length': '100000' };
      const asked = request({ host: '127.0.0.1', port, path: PAGE, method: 'POST', headers: head });
      asked.on('error', () => undefined);
      asked.write(multipartBody(fields, [scan]).subarray(0, 200));
      return asked;
    });
    // Without a token: refused as forged where there is a place, and nothing is kept.
    const until = async (wanted: number) => {
      for (let turn = 0; turn < 500; turn += 1)
        if ((await sendFiles(agent, PAGE, {}, [scan], from('203.0.113.77'))).status === wanted) return wanted;
      return undefined;
    };
    expect(await until(503)).toBe(503);
    expect((await sendFiles(agent, PAGE, fields, [scan], from('203.0.113.78'))).status).toBe(303);
    for (const asked of slow) asked.destroy();
    expect(await until(403)).toBe(403);
  });

  it('are tried thirty times an hour and no more, refused ones too', async () => {
    const agent = await atLastStep();
    const fields = hiddenFields((await agent.get(PAGE)).body);
    const wrong = { name: 'a.html', bytes: Buffer.from('<p>') };
    for (let round = 0; round < LIMITS.hourlyTries; round += 1)
      expect((await sendFiles(agent, PAGE, fields, [wrong])).status).toBe(422);
    const over = await sendFiles(agent, PAGE, fields, [scan]);
    expect([over.status, over.body]).toEqual([
      429,
      expect.stringContaining('слишком часто отправляли файлы'),
    ]);
  });

  it('are swept with their files when they are nobody’s, and sealed anew under a new key', async () => {
    const { app } = product;
    const member = newRegistrant();
    await attach(await atLastStep(member), PAGE, [scan]);
    await prove(member);
    const agent = await atLastStep();
    await attach(agent, PAGE, [scan]);
    await attach(agent, PAGE, mchd());
    const registrations = () => app.db.selectFrom('registrations').select('id').execute();
    const before = await registrations();
    clock.advance(31 * 86_400);
    await sweepPowers(app);
    // The registration is too old by now; its papers are nobody's with it. The product may have swept it by itself.
    await app.db.deleteFrom('registrations').where('expiresAt', '<=', clock.now()).execute();
    expect((await registrations()).length).toBeLessThan(before.length);
    while ((await sweepPowers(app)) > 0);
    const rows = await app.db.selectFrom('powerFiles').selectAll().execute();
    expect(rows.map(({ storageKey }) => storageKey).sort()).toEqual(
      stored()
        .map((name) => name.split('/')[1])
        .sort(),
    );
    expect(rows.length).toBeGreaterThan(0);

    const old = 'test-master-key-of-no-value-0000000000000000';
    const rotated = {
      ...app,
      secrets: createSecrets(['another-test-master-key-of-no-value-111111111', old]),
    };
    // Nodes that have the new key first and nodes that do not yet pull in opposite directions.
    await Promise.all([renewSeals(rotated), renewSeals(app), renewSeals(rotated)]);
    while ((await renewSeals(rotated)) > 0);
    const names = stored().map((name) => name.split('/')[1] ?? '');
    expect(names).toHaveLength(rows.length);
    expect(names.every((name) => name.startsWith(`${rotated.secrets.keyId}-`))).toBe(true);
    for (const { id } of rows) expect((await readPowerFile(rotated, id))?.file.id).toBe(id);
  });

  it('are refused when their application runs out or ends, and deleted a month later', async () => {
    const { app } = product;
    const forgotten = newRegistrant();
    const people = [forgotten, newRegistrant(), newRegistrant()];
    for (const person of people) {
      await attach(await atLastStep(person), PAGE, [scan]);
      await prove(person);
    }
    const [expired, revoked, member] = await Promise.all(people.map(applicationOf));
    if (!expired || !revoked || !member) throw new Error('no applications');
    const { number, version } = member;
    const grant = { role: 'member' as const, canAct: false, acceptPower: { validUntil: null } };
    await approveMembership(tools(), { number, version, ...grant }, OPERATOR);
    await changeMembership(tools(), revoked.id, { kind: 'revoke', reason: 'ошибка' }, OPERATOR.actor);
    clock.advance(30 * 86_400);
    await tendApplications(tools());
    const statesOf = async ({ id }: { id: string }) =>
      (await listPowers(app.db, { membershipId: id })).map(({ state }) => state);
    expect((await applicationOf(forgotten)).status).toBe('expired');
    expect(await statesOf(expired)).toEqual(['refused']);
    expect(await statesOf(revoked)).toEqual(['refused']);
    // A file that cannot be deleted is told, and keeps no other one.
    const [stuck] = await listPowers(app.db, { membershipId: revoked.id });
    const stuckKey = await app.db
      .selectFrom('powerFiles')
      .select('storageKey')
      .where('powerId', '=', stuck?.id ?? '')
      .executeTakeFirstOrThrow();
    const files = {
      ...app.files,
      delete: (key: string) =>
        key === stuckKey.storageKey
          ? Promise.reject(new FileStoreError('delete', new Error('forbidden')))
          : app.files.delete(key),
    };
    clock.advance(30 * 86_400);
    await expect(sweepPowers({ ...app, files })).rejects.toThrow('1 documents could not be deleted');
    expect(await Promise.all([expired, revoked, member].map(statesOf))).toEqual([
      [],
      ['refused'],
      ['accepted'],
    ]);
    while ((await sweepPowers(app)) > 0);
    expect(await Promise.all([expired, revoked, member].map(statesOf))).toEqual([[], [], ['accepted']]);
  });

  it('the waiting page takes an answer, and after a decline another application', async () => {
    const person = newRegistrant();
    await atLastStep(person);
    await prove(person);
    const first = await applicationOf(person);
    const question = 'Кто ваш начальник?\nИ его телефон?';
    await askForMore(tools(), { number: first.number, version: first.version, question }, OPERATOR);
    const { agent, answer, path } = await enter(person);
    expect(answer.body).toContain('Нужен ваш ответ');
    expect(answer.body).toContain('И его телефон?');
    const fields = hiddenFields(answer.body);
    const empty = await agent.post(`${path}/answer`, { ...fields, answer: ' \n ' });
    expect([empty.status, empty.body]).toEqual([422, expect.stringContaining('Напишите ответ')]);
    const english = await agent.post(`${path}/answer`, { ...fields, answer: 'Пётр', lang: 'en' });
    expect(english.body).toContain('>Пётр</textarea>');
    const said = await agent.post(`${path}/answer`, {
      ...fields,
      answer: 'Пётр <b>Начальников</b>',
      lang: '',
    });
    await agent.get(`${path}?lang=ru`);
    const answered = await follow(agent, product.issuer, said);
    expect(answered.body).toContain('Ответ отправлен');
    expect(answered.body).toMatch(/Вопрос<\/dt><dd class="words">Кто ваш начальник/);
    expect(answered.body).toContain('Ваш ответ');
    expect((await agent.get(path)).body).not.toContain('Ответ отправлен');
    expect(answered.body).toContain('Пётр &lt;b&gt;');
    expect(answered.body).not.toContain('Нужен ваш ответ');
    // Sent twice, and to a form that is not there: back to the page.
    expect((await agent.post(`${path}/answer`, { ...fields, answer: 'ещё раз' })).location).toContain(path);
    expect((await agent.post(`${path}/again`, { ...fields, inn: COMPANY.inn })).location).toContain(path);

    const { number, version } = await applicationOf(person);
    const declining = { number, version, reasonCode: 'wrong_company' as const, comment: 'Это филиал' };
    expect(await declineMembership(tools(), declining, OPERATOR)).toBe('done');
    const declined = await agent.get(path);
    expect(declined.body).toContain('Вы указали не ту компанию');
    expect(declined.body).toContain('Это филиал');
    const send = (form: Record<string, string>) => agent.post(`${path}/again`, { ...fields, ...form });
    const wrong = await send({ inn: '7800999995', kpp: '' });
    expect([wrong.status, wrong.body]).toEqual([422, expect.stringContaining('value="7800999995"')]);
    const unknown = await send({ inn: '9901000010', kpp: '990101001', comment: 'Вот верный' });
    expect(unknown.body).toContain('Мы не нашли компанию в базе по связке ИНН-КПП');
    expect(unknown.body).toContain('>Вот верный</textarea>');
    clock.advance(60);
    const sent = await send({
      inn: '9901000010',
      kpp: '990101001',
      company_name: 'ООО "Другая"',
      comment: 'Вот верный',
    });
    expect(sent.status).toBe(303);
    const waits = await agent.get(path);
    expect(waits.body).toContain('Заявка на рассмотрении');
    expect(waits.body).toContain('Ваш комментарий</dt><dd class="words">Вот верный');
    expect((await agent.get(`${path}?done=answered`)).body).not.toContain('Ответ отправлен');
    expect(waits.body).not.toContain('KTSP-17');
    const link = { accountId: first.accountId, portal: 'ktsp', login: 'KTSP-17', proved: false };
    await product.app.db.transaction().execute((trx) => requestLegacyLink(trx, link, clock.now()));
    expect((await agent.get(path)).body).toMatch(
      /KTSP-17<br><span class="hint">Логин проверит служба клиентского сервиса/,
    );
    expect(await applicationOf(person)).toMatchObject({ inn: '9901000010', status: 'requested', version: 1 });
  });
});
