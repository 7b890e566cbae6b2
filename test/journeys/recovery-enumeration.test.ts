/** T11, attack class C: nothing of a recovery tells whether a name has an account, unless the setting says so. */
import { noSamples, surelyApart } from '../enumeration/sampling';
import { createAgent, type Answer } from '../support/agent';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { addPhone, messagesTo, recoveryVisitor } from '../support/recovery';
import { authorizationRequest, openSignIn, submitSignIn } from '../support/relying-party';

/** Milliseconds of difference that nobody can tell from chance. */
const BAR_MS = 5;

/** What differs between any two visits, whoever they are. */
const masked = ({ status, body, location }: Answer): string =>
  [status, location, body]
    .join('\n')
    .replace(/(name="(?:form_token|captcha_id)" value=")[^"]*/g, '$1')
    .replace(/captcha\/[\w-]+/g, 'captcha')
    .replace(/Номер запроса: <code>[^<]*/g, '');

const headersOf = ({ headers }: Answer): string[] =>
  Object.entries(headers)
    .filter(
      ([name]) => !['date', 'content-length', 'set-cookie', 'x-request-id', 'retry-after'].includes(name),
    )
    .map(([name, value]) => `${name}: ${String(value)}`)
    .concat(
      [headers['set-cookie'] ?? []]
        .flat()
        .map((line) => line.replace(/=[^;]*/, '=').replace(/expires=[^;]*/, '')),
    );

const settings = {
  ...{ SMS_LIMIT_ADDRESS: '100000', SMS_LIMIT_PREFIX: '100000' },
  SIGN_IN_LIMIT_ADDRESS: '100000',
};

describe('by default', () => {
  const clock = movableClock(new Date());
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('postgres', { env: settings, clock });
  });
  afterAll(() => product.close());

  /** Every page that a name without its code leads to. */
  const walk = async (name: string): Promise<Answer[]> => {
    const visitor = recoveryVisitor(product);
    const seen = [await visitor.begin(name), await visitor.page()];
    seen.push(await visitor.send('code', { action: 'resend' }));
    clock.advance(61);
    seen.push(await visitor.send('code', { action: 'resend' }), await visitor.page());
    seen.push(await visitor.send('code', { action: 'email' }), await visitor.page());
    for (let tries = 0; tries < 6; tries += 1) seen.push(await visitor.send('code', { code: 'x' }));
    seen.push(
      await visitor.send('password', { password: 'семь вагонов', password_repeated: 'семь вагонов' }),
    );
    clock.advance(601);
    seen.push(await visitor.send('code', { code: '000001' }));
    return seen;
  };

  it.each([
    ['e-mails', 'known@example.com', 'knows@example.com'],
    ['mobiles', '+79097770011', '+79098880011'],
    ['landlines', '+78126780011', '+78127890011'],
  ])('%s: the same bytes on every page', async (_what, known, unknown) => {
    const person = await addPerson(product.app, known.includes('@') ? { email: known } : {});
    if (!known.includes('@')) await addPhone(product, person, known);
    const [one, two] = [await walk(known), await walk(unknown)];
    expect(two.map(masked)).toEqual(one.map(masked));
    expect(two.map(headersOf)).toEqual(one.map(headersOf));
    expect(await messagesTo(product, unknown)).toEqual([]);
    expect((await messagesTo(product, known.includes('@') ? known : person.email)).length).toBeGreaterThan(0);
  });

  it('the same limits', async () => {
    await addPhone(product, await addPerson(product.app), '+79097770022');
    const statuses = async (name: string): Promise<number[]> => {
      const answers = [];
      for (let turn = 0; turn < 5; turn += 1)
        answers.push((await recoveryVisitor(product).begin(name)).status);
      return answers;
    };
    const known = await statuses('+79097770022');
    expect(known).toEqual([303, 303, 303, 422, 422]);
    expect(await statuses('+79098880022')).toEqual(known);
  });

  it('the same time', async () => {
    const samples = noSamples();
    for (let turn = 0; turn < 60; turn += 1) {
      const { email } = await addPerson(product.app);
      const names = { known: email, unknown: `nobody-${turn}@example.com` };
      for (const kind of turn % 2 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
        const visitor = recoveryVisitor(product);
        // Opens the page, and whatever else is only needed once.
        await visitor.agent.get('/recovery?step=name&by=email');
        const start = performance.now();
        await visitor.begin(names[kind]);
        samples[kind].push(performance.now() - start);
      }
    }
    expect(surelyApart(samples, BAR_MS)).toBe(false);
  });

  it('the same time of a wrong password at sign-in', async () => {
    const client = await addClient(product.app);
    const samples = noSamples();
    for (let turn = 0; turn < 60; turn += 1) {
      const { email } = await addPerson(product.app);
      const names = { known: email, unknown: `no-one-${turn}@example.com` };
      for (const kind of turn % 2 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) {
        const agent = createAgent(product.issuer);
        const page = await openSignIn(agent, authorizationRequest(client));
        const start = performance.now();
        const { status } = await submitSignIn(agent, page, { email: names[kind], password: 'не тот пароль' });
        samples[kind].push(performance.now() - start);
        expect(status).toBe(422);
      }
    }
    expect(surelyApart(samples, BAR_MS)).toBe(false);
  });
});

describe('with RECOVERY_TELLS_UNKNOWN', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('embedded', { env: { ...settings, RECOVERY_TELLS_UNKNOWN: 'yes' } });
  });
  afterAll(() => product.close());

  it('the page says that there is no such profile, and where the code of a known one went', async () => {
    const nobody = await recoveryVisitor(product).begin('+79098880033');
    expect([nobody.status, nobody.body.includes('Профиль с таким номером нет в базе')]).toEqual([422, true]);
    const person = await addPerson(product.app, { email: 'landline@example.com' });
    await addPhone(product, person, '+78126780033');
    const visitor = recoveryVisitor(product);
    await visitor.begin('+78126780033');
    expect((await visitor.page()).body).toContain('l•••@example.com');
  });
});
