/** What forms of the account keep, codes that are sent again, what the operator's settings refuse, and the export. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { givePower, insertPower } from '../../src/attorney/store';
import { newStorageKey, putBytes, sha256 } from '../../src/attorney/stored-bytes';
import { addMember } from '../../src/companies/memberships/change-membership';
import { enterAt } from '../approvals/office';
import { dataOf, mailedLink, pressLink, startWizard } from '../registration/wizard';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { addPerson, startProduct, TEST_PASSWORD, type TestPerson, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { codeSentTo, messagesTo } from '../support/recovery';
import { hiddenFields } from '../support/relying-party';

const BREACHED = 'утёкший где-то пароль';
const GOOD = 'семь вагонов угля 7';

describe.each(storageKinds)('forms of the account on %s', (kind) => {
  let offset = 0;
  const clock = { now: () => new Date(Date.now() + offset * 1000) };
  const folder = mkdtempSync(join(tmpdir(), 'breached-'));
  let product: TestProduct;
  let person: TestPerson;
  let agent: Agent;
  let made = 0;

  beforeAll(async () => {
    const list = join(folder, 'list');
    writeFileSync(list, `${createHash('sha1').update(BREACHED).digest('hex').toUpperCase()}:7\r\n`);
    const env = {
      ...{ PASSWORD_MIN_LENGTH: '15', PASSWORD_BREACHED_FILE: list },
      ...{ MAIL_DOMAINS: 'example.com', PHONE_COUNTRIES: 'RU', PHONE_LANDLINES: 'yes' },
    };
    product = await startProduct(kind, { env, clock });
  });
  afterAll(async () => {
    await product.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    offset = 0;
    made += 1;
    person = await addPerson(product.app);
    agent = createAgent(product.issuer);
    await enterAt(agent, product.issuer, '/account', person);
  });

  const send = async (path: string, form: Record<string, string>): Promise<Answer> =>
    agent.post(path, { form_token: hiddenFields((await agent.get(path)).body).form_token ?? '', ...form });
  const tools = () => ({ ...product.app, issuer: product.issuer });

  it.each<[string, Record<string, string>, string[]]>([
    ['/account/name', { family_name: 'Набранная', given_name: 'Анна' }, ['value="Набранная"']],
    ['/account/email', { email: 'typed@example.com' }, ['value="typed@example.com"']],
    ['/account/phone', { phone: '8 909 12', country: 'RU' }, ['value="8 909 12"']],
    ['/account/login', { login: 'my.typed.login' }, ['value="my.typed.login"']],
    ['/account/contracts', { number: '7800', activation_code: 'ABCD' }, ['value="7800"', 'value="ABCD"']],
    [
      '/account/companies/add',
      { inn: '7707', kpp: '12', activation_code: 'EFGH', company_name: 'Роза' },
      ['value="7707"', 'value="12"', 'value="EFGH"', 'value="Роза"'],
    ],
    [
      '/account/notifications',
      { contracts: 'yes', version: 'x' },
      ['name="contracts" type="checkbox" value="yes" checked'],
    ],
    ['/account/close', { understood: 'yes' }, ['value="yes" checked']],
  ])('%s keeps what was typed in the other language', async (path, form, shown) => {
    const page = await agent.get(path);
    expect(page.body).toMatch(/<button class="link" type="submit" form="[\w-]+" name="lang" value="en"/);
    const answer = await send(path, { ...form, lang: 'en' });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<html lang="en">');
    for (const part of shown) expect(answer.body.replace(/\s+/g, ' ')).toContain(part);
    expect(answer.body).not.toContain('class="problems"');
    expect((await agent.get('/account/personal')).body).toContain(person.email);
  });

  it('a password is not shown again in the other language, the tick beside it is', async () => {
    const answer = await send('/account/password', {
      old_password: TEST_PASSWORD,
      password: GOOD,
      lang: 'en',
    });
    expect(answer.body).toContain('<html lang="en">');
    expect(answer.body).not.toContain(GOOD);
    expect(/id="others"[^>]*checked/.test(answer.body)).toBe(false);
  });

  it.each(['email', 'phone'] as const)('sends a code for a new %s again, after a pause', async (what) => {
    const target =
      what === 'email' ? `again-${kind}-${made}@example.com` : `+790912345${String(made).padStart(2, '0')}`;
    const path = `/account/${what}/code`;
    expect((await send(`/account/${what}`, { [what]: target })).location).toContain(path);
    const first = await codeSentTo(product, target);
    const soon = await send(path, { action: 'resend' });
    expect([soon.status, /через\s+\d+\s*с/.test(soon.body)]).toEqual([422, true]);
    expect(await messagesTo(product, target)).toHaveLength(1);
    expect((await send(path, { code: '12', lang: 'en' })).body).toContain('value="12"');
    await agent.get('/account?lang=ru');
    offset = 61;
    const form = hiddenFields((await agent.get(path)).body);
    // Of any number of clicks one sends.
    await Promise.all([1, 2, 3].map(() => agent.post(path, { ...form, action: 'resend' })));
    expect(await messagesTo(product, target)).toHaveLength(2);
    const headers = { Accept: 'application/json' };
    const script = await agent.post(path, { ...form, action: 'resend' }, { headers });
    const told = JSON.parse(script.body) as { outcome: string; wait: number };
    expect([told.outcome, told.wait > 30 && told.wait <= 60]).toEqual(['too_soon', true]);
    expect((await agent.get(path)).body).toMatch(/data-wait="[3-6]\d"/);
    const second = await codeSentTo(product, target);
    if (first !== second) expect((await send(path, { code: first })).status).toBe(422);
    expect((await send(path, { code: second })).location).toContain(`done=${what}`);
  });

  it('refuses what the operator does not want, in words', async () => {
    const change = async (password: string): Promise<string> => {
      const both = { password, password_repeated: password };
      return (await send('/account/password', { old_password: TEST_PASSWORD, ...both })).body;
    };
    expect(await change('лодка 4 берега')).toContain('не меньше 15 символов');
    expect(await change(BREACHED)).toContain('утёк из чужого сервиса');
    expect((await send('/account/email', { email: 'anna@example.org' })).body).toContain(
      'только в этих доменах: example.com',
    );
    const abroad = await send('/account/phone', { phone: '+375 29 600-00-01', country: 'BY' });
    expect(abroad.body).toContain('Номера этой страны здесь не принимаются');
    expect(abroad.body).not.toContain('<option value="BY"');
  });

  it('registers with a landline, to which no code is sent', async () => {
    const registrant = { email: `landline-${kind}@example.com`, phone: '+78123200000' };
    const wizard = startWizard(product.app, product.issuer, createAgent(product.issuer));
    const page = await wizard.send('data', dataOf(registrant));
    expect(page.body).toContain('городской: код на него не придёт');
    expect(page.body).not.toContain('name="code"');
    expect(await messagesTo(product, registrant.phone)).toEqual([]);
    await wizard.send('password', { password: GOOD, password_repeated: GOOD });
    const link = await mailedLink(product.app, product.issuer, registrant.email);
    await pressLink(createAgent(product.issuer), product.issuer, link);
    const phones = await product.app.db
      .selectFrom('identifiers')
      .selectAll()
      .where('canonical', '=', registrant.phone)
      .execute();
    expect(phones).toMatchObject([{ provedAt: null, phoneType: 'landline', phoneCountry: 'RU' }]);
  });

  it('gives out messages and papers with everything else, and files to their owner only', async () => {
    const { db, secrets } = product.app;
    const unit = { inn: '7800999994', kpp: '780001001' };
    const naming = { name: 'ООО "Роза"', nameSource: 'operator', ogrn: null } as const;
    const given = { accountId: person.id, unit, naming, role: 'member', canAct: false } as const;
    const membership = await addMember(tools(), given, 'operator:test');
    const bytes = Buffer.from('%PDF-1.4 fictional');
    const [power, file] = [crypto.randomUUID(), crypto.randomUUID()];
    const storageKey = newStorageKey(secrets);
    await putBytes(product.app, { id: file, storageKey }, bytes);
    const row = {
      ...{ id: file, powerId: power, position: 0, part: 'page' as const, storageKey, size: bytes.length },
      ...{ mediaType: 'application/pdf', originalName: 'доверенность.pdf', sha256: sha256(bytes) },
    } as const;
    const facts = { id: power, kind: 'scan', addedAt: clock.now(), facts: undefined } as const;
    await db.transaction().execute(async (trx) => {
      await insertPower(trx, facts, [row]);
      await givePower(trx, power, { membershipId: membership?.id ?? '' });
    });
    await send('/account/login', { login: `export.${kind}` });

    const page = await agent.get('/account/data');
    expect(page.body).toContain('доверенность.pdf');
    expect(page.body).toContain('Логин изменён');
    expect(page.body).not.toContain('account.');
    const answer = await send('/account/data', {});
    const data = JSON.parse(answer.body) as Record<string, Record<string, unknown>[]>;
    const url = `${product.issuer}/account/data/papers/${file}`;
    expect(data.papers).toMatchObject([
      { name: 'доверенность.pdf', sha256: sha256(bytes), state: 'attached', url },
    ]);
    expect(data.messages).toMatchObject([
      { template: 'login_changed', channel: 'email', to: 'p•••@example.com' },
    ]);
    const path = url.slice(product.issuer.length);
    const download = await agent.get(path);
    expect([download.status, download.body]).toEqual([200, bytes.toString()]);
    expect(download.headers['content-disposition']).toContain('attachment');
    const other = createAgent(product.issuer);
    expect((await other.get(path)).location).toContain('/auth?');
    await enterAt(other, product.issuer, '/account', await addPerson(product.app));
    expect((await other.get(path)).status).toBe(404);
  });
});
