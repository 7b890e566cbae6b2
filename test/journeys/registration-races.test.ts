/** Fifty at once, on two nodes where there are two: one account, five comparisons, one decision. */
import { approveMembership, declineMembership } from '../../src/companies/memberships/decide-membership';
import { listMemberships } from '../../src/companies/memberships/store';
import { createAgent } from '../support/agent';
import { startProduct, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { follow, hiddenFields } from '../support/relying-party';
import {
  dataOf,
  mailedLink,
  messagesTo,
  NEW_PASSWORD,
  newRegistrant,
  ROOMY,
  startWizard,
} from '../registration/wizard';

const AT_ONCE = 50;
const times = Array.from({ length: AT_ONCE }, (_, index) => index);

describe.each(storageKinds)('races of a registration on %s', (kind) => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct(kind, { env: ROOMY, nodes: kind === 'postgres' ? 2 : 1 });
  });
  afterAll(() => product.close());
  const node = (index: number) => ({ port: product.nodes[index % product.nodes.length]?.port });
  const wizardFor = () => startWizard(product.app, product.issuer, createAgent(product.issuer));

  it('the mailed link makes one account, and one decision holds', async () => {
    const { app, issuer } = product;
    const person = newRegistrant();
    await wizardFor().fill(person);
    const link = await mailedLink(app, issuer, person.email);
    const agent = createAgent(issuer);
    const fields = hiddenFields((await follow(agent, issuer, await agent.get(link))).body);
    const answers = await Promise.all(times.map((index) => agent.post('/prove-email', fields, node(index))));
    const titles = answers.map(({ body }) => /<h1>(.*?)<\/h1>/.exec(body)?.[1]).sort();
    expect(titles.filter((title) => title === 'Почта подтверждена')).toHaveLength(1);
    expect(titles.filter((title) => title === 'Почта уже подтверждена')).toHaveLength(AT_ONCE - 1);
    const named = await app.db
      .selectFrom('identifiers')
      .select('accountId')
      .where('canonical', '=', person.email)
      .execute();
    expect(named).toHaveLength(1);

    const accountId = named[0]?.accountId ?? '';
    const [application] = await listMemberships(app.db, { accountId, limit: 2 });
    const seen = { number: application?.number ?? 0, version: application?.version ?? 0 };
    const tools = { ...app, issuer };
    const results = await Promise.all(
      times.map((index) =>
        index % 2 === 0
          ? approveMembership(tools, { ...seen, role: 'member', canAct: false }, 'operator:one')
          : declineMembership(tools, { ...seen, reason: 'нет' }, 'operator:two'),
      ),
    );
    expect(results.filter((result) => result === 'done')).toHaveLength(1);
    const mails = await messagesTo(app, person.email);
    expect(mails.filter(({ template }) => template.startsWith('application_'))).toHaveLength(1);
  });

  it('a code is compared five times at most, and a right one among wrong ones is used once', async () => {
    const person = newRegistrant();
    const wizard = wizardFor();
    const page = await wizard.send('data', dataOf(person));
    const right = await wizard.code(person);
    const wrong = right === '111111' ? '222222' : '111111';
    const words = { ...hiddenFields(page.body), password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };
    const answers = await Promise.all(
      times.map((index) => wizard.agent.post('/register/password', { ...words, code: wrong }, node(index))),
    );
    const compared = answers.filter(({ body }) => body.includes('Код не подошёл'));
    expect(compared).toHaveLength(4);
    expect(answers.filter(({ body }) => body.includes('слишком много раз'))).toHaveLength(AT_ONCE - 4);
    const late = await wizard.send('password', { ...words, code: right });
    expect(late.body).toContain('слишком много раз');
  });

  it('the last step sent many times sends one mail', async () => {
    const person = newRegistrant();
    const wizard = wizardFor();
    const page = await wizard.send('data', dataOf(person));
    const code = await wizard.code(person);
    const form = {
      ...hiddenFields(page.body),
      code,
      password: NEW_PASSWORD,
      password_repeated: NEW_PASSWORD,
    };
    await Promise.all(times.map((index) => wizard.agent.post('/register/password', form, node(index))));
    expect((await wizard.open()).body).toContain('3 / 3');
    expect(await messagesTo(product.app, person.email)).toHaveLength(1);
  });
});
