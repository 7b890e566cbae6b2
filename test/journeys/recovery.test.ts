/** T9–T13, I8: back in without the password, by phone, by mail, from inside a sign-in and outside of one. */
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { storageKinds } from '../support/database';
import { addPhone, codeSentTo, messagesTo, recoveryVisitor } from '../support/recovery';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  redeemCode,
  refreshTokens,
  signIn,
  submitSignIn,
} from '../support/relying-party';

const NEW_PASSWORD = 'семь вагонов угля 7';
const twice = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };

let numbers = 0;
const mobile = (): string =>
  `+7909${String((numbers += 1)).padStart(3, '0')}${String(numbers).padStart(4, '0')}`;

describe.each(storageKinds)('recovery on %s', (kind) => {
  const clock = movableClock(new Date());
  let product: TestProduct;
  let person: TestPerson;
  let phone: string;

  beforeAll(async () => {
    const env = { SMS_LIMIT_ADDRESS: '10000', SMS_LIMIT_PREFIX: '1000' };
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1, env, clock });
  });
  afterAll(() => product.close());
  beforeEach(async () => {
    person = await addPerson(product.app);
    phone = mobile();
    await addPhone(product, person, phone);
  });

  const signsIn = async (password: string): Promise<boolean> => {
    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(await addClient(product.app)));
    const answer = await submitSignIn(agent, page, { email: person.email, password });
    return answer.status === 303;
  };

  it('attack 74: by SMS, from a sign-in and back into it; what was open before ends on every node', async () => {
    const client = await addClient(product.app);
    const elsewhere = createAgent(product.issuer);
    const earlier = authorizationRequest(client);
    const back = await signIn(elsewhere, product.issuer, earlier, person);
    const tokens = await redeemCode(elsewhere, client, earlier, back.searchParams.get('code') ?? '');

    const agent = createAgent(product.issuer);
    const page = await openSignIn(agent, authorizationRequest(client));
    const entered = await agent.get(`${page.path}/recovery?by=phone`);
    expect(entered.location).toBe(`${product.issuer}/recovery?step=name&by=phone`);
    const visitor = recoveryVisitor(product, agent);
    expect((await visitor.begin(`8 (${phone.slice(2, 5)}) ${phone.slice(5)}`)).location).toBe(
      `${product.issuer}/recovery`,
    );
    const asked = await visitor.page();
    expect(asked.body).toContain(`+7*${phone.slice(-4, -2)}-${phone.slice(-2)}`);
    expect(asked.body).not.toContain(phone.slice(2));

    const [sms] = await messagesTo(product, phone);
    expect(sms?.text).toMatch(/\/\d{6}$/);
    expect(sms?.text.length).toBeLessThanOrEqual(70);
    await visitor.send('code', { code: ` /${await codeSentTo(product, phone)}` });
    expect((await visitor.page()).body).toContain('Новый пароль');
    expect((await visitor.send('password', twice)).status).toBe(303);
    const done = await visitor.page();
    expect(done.location).toBe(`${product.issuer}/recovery/done`);
    const last = await agent.get('/recovery/done');
    expect(last.body).toContain(`href="${page.path}"`);
    expect(last.body).toContain('Войти с новым паролем');

    const again = await agent.get(page.path);
    const signedIn = await submitSignIn(
      agent,
      { ...again, path: page.path },
      { email: person.email, password: NEW_PASSWORD },
    );
    expect((await follow(agent, product.issuer, signedIn)).location).toContain('code=');
    expect(await signsIn(person.password)).toBe(false);

    for (const { port } of product.nodes) {
      const silent = await elsewhere.get(authorizationRequest(client, { prompt: 'none' }).path, { port });
      expect(silent.location).toContain('error=login_required');
    }
    const refreshed = await refreshTokens(elsewhere, client, String(tokens.json.refresh_token));
    expect(refreshed.json.error).toBe('invalid_grant');
    const notices = [...(await messagesTo(product, person.email)), ...(await messagesTo(product, phone))];
    expect(notices.filter(({ template }) => template === 'password_changed')).toHaveLength(2);
  });

  it('by mail: the code where it began, or the link in any browser; using one ends the other', async () => {
    const visitor = recoveryVisitor(product);
    await visitor.begin(` ${person.email.toUpperCase()} `);
    const [mail] = await messagesTo(product, person.email);
    const link = new URL(mail?.links[0] ?? '');
    await visitor.send('code', { code: mail?.codes[0] ?? '' });
    const other = createAgent(product.issuer);
    await other.get(link.pathname + link.search);
    const form = await other.get('/set-password');
    expect(form.status).toBe(200);
    const set = await other.post('/set-password', { ...hiddenFields(form.body), ...twice });
    expect(set.location).toBe(`${product.issuer}/set-password/done`);
    expect(await signsIn(NEW_PASSWORD)).toBe(true);

    const late = await visitor.send('password', {
      password: 'совсем другой 9',
      password_repeated: 'совсем другой 9',
    });
    expect(late.location).toBe(`${product.issuer}/recovery`);
    expect(await signsIn(NEW_PASSWORD)).toBe(true);
    await other.get(link.pathname + link.search);
    expect((await other.get('/set-password')).body).toContain('Ссылка уже использована');
  });

  it.each([
    ['a landline', () => `+7812${String(6_000_000 + (numbers += 1))}`],
    ['a number of Kazakhstan', () => `+7701${String(1_000_000 + (numbers += 1))}`],
    ['a number of Belarus', () => `+37529${String(1_000_000 + (numbers += 1))}`],
  ])(
    '%s: the mail goes to the address of the account, and the page does not name it',
    async (_what, make) => {
      const other = await addPerson(product.app);
      const number = make();
      await addPhone(product, other, number);
      const visitor = recoveryVisitor(product);
      await visitor.begin(number);
      const page = await visitor.page();
      expect(page.body).toContain('к нему указана почта');
      expect(page.body).not.toContain('@example.com');
      expect(await messagesTo(product, number)).toEqual([]);
      await visitor.send('code', { code: await codeSentTo(product, other.email) });
      expect((await visitor.page()).body).toContain('Новый пароль');
    },
  );

  it('by choice the code comes by mail, at once, and the one of the SMS is dead', async () => {
    const visitor = recoveryVisitor(product);
    await visitor.begin(phone);
    const first = await codeSentTo(product, phone);
    expect((await visitor.send('code', { action: 'email' })).status).toBe(303);
    const second = await codeSentTo(product, person.email);
    if (first !== second)
      expect((await visitor.send('code', { code: first })).body).toContain('Код не подошёл');
    await visitor.send('code', { code: second });
    expect((await visitor.page()).body).toContain('Новый пароль');
  });

  it('strangers use up their own mails, not those of the owner’s browser', async () => {
    const owner = recoveryVisitor(product);
    const page = await openSignIn(owner.agent, authorizationRequest(await addClient(product.app)));
    await submitSignIn(owner.agent, page, { email: person.email, password: person.password });
    const stranger = [];
    for (let turn = 0; turn < 5; turn += 1)
      stranger.push((await recoveryVisitor(product).begin(person.email)).status);
    expect(stranger).toEqual([303, 303, 303, 422, 422]);
    const own = [];
    for (let turn = 0; turn < 4; turn += 1) own.push((await owner.begin(person.email)).status);
    expect(own).toEqual([303, 303, 303, 422]);
    expect(await messagesTo(product, person.email)).toHaveLength(6);
    // Another account's browser is a stranger here.
    const other = recoveryVisitor(product);
    const somebody = await addPerson(product.app);
    const again = await openSignIn(other.agent, authorizationRequest(await addClient(product.app)));
    await submitSignIn(other.agent, again, { email: somebody.email, password: somebody.password });
    expect((await other.begin(person.email)).status).toBe(422);
  });

  it('attack 43: sends again after a pause, one message for any number of clicks', async () => {
    const visitor = recoveryVisitor(product);
    await visitor.begin(phone);
    const soon = await visitor.send('code', { action: 'resend' });
    expect([soon.status, soon.body.includes('через минуту')]).toEqual([422, true]);
    clock.advance(61);
    const { body } = await visitor.page();
    const click = () => visitor.agent.post('/recovery/code', { ...hiddenFields(body), action: 'resend' });
    await Promise.all(Array.from({ length: 20 }, click));
    expect(await messagesTo(product, phone)).toHaveLength(2);
  });

  describe('what does not open anything', () => {
    it('a new password without the code, whatever is posted where', async () => {
      const visitor = recoveryVisitor(product);
      await visitor.begin(phone);
      for (const form of [
        twice,
        { ...twice, code: '000000' },
        { ...twice, step: 'password', right: 'live' },
      ]) {
        const answer = await visitor.send('password', form);
        expect(answer.location).toBe(`${product.issuer}/recovery`);
      }
      expect((await visitor.page()).body).toContain('Временный пароль');
      expect(await signsIn(person.password)).toBe(true);
    });

    it('attack 42: the code of one browser in another', async () => {
      const [owner, stranger] = [recoveryVisitor(product), recoveryVisitor(product)];
      await owner.begin(phone);
      const code = await codeSentTo(product, phone);
      await stranger.begin('+7 909 111-22-33');
      expect((await stranger.send('code', { code })).body).toContain('Код не подошёл');
      await owner.send('code', { code });
      expect((await owner.page()).body).toContain('Новый пароль');
      expect((await stranger.page()).body).toContain('Временный пароль');
    });

    it('attack 42: a right code, once the name was changed to somebody else', async () => {
      const victim = await addPerson(product.app);
      const visitor = recoveryVisitor(product);
      await visitor.begin(phone);
      const code = await codeSentTo(product, phone);
      await visitor.begin(victim.email);
      expect((await visitor.send('code', { code })).body).toContain('Код не подошёл');
      const answer = await visitor.send('password', twice);
      expect(answer.location).toBe(`${product.issuer}/recovery`);
    });

    it('a code that is ten minutes old, and a right to set the password that is a quarter of an hour old', async () => {
      const late = recoveryVisitor(product);
      await late.begin(phone);
      clock.advance(601);
      const answer = await late.send('code', { code: await codeSentTo(product, phone) });
      expect(answer.body).toContain('больше не действует');
      const slow = recoveryVisitor(product);
      await slow.begin(person.email);
      await slow.send('code', { code: await codeSentTo(product, person.email) });
      clock.advance(901);
      expect((await slow.send('password', twice)).location).toBe(`${product.issuer}/recovery`);
      expect(await signsIn(person.password)).toBe(true);
    });

    it('an address or phone that is not proved', async () => {
      const unproved = mobile();
      await addPhone(product, await addPerson(product.app), unproved, false);
      await recoveryVisitor(product).begin(unproved);
      expect(await messagesTo(product, unproved)).toEqual([]);
    });

    it('a blocked account: the page says nothing, its owner is told by mail', async () => {
      const { db, clock: at } = product.app;
      const blocked = { status: 'blocked' as const, blockReason: 'проверка', blockedAt: at.now() };
      await db.updateTable('accounts').set(blocked).where('id', '=', person.id).execute();
      const visitor = recoveryVisitor(product);
      await visitor.begin(phone);
      expect((await visitor.page()).body).toContain('есть в базе, мы отправили');
      expect(await messagesTo(product, phone)).toEqual([]);
      const [mail] = await messagesTo(product, person.email);
      expect([mail?.template, mail?.codes]).toEqual(['recovery_blocked', []]);
    });
  });

  describe('in parallel', () => {
    it('of 50 right codes one counts, and of 50 new passwords one is set', async () => {
      const visitor = recoveryVisitor(product);
      await visitor.begin(phone);
      const code = await codeSentTo(product, phone);
      const { body } = await visitor.page();
      const portOf = (index: number) => product.nodes[index % product.nodes.length]?.port;
      const codes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          visitor.agent.post('/recovery/code', { ...hiddenFields(body), code }, { port: portOf(index) }),
        ),
      );
      expect(codes.every(({ status }) => status === 303 || status === 422)).toBe(true);
      const rights = await product.app.db
        .selectFrom('singleUseTokens')
        .selectAll()
        .where('purpose', '=', 'recovered')
        .where('accountId', '=', person.id)
        .execute();
      expect(rights).toHaveLength(1);

      const page = await visitor.page();
      const passwords = Array.from({ length: 50 }, (_, index) => `пароль номер ${index} из многих`);
      await Promise.all(
        passwords.map((password, index) =>
          visitor.agent.post(
            '/recovery/password',
            { ...hiddenFields(page.body), password, password_repeated: password },
            { port: portOf(index) },
          ),
        ),
      );
      const set = await product.app.db
        .selectFrom('audit')
        .selectAll()
        .where('event', '=', 'password_set')
        .where('subject', '=', `account:${person.id}`)
        .execute();
      expect(set).toHaveLength(1);
      const notices = (await messagesTo(product, person.email)).filter(
        ({ template }) => template === 'password_changed',
      );
      expect(notices).toHaveLength(1);
    });

    it('of 50 wrong codes five are looked at, and then not even the right one', async () => {
      const visitor = recoveryVisitor(product);
      await visitor.begin(phone);
      const code = await codeSentTo(product, phone);
      const { body } = await visitor.page();
      const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          visitor.agent.post('/recovery/code', { ...hiddenFields(body), code: wrong }),
        ),
      );
      // The fifth answer says already that there are no more.
      expect(answers.filter((answer) => answer.body.includes('Код не подошёл'))).toHaveLength(4);
      expect((await visitor.send('code', { code })).status).toBe(422);
      const [row] = await product.app.db
        .selectFrom('singleUseTokens')
        .selectAll()
        .where('purpose', '=', 'recover')
        .where('accountId', '=', person.id)
        .execute();
      expect(row).toMatchObject({ attemptsLeft: 0, consumedAt: null });
    });

    it('of two recoveries that have come as far as the password, the first to set it ends the other', async () => {
      const [one, two] = [recoveryVisitor(product), recoveryVisitor(product)];
      await one.begin(phone);
      await one.send('code', { code: await codeSentTo(product, phone) });
      await two.begin(person.email);
      await two.send('code', { code: await codeSentTo(product, person.email) });
      const other = { password: 'чужой пароль 11', password_repeated: 'чужой пароль 11' };
      const answers = await Promise.all([one.send('password', twice), two.send('password', other)]);
      expect(answers.map(({ status }) => status)).toEqual([303, 303]);
      const right = [await signsIn(NEW_PASSWORD), await signsIn(other.password)];
      expect(right.filter(Boolean)).toHaveLength(1);
    });
  });
});
