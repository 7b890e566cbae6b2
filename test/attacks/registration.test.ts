/** What strangers try on the way to an account: codes, links, numbers of companies; and what a log keeps of it all. */
import { createLogger } from '../../src/log';
import { issueCode } from '../../src/tokens/codes';
import { enterAt } from '../approvals/office';
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
import { createAgent, type Answer } from '../support/agent';
import { addPerson, startProduct, TEST_PASSWORD, type TestProduct } from '../support/app';
import { follow, hiddenFields } from '../support/relying-party';

const AT_ONCE = 50;
const ROUNDS = 20;

let product: TestProduct;
/** Every line that both nodes have written. */
const lines: string[] = [];
/** What must not stand in any of them. */
const secrets = new Map<string, string>();

beforeAll(async () => {
  const log = createLogger('trace', { write: (line) => void lines.push(line) });
  product = await startProduct('postgres', { nodes: 2, env: { ...ROOMY, DATABASE_POOL_SIZE: '30' }, log });
});
afterAll(() => product.close());

const newAgent = () => createAgent(product.issuer);
const newWizard = () => startWizard(product.app, product.issuer, newAgent());
const node = (index: number) => ({ port: product.nodes[index % product.nodes.length]?.port });
const atOnce = <T>(call: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, index) => call(index)));
const count = async (table: 'accounts' | 'companies' | 'memberships' | 'outbox'): Promise<number> =>
  (await product.app.db.selectFrom(table).select('id').execute()).length;

/** Units of one company, each known to nobody yet. */
let units = 0;
function newUnit(): { inn: string; kpp: string } {
  units += 1;
  return { inn: COMPANY.inn, kpp: `7801${String(units).padStart(2, '0')}001` };
}

/** Somebody whose mail has come. */
async function withMail(change: Record<string, string> = {}): Promise<{ person: Registrant; link: string }> {
  const person = newRegistrant();
  await newWizard().fill(person, change);
  return { person, link: await mailedLink(product.app, product.issuer, person.email) };
}

it('attack 43: fifty browsers that ask for codes to one number, however written, cause three messages', async () => {
  const victim = newRegistrant();
  const rest = victim.phone.slice(2);
  const written = [`+7${rest}`, `8${rest}`, `8 (${rest.slice(0, 3)}) ${rest.slice(3)}`, `7-${rest}`];
  const answers = await atOnce(async (index) => {
    const wizard = newWizard();
    const phone = written[index % written.length] ?? '';
    return wizard.send('data', { ...dataOf(newRegistrant()), phone }, node(index));
  });
  expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  const sent = await messagesTo(product.app, victim.phone);
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThanOrEqual(3);
});

describe('attack 44', () => {
  it('a code is in its message and nowhere else', async () => {
    const person = newRegistrant();
    const wizard = newWizard();
    const seen: Answer[] = [await wizard.open(), await wizard.send('data', dataOf(person))];
    const code = await wizard.code(person);
    secrets.set('code by SMS', code);
    seen.push(
      await wizard.open(),
      await wizard.send('password', { code: code === '111111' ? '222222' : '111111' }),
    );
    const words = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
    seen.push(await wizard.send('password', { ...words, code }));
    const [mail] = await messagesTo(product.app, person.email);
    const mailed = mail?.template === 'prove_email' ? mail.values.code : '';
    expect(mailed).toMatch(/^\d{6}$/);
    secrets.set('code by mail', mailed);
    seen.push(await wizard.open());
    const cookies = [...wizard.agent.cookies.values()].map(({ value }) => value).join(' ');
    const texts = seen.map(({ body, headers, location }) => `${body} ${JSON.stringify(headers)} ${location}`);
    for (const secret of [code, mailed])
      expect([...texts, cookies].filter((text) => new RegExp(`(?<!\\w)${secret}(?!\\w)`).test(text))).toEqual(
        [],
      );
  });

  it('a thousand codes have every digit equally often in every place', async () => {
    const { db, secrets: keys, clock } = product.app;
    const codes: string[] = [];
    const rollback = new Error('enough');
    const drawing = db.transaction().execute(async (trx) => {
      const request = { purpose: 'prove_phone' as const, ttlSeconds: 600 };
      for (let drawn = 0; drawn < 1000; drawn += 1)
        codes.push((await issueCode(trx, keys, request, clock)).code);
      throw rollback;
    });
    await expect(drawing).rejects.toBe(rollback);
    const expected = codes.length / 10;
    let chiSquare = 0;
    for (let place = 0; place < 6; place += 1)
      for (let digit = 0; digit < 10; digit += 1) {
        const found = codes.filter((code) => code[place] === String(digit)).length;
        chiSquare += (found - expected) ** 2 / expected;
      }
    // 54 degrees of freedom: beyond 120 once in a million times.
    expect(chiSquare).toBeLessThan(120);
    expect(new Set(codes).size).toBeGreaterThan(985);
  });
});

it('attack 46: a link opened where somebody else is signed in signs in nobody and swaps no account', async () => {
  const { person, link } = await withMail();
  secrets.set('link', new URL(link, product.issuer).searchParams.get('token') ?? '');
  const other = await addPerson(product.app);
  const agent = newAgent();
  await enterAt(agent, product.issuer, '/account', other);
  expect((await pressLink(agent, product.issuer, link)).status).toBeLessThan(400);
  const own = await agent.get('/account/personal');
  expect(own.body).toContain(other.email);
  expect(own.body).not.toContain(person.email);
  const again = await follow(agent, product.issuer, await agent.get(link));
  expect(again.body).toContain('уже подтверждена');
  // Nor is anybody signed in by a link alone.
  const fresh = await withMail();
  const browser = newAgent();
  await pressLink(browser, product.issuer, fresh.link);
  expect((await browser.get('/account')).location).toContain('/auth?');
});

it('attack 48: the address of somebody else, in whatever letters, makes no second account; odd ones are refused', async () => {
  const owner = await addPerson(product.app, { email: 'taken.name@bücher.example.com' });
  const canonical = 'taken.name@xn--bcher-kva.example.com';
  const twins = [
    'TAKEN.Name@BÜCHER.example.com',
    ' taken.name@xn--bcher-kva.example.com ',
    'ｔaken.name@bücher。example．com',
  ];
  for (const email of twins) {
    const filled = await newWizard().fill({ ...newRegistrant(), email });
    expect(filled.body).toContain('3 / 3');
  }
  const written = [owner.email, `TAKEN.Name@${canonical.split('@')[1]}`];
  const mails = (await Promise.all(written.map((to) => messagesTo(product.app, to)))).flat();
  expect(mails.map(({ template }) => template)).toEqual(twins.map(() => 'already_registered'));
  const named = product.app.db.selectFrom('identifiers').select('accountId');
  expect(await named.where('canonical', '=', canonical).execute()).toEqual([{ accountId: owner.id }]);
  const odd = [
    '"taken.name"@example.com',
    'taken.name(x)@example.com',
    'taken.name@example.com\r\nBcc: x@evil.example',
    'a@localhost',
    'a@[127.0.0.1]',
    'a@b@example.com',
  ];
  for (const email of odd)
    expect([email, (await newWizard().send('data', { ...dataOf(newRegistrant()), email })).status]).toEqual([
      email,
      422,
    ]);
});

describe('attack 50', () => {
  it(`two people of one new company at the same moment are one company with two applications, ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const unit = newUnit();
      const people = await Promise.all([withMail(unit), withMail(unit)]);
      const pressed = await Promise.all(
        people.map(({ link }) => pressLink(newAgent(), product.issuer, link)),
      );
      for (const { body } of pressed) expect(body).toContain('Почта подтверждена');
      const { db } = product.app;
      const made = await db.selectFrom('companies').select('id').where('kpp', '=', unit.kpp).execute();
      expect(made).toHaveLength(1);
      const applications = await db
        .selectFrom('memberships')
        .select(['accountId', 'status'])
        .where('companyId', '=', made[0]?.id ?? '')
        .execute();
      expect(applications.map(({ status }) => status)).toEqual(['requested', 'requested']);
      expect(new Set(applications.map(({ accountId }) => accountId)).size).toBe(2);
    }
  });

  it(`one person who applies to ${AT_ONCE} companies at once waits for one`, async () => {
    const person = await addPerson(product.app);
    const agent = newAgent();
    await enterAt(agent, product.issuer, '/account/companies', person);
    const path = '/account/companies/add';
    const fields = hiddenFields((await agent.get(path)).body);
    const answers = await atOnce((index) =>
      agent.post(
        path,
        { ...fields, ...newUnit(), company_name: 'ООО "Всё сразу"', way: 'apply' },
        node(index),
      ),
    );
    expect(answers.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
    const waiting = await product.app.db
      .selectFrom('memberships')
      .select('status')
      .where('accountId', '=', person.id)
      .execute();
    expect(waiting).toEqual([{ status: 'requested' }]);
  });
});

it('attack 51: a number of a company that is none is refused beside its field, and asks nothing', async () => {
  const wizard = newWizard();
  const before = await count('companies');
  const numbers = [
    ...[
      '7800999995',
      '780099999',
      '78009999940',
      '٧٨٠٠٩٩٩٩٩٤',
      '0000000000',
      '',
      '.*',
      '$1',
      '%',
      '*)(uid=*',
    ],
    ...["7800999994' or '1'='1", "7800999994'; drop table companies; --", '7800999994\0', '{"$ne":""}'],
  ].map((inn) => ({ inn, kpp: COMPANY.kpp }));
  const lacking = [
    ...['1', '78000100', '000001001', '٧٨٠٠٠١٠٠١', "780001001'--", '(a+)+$'].map((kpp) => ({
      inn: COMPANY.inn,
      kpp,
    })),
  ];
  for (const unit of [...numbers, ...lacking]) {
    const refused = await wizard.send('data', { ...dataOf(newRegistrant()), ...unit });
    expect([unit, refused.status]).toEqual([unit, 422]);
    expect(refused.body).toMatch(/id="(inn|kpp)-problem"/);
  }
  expect(await count('companies')).toBe(before);
});

it('attack 54: there is nothing to approve of somebody whose address or phone is not proved', async () => {
  const before = [await count('accounts'), await count('memberships')];
  const wizard = newWizard();
  await wizard.send('data', dataOf(newRegistrant()));
  await withMail();
  expect([await count('accounts'), await count('memberships')]).toEqual(before);
});

describe('attack 67', () => {
  it('what strangers write makes no line of its own and steers no terminal', async () => {
    const agent = newAgent();
    const before = lines.length;
    for (const text of [
      '\r\n{"level":"error","msg":"forged"}',
      '\u001b[2J\u001b[31m',
      '"}\n{"a":"',
      '\u202e\u2028',
    ]) {
      const word = encodeURIComponent(text);
      await agent.get(`/nowhere/${word}?x=${word}`);
      await agent.get(`/auth?client_id=${word}&redirect_uri=${word}`);
      await agent.get('/nowhere', { headers: { 'x-request-id': word, 'x-forwarded-for': word } });
      await agent.post('/recovery/name', { email: text, form_token: text });
    }
    await agent.get('/nowhere', { headers: { 'user-agent': 'x'.repeat(2 ** 20) } }).catch(() => undefined);
    await agent.get(`/${'x'.repeat(8000)}`);
    const written = lines.slice(before);
    expect(written.filter((line) => line.includes('"request"'))).toHaveLength(17);
    for (const line of written) {
      expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}]*\n$/u);
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) as string });
      expect(line.length).toBeLessThan(5000);
    }
    expect(written.join('')).not.toContain('"msg":"forged"');
  });

  it('no line of all that happened here holds a password, code, link, cookie, address or phone', async () => {
    const wizard = newWizard();
    const person = newRegistrant();
    await wizard.fill(person);
    const agent = newAgent();
    const owner = await addPerson(product.app);
    await enterAt(agent, product.issuer, '/account', owner);
    const cookies = [...agent.cookies.values(), ...wizard.agent.cookies.values()];
    for (const { name, value } of cookies) if (value.length > 8) secrets.set(`cookie ${name}`, value);
    for (const [name, secret] of Object.entries({
      ...person,
      owner: owner.email,
      TEST_PASSWORD,
      NEW_PASSWORD,
    }))
      secrets.set(name, secret);
    secrets.set('phone as typed', person.phone.slice(2));
    const all = lines.join('');
    expect(all).toContain('/register/password');
    const found = [...secrets].filter(
      ([, secret]) =>
        secret === '' ||
        new RegExp(`(?<!\\w)${secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`).test(all),
    );
    expect(found.map(([name]) => name)).toEqual([]);
  });
});
