/** What the wizard spares a person: a second captcha, lost answers, a wrong address, a mail that opens elsewhere. */
import { findAccountByIdentifier } from '../../src/accounts/store';
import { upsertDirectoryRows } from '../../src/companies/store';
import { createAgent, type Agent } from '../support/agent';
import { addPerson, startProduct, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import { follow, hiddenFields } from '../support/relying-party';
import {
  dataOf,
  mailedLink,
  messagesTo,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
  type Registrant,
  type Wizard,
} from '../registration/wizard';

const ROW = {
  kpp: '780001001',
  ogrn: '1267800000005',
  fullName: 'Общество "Записанное"',
  kind: 'legal' as const,
  branch: 'main' as const,
  address: null,
  status: 'active' as const,
};
const SCRIPT = { headers: { accept: 'application/json' } };

describe.each(storageKinds)('the wizard on %s', (kind) => {
  const clock = movableClock(new Date());
  let product: TestProduct;
  let agent: Agent;
  let wizard: Wizard;
  beforeAll(async () => {
    product = await startProduct(kind, { env: ROOMY, clock });
    await upsertDirectoryRows(
      product.app.db,
      [
        { ...ROW, inn: '7707083893', name: 'ООО "Записанное"' },
        { ...ROW, inn: '7800999994', name: 'ООО "Закрытое"', status: 'liquidated' },
        {
          ...ROW,
          inn: '780099999967',
          kpp: null,
          name: 'ИП Тайный',
          kind: 'sole_proprietor',
          branch: 'main',
        },
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
  const typed = (person: Registrant): Record<string, string> => ({ ...dataOf(person), ...listed });
  const mailedCode = async (person: Registrant): Promise<string> => {
    const [mail] = await messagesTo(product.app, person.email);
    if (mail?.channel !== 'email' || mail.template !== 'prove_email') throw new Error('no mail with a code');
    return mail.values.code;
  };
  const wrongFor = (code: string) => (code === '000000' ? '000001' : '000000');
  const account = (email: string) => findAccountByIdentifier(product.app.db, email);

  it('asks for the captcha once, keeps what was refused, and pays for one message with it', async () => {
    const person = newRegistrant();
    const refused = await wizard.send('data', { ...typed(person), inn: '7707083894' });
    expect(refused.status).toBe(422);
    expect(refused.body).not.toContain('name="captcha"');
    const later = await wizard.open();
    expect(later.body).toContain('value="7707083894"');
    expect(later.body).toContain(`value="${person.email}"`);
    expect(later.body).not.toMatch(/type="checkbox"[^>]*checked/);

    const { captcha, ...rest } = typed(person);
    expect(captcha).toBeTruthy();
    const phones = Array.from({ length: 10 }, newRegistrant);
    const fields = hiddenFields(later.body);
    await Promise.all(phones.map(({ phone }) => agent.post('/register/data', { ...fields, ...rest, phone })));
    const sent = await Promise.all(phones.map(({ phone }) => messagesTo(product.app, phone)));
    expect(sent.flat()).toHaveLength(1);
    expect((await wizard.open()).body).toContain('2 / 3');
    const back = await agent.get('/register?step=data');
    expect(back.body).toContain('name="captcha"');
    const free = await agent.post('/register/data', {
      ...hiddenFields(back.body),
      ...rest,
      phone: newRegistrant().phone,
    });
    expect([free.status, free.body]).toEqual([422, expect.stringContaining('Введите цифры с картинки')]);
  });

  it('writes in the language that the person has changed to', async () => {
    const person = newRegistrant();
    await wizard.send('data', { ...typed(person), lang: 'en' });
    expect((await wizard.open()).body).toContain(`value="${person.email}"`);
    await wizard.fill(person, listed);
    const sent = [
      ...(await messagesTo(product.app, person.phone)),
      ...(await messagesTo(product.app, person.email)),
    ];
    expect(sent.map(({ locale }) => locale)).toEqual(['en', 'en']);
  });

  it('asks for the captcha anew after half an hour', async () => {
    const person = newRegistrant();
    await wizard.send('data', { ...typed(person), inn: '' });
    clock.advance(1801);
    expect((await wizard.open()).body).toContain('name="captcha"');
  });

  it('sends no second code for another typing error in the name', async () => {
    const person = newRegistrant();
    await wizard.send('data', typed(person));
    const back = hiddenFields((await agent.get('/register?step=data')).body);
    const named = { ...back, ...typed(person), given_name: 'Мария' };
    expect((await agent.post('/register/data', named)).status).toBe(303);
    expect(await messagesTo(product.app, person.phone)).toHaveLength(1);
    expect((await agent.get('/register?step=data')).body).toContain('value="Мария"');
  });

  it('attack 52: tells the script of a company, and never the name of a person', async () => {
    const fields = hiddenFields((await wizard.open()).body);
    const ask = async (inn: string, kpp: string) =>
      JSON.parse((await agent.post('/register/company', { ...fields, inn, kpp }, SCRIPT)).body) as unknown;
    expect(await ask('7707083893', '780001001')).toEqual({
      found: true,
      name: 'ООО "Записанное"',
      closed: false,
    });
    expect(await ask('7800999994', '780001001')).toMatchObject({ closed: true });
    expect(await ask('7707083893', '780001002')).toEqual({ found: false });
    expect(await ask('780099999967', '')).toEqual({ found: true, name: null, closed: false });
    expect(await ask('7707083894', '780001001')).toEqual({ unknown: true });
    const forged = await agent.post('/register/company', { inn: '7707083893', kpp: '780001001' }, SCRIPT);
    expect(forged.status).toBe(403);
    const shown = await wizard.send('data', {
      ...typed(newRegistrant()),
      inn: '780099999967',
      kpp: '',
      email: '',
    });
    expect(shown.body).not.toContain('Тайный');
  });

  it('proves the address by the code of the mail, too', async () => {
    const person = newRegistrant();
    await wizard.fill(person, listed);
    const link = await mailedLink(product.app, product.issuer, person.email);
    const first = await mailedCode(person);
    expect((await wizard.send('finish', { action: 'code', code: '' })).body).toContain(
      'Введите код из письма',
    );
    for (let time = 0; time < 4; time += 1)
      expect((await wizard.send('finish', { code: wrongFor(first) })).body).toContain('Код не подошёл');
    for (const code of [wrongFor(first), first])
      expect((await wizard.send('finish', { code })).body).toContain('слишком много раз');
    clock.advance(61);
    await wizard.send('finish', { action: 'resend' });
    const done = await wizard.send('finish', { code: await mailedCode(person) });
    expect(done.body).toContain('заявка передана на рассмотрение');
    expect(await account(person.email)).toBeDefined();
    const end = await wizard.send('finish', {});
    expect(end.body).toContain('Регистрация завершена');
    const elsewhere = createAgent(product.issuer);
    expect((await follow(elsewhere, product.issuer, await elsewhere.get(link))).body).toContain(
      'уже подтверждена',
    );
  });

  it('gives whoever types codes for a taken address the usual answers', async () => {
    const owner = await addPerson(product.app);
    await wizard.fill({ ...newRegistrant(), email: owner.email }, listed);
    const answers: string[] = [];
    for (let time = 0; time < 6; time += 1)
      answers.push((await wizard.send('finish', { code: '123456' })).body);
    expect(answers.slice(0, 4).every((body) => body.includes('Код не подошёл'))).toBe(true);
    expect(answers.slice(4).every((body) => body.includes('слишком много раз'))).toBe(true);
  });

  it('attack 46: mails anew to a changed address, and the mail to the earlier one proves nothing', async () => {
    const person = newRegistrant();
    const right = { ...newRegistrant(), phone: person.phone };
    await wizard.fill(person, listed);
    const earlier = await mailedLink(product.app, product.issuer, person.email);
    const back = await agent.get('/register?step=data');
    expect(back.body).toContain(`value="${person.email}"`);
    const answer = await agent.post('/register/data', { ...hiddenFields(back.body), ...typed(right) });
    expect((await follow(agent, product.issuer, answer)).body).toContain(right.email);
    expect(await messagesTo(product.app, person.phone)).toHaveLength(1);
    const dead = createAgent(product.issuer);
    expect((await follow(dead, product.issuer, await dead.get(earlier))).status).toBe(410);
    const link = await mailedLink(product.app, product.issuer, right.email);
    await pressLink(createAgent(product.issuer), product.issuer, link);
    expect([await account(person.email), (await account(right.email))?.id]).toEqual([
      undefined,
      expect.any(String),
    ]);
  });

  it('sends three mails to one address, whoever asks and whether or not somebody has it', async () => {
    const owner = newRegistrant();
    await wizard.fill(owner, listed);
    const link = await mailedLink(product.app, product.issuer, owner.email);
    await pressLink(createAgent(product.issuer), product.issuer, link);
    expect(await account(owner.email)).toBeDefined();
    const tellTimes = async (email: string, times: number) => {
      const bodies: string[] = [];
      for (let turn = 0; turn < times; turn += 1) {
        const stranger = startWizard(product.app, product.issuer, createAgent(product.issuer));
        bodies.push((await stranger.fill({ ...newRegistrant(), email }, listed)).body);
      }
      return bodies.map((body) => body.includes('2 / 3 ') && body.includes('Слишком много сообщений подряд'));
    };
    expect(await tellTimes(owner.email.toUpperCase(), 3)).toEqual([false, false, true]);
    const free = newRegistrant().email;
    expect(await tellTimes(free, 4)).toEqual([false, false, false, true]);
    expect(await messagesTo(product.app, free)).toHaveLength(3);
  });

  it('lets no mailed link make an account whose new phone is not proved', async () => {
    const person = newRegistrant();
    const other = { ...person, phone: newRegistrant().phone };
    await wizard.fill(person, listed);
    const link = await mailedLink(product.app, product.issuer, person.email);
    const back = hiddenFields((await agent.get('/register?step=data')).body);
    await agent.post('/register/data', { ...back, ...typed(other) });
    expect((await wizard.open()).body).toContain('2 / 3');
    const elsewhere = createAgent(product.issuer);
    const page = await follow(elsewhere, product.issuer, await elsewhere.get(link));
    expect(page.status).toBe(410);
    expect(await account(person.email)).toBeUndefined();
  });

  it('answers the script that sends again: how it went, and how long to wait', async () => {
    const person = newRegistrant();
    const page = await wizard.send('data', typed(person));
    const again = { ...hiddenFields(page.body), action: 'resend' };
    const soon = await agent.post('/register/password', again, SCRIPT);
    expect(JSON.parse(soon.body)).toEqual({ outcome: 'too_soon', wait: 60 });
    clock.advance(60);
    const sent = await agent.post('/register/password', again, SCRIPT);
    expect(JSON.parse(sent.body)).toEqual({ outcome: 'sent', wait: 60 });
    expect(await messagesTo(product.app, person.phone)).toHaveLength(2);
  });

  it('says after «Завершить» what is left to do, and begins anew for the next person', async () => {
    const person = newRegistrant();
    await wizard.fill(person, listed);
    const left = await wizard.send('finish', {});
    expect(left.body).toContain('Осталось подтвердить почту');
    expect(left.body).toContain(person.email);
    expect(left.body).toContain('ООО &#34;Записанное&#34;');
    const anew = await wizard.send('finish', { action: 'again' });
    expect(anew.body).toContain('1 / 3');
    expect(anew.body).not.toContain(person.email);
  });
});
