/** P1, Y1: a relying party signs a person in, on both storages. */
import { decodeJwt } from 'jose';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import {
  authorizationRequest,
  follow,
  openSignIn,
  postAsClient,
  redeemCode,
  refreshTokens,
  signIn,
  submitSignIn,
} from '../support/relying-party';

describe.each(storageKinds)('signing in on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let agent: Agent;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());
  beforeEach(() => {
    agent = createAgent(product.issuer);
  });

  const tokensFor = async (scope?: string) => {
    const request = authorizationRequest(client, scope === undefined ? {} : { scope });
    const back = await signIn(agent, product.issuer, request, person);
    expect(back.origin + back.pathname).toBe(client.redirectUri);
    expect(back.searchParams.get('state')).toBe(request.state);
    expect(back.searchParams.get('iss')).toBe(product.issuer);
    const { status, json } = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
    expect(status).toBe(200);
    return { json, claims: decodeJwt(String(json.id_token)), request };
  };

  it('gives the first ID token everything about the person', async () => {
    const { json, claims, request } = await tokensFor();
    expect(claims).toMatchObject({
      iss: product.issuer,
      aud: client.id,
      nonce: request.nonce,
      sub: person.id,
      name: 'Вымышленный Иван Иванович',
      family_name: 'Вымышленный',
      given_name: 'Иван',
      middle_name: 'Иванович',
      email: person.email,
      email_verified: true,
      companies: [],
    });
    expect(json).toMatchObject({
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'openid profile email phone companies',
    });
    expect(json.refresh_token).toEqual(expect.any(String));
  });

  it('says no more than the scopes that were asked for', async () => {
    const { claims } = await tokensFor('openid email');
    expect(claims.email).toBe(person.email);
    for (const claim of ['name', 'family_name', 'phone_number', 'companies'])
      expect(claims).not.toHaveProperty(claim);
  });

  it('rotates refresh tokens and ends the family when a spent one comes back', async () => {
    const { json } = await tokensFor();
    const first = String(json.refresh_token);
    const second = await refreshTokens(agent, client, first);
    expect(second.status).toBe(200);
    expect(second.json.refresh_token).not.toBe(first);
    const replay = await refreshTokens(agent, client, first);
    expect(replay).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    const heir = await refreshTokens(agent, client, String(second.json.refresh_token));
    expect(heir).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    const access = await postAsClient(agent, '/token/introspection', client, {
      token: String(second.json.access_token),
    });
    expect(access.json).toEqual({ active: false });
  });

  it('lets a second relying party in without a second sign-in', async () => {
    await tokensFor();
    const other = await addClient(product.app, { redirect_uris: ['https://other.example/in'] });
    const request = authorizationRequest(other);
    const done = await follow(agent, product.issuer, await agent.get(request.path));
    const back = new URL(done.location ?? '');
    expect(back.origin).toBe('https://other.example');
    const { json } = await redeemCode(agent, other, request, back.searchParams.get('code') ?? '');
    expect(decodeJwt(String(json.id_token)).sub).toBe(person.id);
  });

  it('answers a wrong password and an unknown name alike', async () => {
    const strip = (html: string) =>
      html.replace(
        /value="[^"]*"|captcha\/[\w-]+|interaction\/[\w-]+|person-\d+@example\.com|nobody@example\.com/g,
        '',
      );
    const pages = [];
    for (const email of [person.email, 'nobody@example.com']) {
      const fresh = createAgent(product.issuer);
      const page = await openSignIn(fresh, authorizationRequest(client));
      pages.push(await submitSignIn(fresh, page, { email, password: 'не тот пароль' }));
    }
    expect(pages.map(({ status }) => status)).toEqual([422, 422]);
    expect(strip(pages[0]?.body ?? '')).toBe(strip(pages[1]?.body ?? ''));
    expect(pages[0]?.body).toContain('Почта или пароль не подошли');
  });

  it('cancel brings access_denied', async () => {
    const request = authorizationRequest(client);
    const page = await openSignIn(agent, request);
    const token = /name="form_token" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const done = await follow(
      agent,
      product.issuer,
      await agent.post(`${page.path}/cancel`, { form_token: token }),
    );
    const back = new URL(done.location ?? '');
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe(request.state);
  });
});
