/** Fifty at once, spread over two nodes where there are two: one account, five comparisons, one mail, one decision. */
import { runCli } from '../../src/admin/cli';
import { adminTools } from '../../src/node/admin-socket';
import { recordingIo } from '../admin/desk';
import { createAgent, type Answer } from '../support/agent';
import { startProduct, type TestNode, type TestProduct } from '../support/app';
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
  type Registrant,
} from '../registration/wizard';

const AT_ONCE = 50;
const WORDS = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
const titleOf = ({ body }: Answer) => /<h1>(.*?)<\/h1>/.exec(body)?.[1] ?? '';
const saying = (answers: readonly Answer[], text: string) =>
  answers.filter(({ body }) => body.includes(text));

/** A connection for each that races, so that none is told to come back later instead of taking part. */
const POOL = 30;
const CONNECTED = { DATABASE_POOL_SIZE: String(POOL) };

describe.each(storageKinds)('races of a registration on %s', (kind) => {
  // The embedded database takes one statement at a time: two rounds find there what twenty would.
  const rounds = kind === 'postgres' ? 20 : 2;
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct(kind, {
      env: { ...ROOMY, ...CONNECTED },
      nodes: kind === 'postgres' ? 2 : 1,
    });
  });
  afterAll(() => product.close());
  // What races are requests, not connections that are still being made on a busy machine.
  beforeEach(async () => {
    const nap = ({ app }: TestNode) => app.pool.query('select pg_sleep(0.1)').catch(() => undefined);
    if (kind === 'postgres')
      await Promise.all(product.nodes.flatMap((one) => Array.from({ length: POOL }, () => nap(one))));
  });

  const node = (index: number) => ({ port: product.nodes[index % product.nodes.length]?.port });
  const atOnce = <T>(call: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, index) => call(index)));
  const wizardFor = () => startWizard(product.app, product.issuer, createAgent(product.issuer));
  /** Somebody on the second page, with the code in hand. */
  const onSecondPage = async () => {
    const person = newRegistrant();
    const wizard = wizardFor();
    const fields = hiddenFields((await wizard.send('data', dataOf(person))).body);
    const code = await wizard.code(person);
    const send = (form: Record<string, string>, index: number) =>
      wizard.agent.post('/register/password', { ...fields, ...WORDS, ...form }, node(index));
    return { person, wizard, code, send };
  };
  /** Somebody whose mail has come. */
  const withMail = async () => {
    const person = newRegistrant();
    await wizardFor().fill(person);
    return { person, link: await mailedLink(product.app, product.issuer, person.email) };
  };
  const accountsOf = (person: Registrant) =>
    product.app.db
      .selectFrom('identifiers')
      .select('accountId')
      .where('canonical', '=', person.email)
      .execute();
  const applicationsOf = async (person: Registrant) =>
    product.app.db
      .selectFrom('memberships')
      .selectAll()
      .where(
        'accountId',
        'in',
        (await accountsOf(person)).map(({ accountId }) => accountId),
      )
      .execute();

  it(`the right code proves the phone once, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { wizard, code, send } = await onSecondPage();
      // There is no password yet, so that the code alone decides.
      const answers = await atOnce((index) => send({ code, password: '' }, index));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([422]));
      expect(saying(answers, 'Код не подошёл')).toEqual([]);
      expect((await wizard.open()).body).toContain('подтверждён');
      // Nor is it good for anything afterwards.
      const spent = await product.app.db
        .selectFrom('singleUseTokens')
        .select('consumedAt')
        .where('purpose', '=', 'prove_phone')
        .orderBy('createdAt', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      expect(spent.consumedAt).not.toBeNull();
    }
  }, 180_000);

  it(`of wrong codes five are compared, and then not even the right one, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { wizard, code, send } = await onSecondPage();
      const wrong = code === '111111' ? '222222' : '111111';
      const answers = await atOnce((index) => send({ code: wrong, password: '' }, index));
      expect(saying(answers, 'Код не подошёл')).toHaveLength(4);
      expect(saying(answers, 'слишком много раз')).toHaveLength(AT_ONCE - 4);
      const late = await wizard.send('password', { ...WORDS, code });
      expect(late.body).toContain('слишком много раз');
      expect(late.body).toContain('2 / 3');
    }
  }, 180_000);

  it(`attack 84: the last step sent many times sends one mail, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { person, wizard, code, send } = await onSecondPage();
      await atOnce((index) => send({ code }, index));
      expect((await wizard.open()).body).toContain('3 / 3');
      expect(await messagesTo(product.app, person.email)).toHaveLength(1);
    }
  }, 180_000);

  it(`attack 46, attack 84: the mailed link makes one account with one application, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const { person, link } = await withMail();
      const agent = createAgent(product.issuer);
      const fields = hiddenFields((await follow(agent, product.issuer, await agent.get(link))).body);
      const answers = await atOnce((index) => agent.post('/prove-email', fields, node(index)));
      const titles = answers.map(titleOf);
      expect(titles.filter((title) => title === 'Почта подтверждена')).toHaveLength(1);
      expect(titles.filter((title) => title === 'Почта уже подтверждена')).toHaveLength(AT_ONCE - 1);
      expect(await accountsOf(person)).toHaveLength(1);
      expect(await applicationsOf(person)).toHaveLength(1);
    }
  }, 180_000);

  it(`the code of the mail beside its link makes one account, ${rounds} times`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const person = newRegistrant();
      const wizard = wizardFor();
      const typed = hiddenFields((await wizard.fill(person)).body);
      const [mail] = await messagesTo(product.app, person.email);
      const code = mail?.template === 'prove_email' ? mail.values.code : '';
      const link = await mailedLink(product.app, product.issuer, person.email);
      const elsewhere = createAgent(product.issuer);
      const fields = hiddenFields((await follow(elsewhere, product.issuer, await elsewhere.get(link))).body);
      const answers = await atOnce((index) =>
        index % 4 < 2
          ? wizard.agent.post('/register/finish', { ...typed, code }, node(index))
          : elsewhere.post('/prove-email', fields, node(index)),
      );
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
      expect(await accountsOf(person)).toHaveLength(1);
      expect(await applicationsOf(person)).toHaveLength(1);
      expect((await wizard.open()).body).toContain('заявка передана на рассмотрение');
    }
  }, 180_000);

  it(`of approvals and refusals at once one holds and is told, ${rounds} times`, async () => {
    const command = (argv: string[], index: number) => {
      const { app } = product.nodes[index % product.nodes.length] ?? product;
      const { io } = recordingIo(new Map());
      const tools = adminTools(app);
      return runCli(argv, { io, tools: () => Promise.resolve(tools), loadConfig: () => app.config });
    };
    for (let round = 0; round < rounds; round += 1) {
      const { person, link } = await withMail();
      await pressLink(createAgent(product.issuer), product.issuer, link);
      const [{ number, version } = { number: 0, version: 0 }] = await applicationsOf(person);
      const seen = [String(number), '--version', String(version)];
      const codes = await atOnce((index) =>
        index % 2 === 0
          ? command(['approvals', 'approve', ...seen], index)
          : command(['approvals', 'decline', ...seen, '--reason', 'other', '--comment', 'нет'], index),
      );
      expect(codes.filter((code) => code === 0)).toHaveLength(1);
      expect(codes.filter((code) => code === 4)).toHaveLength(AT_ONCE - 1);
      const won = codes.indexOf(0) % 2 === 0 ? 'approved' : 'declined';
      expect((await applicationsOf(person)).map(({ status }) => status)).toEqual([won]);
      const mails = (await messagesTo(product.app, person.email)).map(({ template }) => template);
      expect(mails.filter((template) => /approved|declined/.test(template))).toEqual([`application_${won}`]);
    }
  }, 180_000);

  it('scanners that open the link by HEAD and GET before the person do no harm', async () => {
    const { person, link } = await withMail();
    for (const method of ['HEAD', ...Array.from({ length: 10 }, () => 'GET')]) {
      const scanner = createAgent(product.issuer);
      const first = await scanner.send(method, link, undefined);
      // Some follow redirects, as a browser without cookies would.
      const page = await follow(createAgent(product.issuer), product.issuer, first);
      expect(page.status).toBeLessThan(500);
    }
    expect(await accountsOf(person)).toEqual([]);
    const pressed = await pressLink(createAgent(product.issuer), product.issuer, link);
    expect(titleOf(pressed)).toBe('Почта подтверждена');
    expect(await accountsOf(person)).toHaveLength(1);
  });
});
