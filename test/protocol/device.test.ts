/** The device flow with our pages (RFC 8628), without JavaScript, on both storages. */
import * as oidc from 'openid-client';
import { DEVICE_GRANT } from '../../src/clients/protocol';
import { fingerprint } from '../../src/secrets';
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
import { follow, hiddenFields, submitSignIn } from '../support/relying-party';

describe.each(storageKinds)('a device on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;
  let config: oidc.Configuration;
  let browser: Agent;

  beforeAll(async () => {
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1 });
    person = await addPerson(product.app);
    client = await addClient(product.app, {
      ...{ client_name: 'Терминал склада', token_endpoint_auth_method: 'none' as const },
      ...{ grant_types: [DEVICE_GRANT, 'refresh_token'], redirect_uris: [], post_logout_redirect_uris: [] },
    });
    config = await oidc.discovery(new URL(product.issuer), client.id, undefined, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    });
  });
  beforeEach(() => {
    browser = createAgent(product.issuer);
  });
  afterAll(() => product.close());

  const begin = () => oidc.initiateDeviceAuthorization(config, { scope: 'openid email' });
  const typeCode = async (code: string, agent = browser, page = '/device') => {
    const form = hiddenFields((await agent.get(page)).body);
    return agent.post('/device', { ...form, user_code: code });
  };
  const poll = (device: string) => oidc.genericGrantRequest(config, DEVICE_GRANT, { device_code: device });
  /** Confirms, signs in where that is asked for, and gives the last page. */
  const connect = async (confirmPage: string, agent = browser) => {
    const form = { ...hiddenFields(confirmPage), confirm: 'yes' };
    const answer = await follow(agent, product.issuer, await agent.post('/device', form));
    const path = /action="(\/interaction\/[^"]+)\/sign-in"/.exec(answer.body)?.[1];
    if (path === undefined) return answer;
    return follow(agent, product.issuer, await submitSignIn(agent, { ...answer, path }, person));
  };

  it('signs a person in: code, comparing, sign-in, done', async () => {
    const device = await begin();
    expect(device.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(device.verification_uri).toBe(`${product.issuer}/device`);
    await expect(poll(device.device_code)).rejects.toMatchObject({ error: 'authorization_pending' });

    const confirm = await typeCode(device.user_code.toLowerCase().replace('-', ' '));
    expect(confirm.status).toBe(200);
    for (const shown of ['Терминал склада', device.user_code, '127.0.0.1', 'Если код вам прислали'])
      expect(confirm.body).toContain(shown);
    const last = await connect(confirm.body);
    expect(last.body).toContain('Устройство подключено');

    const tokens = await poll(device.device_code);
    expect(tokens.claims()).toMatchObject({ sub: person.id, email: person.email });
    expect((await oidc.fetchUserInfo(config, tokens.access_token, person.id)).email).toBe(person.email);
    await expect(poll(device.device_code)).rejects.toMatchObject({ error: 'invalid_grant' });
    const again = await typeCode(device.user_code);
    expect(again.status).toBe(422);
  });

  it('keeps the code of a whole address in the field, and presses nothing by itself', async () => {
    const device = await begin();
    const address = new URL(device.verification_uri_complete ?? '');
    const page = await browser.get(address.pathname + address.search);
    expect(page.body).toContain(`value="${device.user_code}"`);
    expect(page.body).not.toMatch(/<script(?![^>]*src=)/);
    const english = await browser.get(`${address.pathname}${address.search}&lang=en`);
    expect(english.body).toContain('Connect a device');
  });

  it('is not connected when the person says no, at either page', async () => {
    const first = await begin();
    const confirm = await typeCode(first.user_code);
    const refused = await browser.post('/device', { ...hiddenFields(confirm.body), abort: 'yes' });
    expect((await follow(browser, product.issuer, refused)).body).toContain('вы отказались');
    await expect(poll(first.device_code)).rejects.toMatchObject({ error: 'access_denied' });
  });

  it('asks again for a code that is none, was used, or is missing', async () => {
    expect((await typeCode('BBBB-BBBB')).body).toContain('Такого кода нет');
    expect((await typeCode('')).body).toContain('Введите код');
    expect((await typeCode('<script>')).body).not.toContain('<script>');
    const forged = await browser.post('/device', { xsrf: 'x', user_code: 'BBBB-BBBB' });
    expect(forged.status).toBe(422);
  });

  it('asks anew when the form was open for so long that its session is gone', async () => {
    const form = hiddenFields((await browser.get('/device')).body);
    for (const agent of [createAgent(product.issuer), createAgent(product.issuer)]) {
      const answer = await agent.post('/device', { ...form, user_code: 'BBBB-BBBB' });
      expect(answer).toMatchObject({ status: 303, location: `${product.issuer}/device` });
      expect((await typeCode('BBBB-BBBB', agent)).body).toContain('Такого кода нет');
    }
  });

  it('is told to slow down when it asks too often, whichever node it asks', async () => {
    const { device_code: code } = await begin();
    const ask = async (index: number): Promise<unknown> => {
      const { port } = product.nodes[index % product.nodes.length] ?? {};
      const form = { grant_type: DEVICE_GRANT, device_code: code, client_id: client.id };
      const headers = { accept: 'application/json' };
      const answer = await createAgent(product.issuer).post('/token', form, { port, headers });
      expect(answer.status).toBe(400);
      return (JSON.parse(answer.body) as { error: unknown }).error;
    };
    const errors = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)));
    expect(errors.filter((error) => error === 'authorization_pending')).toHaveLength(1);
    expect(errors.filter((error) => error === 'slow_down')).toHaveLength(19);
    // Its pause over, it is heard again; that of another device never began.
    await product.app.ephemeral.delete(`device_poll:${fingerprint(code)}`);
    expect([await ask(0), await ask(1)]).toEqual(['authorization_pending', 'slow_down']);
    const other = await begin();
    await expect(poll(other.device_code)).rejects.toMatchObject({ error: 'authorization_pending' });
    await expect(poll(other.device_code)).rejects.toMatchObject({ error: 'slow_down' });
  });

  it('goes to one of two people who confirm one code at once', async () => {
    const device = await begin();
    const agents = await Promise.all(
      [1, 2].map(async () => {
        const agent = createAgent(product.issuer);
        return { agent, page: await typeCode(device.user_code, agent) };
      }),
    );
    const ends = await Promise.all(agents.map(({ agent, page }) => connect(page.body, agent)));
    expect(ends.filter(({ body }) => body.includes('Устройство подключено'))).toHaveLength(1);
    expect(ends.every(({ status }) => status < 500)).toBe(true);
    const polls = await Promise.allSettled(Array.from({ length: 20 }, () => poll(device.device_code)));
    expect(polls.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is not for a relying party without the grant', async () => {
    const other = await addClient(product.app, { token_endpoint_auth_method: 'none' });
    const answer = await createAgent(product.issuer).post('/device/auth', {
      client_id: other.id,
      scope: 'openid',
    });
    expect(answer.status).toBe(400);
  });

  it('lets nobody guess for long', async () => {
    const statuses: number[] = [];
    for (let tries = 0; tries < 21; tries += 1) statuses.push((await typeCode('BCDF-GHJK')).status);
    expect(statuses.at(-1)).toBe(429);
    const device = await begin();
    expect((await typeCode(device.user_code)).status).toBe(429);
  });
});
