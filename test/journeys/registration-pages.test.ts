/** How the wizard behaves when people do not simply go on: back, other language, early posts, wrong companies. */
import { findAccountByIdentifier } from '../../src/accounts/store';
import { upsertDirectoryRows } from '../../src/companies/store';
import { sweep } from '../../src/node/sweeper';
import { createAgent, type Agent } from '../support/agent';
import { startProduct, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import { follow, hiddenFields } from '../support/relying-party';
import {
  dataOf,
  mailedLink,
  messagesTo,
  NEW_PASSWORD,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
  type Wizard,
} from '../registration/wizard';

const LISTED = {
  kpp: '780001001',
  ogrn: '1267800000005',
  fullName: 'Общество "Записанное"',
  kind: 'legal' as const,
  branch: 'main' as const,
  address: null,
};

describe.each(storageKinds)('the pages of a registration on %s', (kind) => {
  const clock = movableClock(new Date());
  let product: TestProduct;
  let agent: Agent;
  let wizard: Wizard;
  beforeAll(async () => {
    product = await startProduct(kind, { env: ROOMY, clock });
    await upsertDirectoryRows(
      product.app.db,
      [
        { ...LISTED, inn: '7707083893', name: 'ООО "Записанное"', status: 'active' },
        { ...LISTED, inn: '7800999994', name: 'ООО "Закрытое"', status: 'liquidated' },
      ],
      clock.now(),
    );
  });
  afterAll(() => product.close());
  beforeEach(() => {
    agent = createAgent(product.issuer);
    wizard = startWizard(product.app, product.issuer, agent);
  });

  const listed = { inn: '7707083893', company_name: '' };

  it('takes the name of a company that a directory has, and refuses one that is no more', async () => {
    const person = newRegistrant();
    const closed = await wizard.send('data', dataOf(person));
    expect([closed.status, closed.body]).toEqual([422, expect.stringContaining('ликвидирована')]);
    expect(await messagesTo(product.app, person.phone)).toEqual([]);
    const done = await wizard.fill(person, listed);
    expect(done.body).toContain('ООО &#34;Записанное&#34;');
  });

  it('asks for the name of a company that no directory has', async () => {
    const unknown = { ...dataOf(newRegistrant()), inn: '780099999967', kpp: '', company_name: '' };
    const asked = await wizard.send('data', unknown);
    expect(asked.status).toBe(422);
    expect(asked.body).toContain('<p>Мы не нашли компанию в базе по связке ИНН-КПП');
    expect(asked.body).toContain('Введите наименование вашей компании');
    const told = await wizard.send('data', { ...unknown, company_name: 'ИП Примеров' });
    expect(told.body).toContain('2 / 3 Создание пароля');
  });

  it('sends no message and looks nothing up before the captcha is right', async () => {
    const person = newRegistrant();
    const refused = await wizard.send('data', { ...dataOf(person), ...listed, captcha: '11111' });
    expect(refused.body).toContain('Цифры не совпали с картинкой');
    const unknown = await wizard.send('data', {
      ...dataOf(person),
      inn: '780099999967',
      kpp: '',
      company_name: '',
      captcha: '',
    });
    expect(unknown.body).not.toContain('<p>Мы не нашли компанию');
    expect(await messagesTo(product.app, person.phone)).toEqual([]);
  });

  it('keeps the answers over «Назад», a closed browser window and another language', async () => {
    const person = newRegistrant();
    await wizard.send('data', { ...dataOf(person), ...listed });
    const back = await agent.get('/register?step=data');
    expect(back.body).toContain('1 / 3 Данные пользователя');
    expect(back.body).toContain('value="Вымышленная"');
    expect(back.body).toContain(`value="${person.email}"`);
    expect(back.body).not.toMatch(/type="checkbox"[^>]*checked/);
    const typed = { ...hiddenFields(back.body), ...dataOf(person), given_name: 'Мария', lang: 'en' };
    const english = await agent.post('/register/data', typed);
    expect(english.body).toContain('1 / 3 Your details');
    expect(english.body).toContain('value="Мария"');
    expect((await wizard.open()).body).toContain('2 / 3 Choose a password');
  });

  it('attack 42: has a changed number proved anew', async () => {
    const [first, other] = [newRegistrant(), newRegistrant()];
    await wizard.send('data', { ...dataOf(first), ...listed });
    const earlier = await wizard.code(first);
    const back = hiddenFields((await agent.get('/register?step=data')).body);
    await agent.post('/register/data', { ...back, ...dataOf({ ...first, phone: other.phone }), ...listed });
    const words = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
    const refused = await wizard.send('password', { ...words, code: earlier });
    // One of a million times the two codes are the same.
    expect(refused.status).toBe(earlier === (await wizard.code(other)) ? 200 : 422);
    const done = await wizard.send('password', { ...words, code: await wizard.code(other) });
    expect(done.body).toContain('3 / 3');
  });

  it('leads every early or late post to the page that is due', async () => {
    const fields = hiddenFields((await wizard.open()).body);
    for (const step of ['password', 'finish']) {
      const early = await agent.post(`/register/${step}`, { ...fields, code: '000000' });
      expect([early.status, early.location]).toEqual([303, `${product.issuer}/register`]);
    }
    expect((await wizard.open()).body).toContain('1 / 3');
    const person = newRegistrant();
    await wizard.fill(person, listed);
    const link = await mailedLink(product.app, product.issuer, person.email);
    await pressLink(createAgent(product.issuer), product.issuer, link);
    const late = await agent.post('/register/data', { ...fields, ...dataOf(newRegistrant()) });
    expect([late.status, late.location]).toEqual([303, `${product.issuer}/register`]);
    expect((await agent.get('/register?step=data')).body).toContain('3 / 3');
  });

  it('sends another code and another mail only after a pause', async () => {
    const person = newRegistrant();
    await wizard.send('data', { ...dataOf(person), ...listed });
    const soon = await wizard.send('password', { action: 'resend' });
    expect([soon.status, soon.body]).toEqual([422, expect.stringContaining('через минуту')]);
    clock.advance(61);
    await wizard.send('password', { action: 'resend' });
    expect(await messagesTo(product.app, person.phone)).toHaveLength(2);
    const code = await wizard.code(person);
    await wizard.send('password', { code, password: NEW_PASSWORD, password_repeated: NEW_PASSWORD });
    const earlier = await mailedLink(product.app, product.issuer, person.email);
    expect((await wizard.send('finish', { action: 'resend' })).status).toBe(422);
    clock.advance(61);
    expect((await wizard.send('finish', { action: 'resend' })).body).toContain('отправлено ещё раз');
    expect(await mailedLink(product.app, product.issuer, person.email)).not.toBe(earlier);
    // The earlier mail stays good, and then the later one has nothing left to do.
    const later = await mailedLink(product.app, product.issuer, person.email);
    expect((await pressLink(createAgent(product.issuer), product.issuer, earlier)).body).toContain(
      'подтверждена',
    );
    const elsewhere = createAgent(product.issuer);
    expect((await follow(elsewhere, product.issuer, await elsewhere.get(later))).body).toContain(
      'уже подтверждена',
    );
  });

  it('shows the two documents', async () => {
    for (const name of ['terms', 'personal_data']) {
      const page = await agent.get(`/documents/${name}`);
      expect([page.status, page.body]).toEqual([200, expect.stringContaining('Редакция')]);
    }
    expect((await agent.get('/documents/other')).status).toBe(404);
  });

  it('attack 46, attack 57: forgets what nobody finished, and reserves nothing', async () => {
    const person = newRegistrant();
    await wizard.fill(person, listed);
    const link = await mailedLink(product.app, product.issuer, person.email);
    clock.advance(1);
    const other = startWizard(product.app, product.issuer, createAgent(product.issuer));
    expect((await other.fill(person, listed)).body).toContain('3 / 3');
    clock.advance(7 * 24 * 3600 + 1);
    await sweep(product.app);
    expect(await product.app.db.selectFrom('registrations').select('id').execute()).toEqual([]);
    const dead = await follow(agent, product.issuer, await agent.get(link));
    expect([dead.status, dead.body]).toEqual([410, expect.stringContaining('Ссылка не действует')]);
    expect(await findAccountByIdentifier(product.app.db, person.email)).toBeUndefined();
    expect((await wizard.open()).body).toContain('1 / 3');
  });
});
