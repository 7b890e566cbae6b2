/** Whoever recovers sets another password: a stranger may know the one there is. */
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { codeSentTo, messagesTo, recoveryVisitor } from '../support/recovery';
import {
  authorizationRequest,
  hiddenFields,
  openSignIn,
  signIn,
  submitSignIn,
} from '../support/relying-party';

const NEW_PASSWORD = 'семь вагонов угля 7';
const SAME = 'Это ваш прежний пароль. Придумайте другой';

let product: TestProduct;
let person: TestPerson;
beforeAll(async () => {
  product = await startProduct('postgres');
});
afterAll(() => product.close());
beforeEach(async () => {
  person = await addPerson(product.app);
});

const twice = (password: string) => ({ password, password_repeated: password });
/** The text beside the first field of the password. */
const problemIn = (body: string): string | undefined => /id="password-problem"[^>]*>([^<]*)/.exec(body)?.[1];

async function expectNewPassword(): Promise<void> {
  const client = await addClient(product.app);
  const request = authorizationRequest(client);
  const stranger = createAgent(product.issuer);
  const page = await openSignIn(stranger, request);
  expect((await submitSignIn(stranger, page, person)).status).toBe(422);
  const owner = createAgent(product.issuer);
  const back = await signIn(owner, product.issuer, authorizationRequest(client), {
    ...person,
    password: NEW_PASSWORD,
  });
  expect(back.searchParams.get('code')).toBeTruthy();
}

it('is refused after a code, and another one is taken by the same form', async () => {
  const visitor = recoveryVisitor(product);
  await visitor.begin(person.email);
  await visitor.send('code', { code: await codeSentTo(product, person.email) });
  const refused = await visitor.send('password', twice(person.password));
  expect([refused.status, problemIn(refused.body)]).toEqual([422, SAME]);
  expect((await visitor.send('password', twice(NEW_PASSWORD))).location).toBe(`${product.issuer}/recovery`);
  await expectNewPassword();
});

it('is refused behind the link of the mail, which stays good', async () => {
  await recoveryVisitor(product).begin(person.email);
  const [mail] = await messagesTo(product, person.email);
  const agent = createAgent(product.issuer);
  await agent.get((mail?.links[0] ?? '').slice(product.issuer.length));
  const send = async (password: string) =>
    agent.post('/set-password', {
      ...hiddenFields((await agent.get('/set-password')).body),
      ...twice(password),
    });
  const refused = await send(person.password);
  expect([refused.status, problemIn(refused.body)]).toEqual([422, SAME]);
  expect((await send(NEW_PASSWORD)).location).toBe(`${product.issuer}/set-password/done`);
  await expectNewPassword();
});
