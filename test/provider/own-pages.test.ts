/** Signing in to our own pages without a token, whom relying parties admit, and the way back to them. */
import { decodeJwt } from 'jose';
import { changeMembership } from '../../src/companies/memberships/change-membership';
import { decideOn, enterAt, openOffice } from '../approvals/office';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  redeemCode,
  signIn,
  submitSignIn,
} from '../support/relying-party';

let product: TestProduct;
beforeAll(async () => {
  product = await startProduct('embedded');
});
afterAll(() => product.close());

describe('our own pages as a relying party', () => {
  it('get no code, no token and no grant', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const agent = createAgent(issuer);
    const started = await agent.get('/approvals');
    const request = new URL(started.location ?? '');
    expect(request.searchParams.get('response_type')).toBe('none');
    const asked = await agent.get(request.pathname + request.search);
    const path = new URL(asked.location ?? '').pathname;
    const page = { ...(await agent.get(path)), path };
    expect(page.body).toContain('port.one ID');
    // By every name that a path may have given them.
    expect(page.body).toContain('По номеру телефона');
    expect(page.body).toContain('По логину');
    const resumed = await submitSignIn(agent, page, person);
    const back = await agent.get(new URL(resumed.location ?? '').pathname);
    const { pathname, searchParams } = new URL(back.location ?? '');
    expect(pathname).toBe('/signed-in');
    expect([...searchParams.keys()].sort()).toEqual(['iss', 'state']);
    expect(
      await app.db.selectFrom('grants').selectAll().where('accountId', '=', person.id).execute(),
    ).toEqual([]);

    for (const type of ['code', 'id_token', 'token', 'code id_token']) {
      request.searchParams.set('response_type', type);
      const refused = await agent.get(request.pathname + request.search);
      expect(refused.location ?? '').not.toMatch(/[?#&](code|id_token|access_token)=/);
      expect(`${refused.location ?? ''}${refused.body}`).toMatch(/unsupported_response_type|invalid_request/);
    }
    const other = await addClient(app);
    const none = await agent.get(authorizationRequest(other, { response_type: 'none' }).path);
    expect(none.location).toContain('error=invalid_request');
  });

  it('attack 5: lead back to themselves only', async () => {
    const { issuer } = product;
    const agent = createAgent(issuer);
    const started = await agent.get('/approvals');
    const state = new URL(started.location ?? '').searchParams.get('state') ?? '';
    const [token = ''] = state.split(' ');
    const after = async (sent: string, more = '') =>
      (await agent.get(`/signed-in?state=${encodeURIComponent(sent)}${more}`)).location;
    expect(await after(state)).toBe(`${issuer}/approvals`);
    const bad = [
      '',
      token,
      `${token} https://evil.example/`,
      `${token} //evil.example`,
      `${token} /\\evil.example`,
      `${token} /approvals/../..//evil.example`,
      `${token} /account`,
      'x /approvals',
      '/approvals',
    ];
    for (const sent of bad) expect(await after(sent)).toBe(`${issuer}/`);
    expect(await after(state, '&error=access_denied')).toBe(`${issuer}/`);
    const elsewhere = await createAgent(issuer).get(`/signed-in?state=${encodeURIComponent(state)}`);
    expect(elsewhere.location).toBe(`${issuer}/`);

    const request = new URL(started.location ?? '');
    request.searchParams.set('redirect_uri', 'https://evil.example/');
    const refused = await agent.get(request.pathname + request.search);
    expect({ status: refused.status, location: refused.location }).toEqual({
      status: 400,
      location: undefined,
    });
    // Cancelled: to our home page, not into a circle.
    const page = await agent.get(
      new URL((await agent.get((started.location ?? '').slice(issuer.length))).location ?? '').pathname,
    );
    const cancel = /formaction="([^"]+\/cancel)"/.exec(page.body)?.[1] ?? '';
    const cancelled = await agent.post(cancel, hiddenFields(page.body));
    const end = await follow(agent, issuer, cancelled);
    expect(end.body).toContain('<h1>Служба входа</h1>');
  });

  it('are asked for under odd writings of their address without a fault', async () => {
    const agent = createAgent(product.issuer);
    expect((await agent.get('/account/login/')).location).toMatch(/\/auth\?/);
    expect((await agent.post('/account/notifications/', {})).location).toMatch(/\/auth\?/);
    for (const path of [
      '/account/companies/a.b/remove',
      '/account/companies/%ff/remove',
      '/account/companies/%0a/remove',
    ])
      expect((await agent.get(path)).status).toBeLessThan(500);
  });

  it('are the place where a registration may begin', async () => {
    const { issuer, app } = product;
    const agent = createAgent(issuer);
    const asked = await agent.get(((await agent.get('/approvals')).location ?? '').slice(issuer.length));
    const first = await follow(
      agent,
      issuer,
      await agent.get(`${new URL(asked.location ?? '').pathname}/register`),
    );
    expect(first.body).toContain('1 / 3 Данные пользователя');
    const rows = await app.db.selectFrom('registrations').select(['clientId', 'path']).execute();
    expect(rows).toContainEqual({ clientId: null, path: 'port-one' });
  });

  it('cannot be registered by anybody', async () => {
    await expect(addClient(product.app, { client_id: 'port-one-id' })).rejects.toThrow('built in');
  });
});

describe('a relying party', () => {
  it('may admit people who wait, and then learns that they do', async () => {
    const { app, issuer } = product;
    const office = openOffice(product);
    const { person, number } = await office.applicant();
    const open = await addClient(app, { admits: 'waiting' });
    const request = authorizationRequest(open);
    const agent = createAgent(issuer);
    const back = await signIn(agent, issuer, request, person);
    const { json } = await redeemCode(agent, open, request, back.searchParams.get('code') ?? '');
    expect(decodeJwt(String(json.id_token)).companies).toMatchObject([
      { status: 'requested', can_act: false },
    ]);

    const closed = await addClient(app);
    const stopped = await follow(agent, issuer, await agent.get(authorizationRequest(closed).path));
    expect(stopped.body).toContain('Заявка на рассмотрении');

    const contact = await addPerson(app);
    await office.member(contact);
    const decider = createAgent(issuer);
    await enterAt(decider, issuer, '/approvals', contact);
    await decideOn(decider, issuer, number, { decision: 'decline', reason: 'duplicate' });
    const declined = await follow(agent, issuer, await agent.get(authorizationRequest(open).path));
    expect(declined.body).toContain('Заявку отклонили');
  });

  it('attack 19: closes to whom no company lets in any more', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const client = await addClient(app);
    const membership = await openOffice(product).member(person, 'member');
    const agent = createAgent(issuer);
    const back = await signIn(agent, issuer, authorizationRequest(client), person);
    expect(back.searchParams.get('code')).not.toBeNull();
    const end = { kind: 'revoke', reason: 'уволился' } as const;
    await changeMembership({ ...app, issuer }, membership, end, 'operator:test');
    const page = await follow(agent, issuer, await agent.get(authorizationRequest(client).path));
    expect(page.body).toContain('Доступ закрыт');
  });

  it('is opened where its sign-in begins, else at its home', async () => {
    const { app, issuer } = product;
    const start = { initiate_login_uri: 'https://cabinet.example/enter?from=mail' };
    const [begins, home, native] = [
      await addClient(app, { ...start, client_uri: 'https://cabinet.example/home' }),
      await addClient(app, { client_uri: 'https://cabinet.example/home' }),
      await addClient(app, {
        redirect_uris: ['com.example.app:/callback'],
        post_logout_redirect_uris: [],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
      }),
    ];
    const opened = async (id: string) => (await createAgent(issuer).get(`/open/${id}`)).location;
    const iss = encodeURIComponent(issuer);
    expect(await opened(begins.id)).toBe(`https://cabinet.example/enter?from=mail&iss=${iss}`);
    expect(await opened(home.id)).toBe('https://cabinet.example/home');
    expect(await opened(native.id)).toBe(`${issuer}/`);
    for (const id of ['nobody', 'port-one-id', '%00', 'https:%2F%2Fevil.example'])
      expect(await opened(id)).toBe(`${issuer}/`);
  });
});
