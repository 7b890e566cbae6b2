/** What a relying party may ask of a sign-in, and who asks the person first: subjects, consent, claims, acr, prompts. */
import { decodeJwt } from 'jose';
import { runCli } from '../../src/admin/cli';
import { adminTools } from '../../src/node/admin-socket';
import { sectorFault } from '../../src/clients/subjects';
import { recordingIo } from '../admin/desk';
import { tokensFor } from '../provider/tokens';
import { createAgent, type Agent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import {
  authorizationRequest,
  follow,
  hiddenFields,
  openSignIn,
  postAsClient,
  redeemCode,
  signIn,
  submitSignIn,
} from '../support/relying-party';

const ACR = 'urn:port.one:acr:password';

let product: TestProduct;
let person: TestPerson;
let agent: Agent;

const cli = async (...argv: string[]) => {
  const { io, answer } = recordingIo(new Map());
  const tools = adminTools(product.app);
  const loadConfig = () => product.app.config;
  answer.code = await runCli(argv, { io, tools: () => Promise.resolve(tools), loadConfig });
  return answer;
};
const cliJson = async <Shape>(...argv: string[]): Promise<Shape> => {
  const { code, out, err } = await cli(...argv, '--json');
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${err}`);
  return JSON.parse(out) as Shape;
};

/** A whole code flow; what the relying party gets, and what userinfo says. */
async function flow(client: TestClient, change: Record<string, string | undefined> = {}, by = agent) {
  const request = authorizationRequest(client, change);
  const started = await by.get(request.path);
  const back = await follow(by, product.issuer, started);
  const code = new URL(back.location ?? '').searchParams.get('code') ?? '';
  const { json } = await redeemCode(createAgent(product.issuer), client, request, code);
  const headers = { authorization: `Bearer ${String(json.access_token)}` };
  const userinfo = await createAgent(product.issuer).get('/userinfo', { headers });
  const claims = userinfo.status === 200 ? (JSON.parse(userinfo.body) as Record<string, unknown>) : {};
  return { id: decodeJwt(String(json.id_token)), access: String(json.access_token), userinfo: claims };
}

beforeAll(async () => {
  product = await startProduct('postgres', {
    env: { PAIRWISE_SALT: 'test-salt-of-no-value-0123456789-abcdefghi' },
  });
  person = await addPerson(product.app);
});
afterAll(() => product.close());
beforeEach(() => {
  agent = createAgent(product.issuer);
});

describe('pairwise subjects', () => {
  const pairwise = (redirect: string) =>
    addClient(product.app, {
      subject_type: 'pairwise',
      redirect_uris: [redirect],
      post_logout_redirect_uris: [],
    });

  it('are one for a sector, agree everywhere, and say nothing of the account', async () => {
    const one = await pairwise('https://one.partner.example/cb');
    const same = await pairwise('https://one.partner.example/other');
    const else_ = await pairwise('https://two.partner.example/cb');
    await signIn(agent, product.issuer, authorizationRequest(one), person);
    const first = await flow(one);
    expect(first.id.sub).not.toBe(person.id);
    expect(first.userinfo.sub).toBe(first.id.sub);
    const asked = await postAsClient(createAgent(product.issuer), '/token/introspection', one, {
      token: first.access,
    });
    expect(asked.json).toMatchObject({ active: true, sub: first.id.sub });
    expect(JSON.stringify([first, asked])).not.toContain(person.id);
    expect((await flow(same)).id.sub).toBe(first.id.sub);
    expect((await flow(else_)).id.sub).not.toBe(first.id.sub);
    const found = await cliJson<{ id: string }>('subjects', 'find', String(first.id.sub), '--client', one.id);
    expect(found.id).toBe(person.id);
    const shown = await cli('subjects', 'show', person.email, '--client', one.id);
    expect(shown.out.trim()).toBe(first.id.sub);
    for (const unknown of [String(first.id.sub), '-nobody', '--nobody'])
      expect((await cli('subjects', 'find', unknown, '--client', else_.id)).code).toBe(3);
  });

  it('need one host, or a file that lists every address', async () => {
    const wanted = ['clients', 'create', '--id', 'two-hosts', '--name', 'x', '--subject-type', 'pairwise'];
    const hosts = ['--redirect-uri', 'https://a.example/cb', '--redirect-uri', 'https://b.example/cb'];
    const refused = await cli(...wanted, ...hosts);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining('sector_identifier_uri') as unknown,
    });
    const registration = {
      ...{ subject_type: 'pairwise' as const, sector_identifier_uri: 'https://a.example/sector.json' },
      ...{ grant_types: [], redirect_uris: ['https://a.example/cb', 'https://b.example/cb'] },
    };
    const answering = (body: string, status = 200) =>
      sectorFault(
        { salt: 'x', fetch: () => Promise.resolve({ status, body: Buffer.from(body) }) },
        registration,
      );
    expect(await answering('["https://a.example/cb","https://b.example/cb"]')).toBeUndefined();
    for (const body of ['["https://a.example/cb"]', '{}', 'no', '[1]', '[]'])
      expect(await answering(body)).toContain('sector_identifier_uri');
    expect(await answering('[]', 302)).toContain('could not be read');
    const inside = ['--sector-identifier-uri', 'https://169.254.169.254/sector.json'];
    expect(await cli(...wanted, ...hosts, ...inside)).toMatchObject({ code: 2 });
    expect(
      await sectorFault({ salt: undefined, fetch: () => Promise.reject(new Error()) }, registration),
    ).toContain('PAIRWISE_SALT');
  });
});

describe('consent of third parties', () => {
  it('is asked for what is new, and again once it was taken back', async () => {
    const client = await addClient(product.app, { asks_consent: true, client_name: 'Сторонний' });
    const one = await addPerson(product.app);
    const answer = async (by: Agent, change: Record<string, string>, decision?: string) => {
      const found = await follow(by, product.issuer, await by.get(authorizationRequest(client, change).path));
      if (decision === undefined || found.location) return found;
      const action = /action="([^"]+)"/.exec(found.body)?.[1] ?? '';
      const sent = await by.post(action, { ...hiddenFields(found.body), decision });
      return follow(by, product.issuer, sent);
    };
    const page = await openSignIn(agent, authorizationRequest(client, { scope: 'openid' }));
    await follow(agent, product.issuer, await submitSignIn(agent, page, one));
    const denied = await answer(agent, { scope: 'openid email' }, 'deny');
    expect(new URL(denied.location ?? '').searchParams.get('error')).toBe('access_denied');
    const allowed = await answer(agent, { scope: 'openid email' }, 'allow');
    expect(new URL(allowed.location ?? '').searchParams.has('code')).toBe(true);
    expect((await answer(agent, { scope: 'openid email', prompt: 'none' })).location).toContain('code=');
    const more = await answer(agent, { scope: 'openid email contracts', prompt: 'none' });
    expect(more.location).toContain('error=consent_required');
    expect((await answer(agent, { scope: 'openid email contracts' })).body).toContain('ваши договоры');
    const mine = await agent.get('/account/applications');
    expect(mine.body).toContain('Сторонний');
    const fields = hiddenFields(mine.body);
    await agent.post('/account/applications', { ...fields, application: client.id });
    const after = await answer(agent, { scope: 'openid email', prompt: 'none' });
    expect(after.location).toContain('error=consent_required');
  });
});

describe('the claims parameter', () => {
  const asking = (claims: object) => ({ scope: 'openid', claims: JSON.stringify(claims) });

  it('brings single claims, where they are asked for', async () => {
    const client = await addClient(product.app);
    await signIn(agent, product.issuer, authorizationRequest(client), person);
    const told = await flow(
      client,
      asking({ id_token: { email: null, contracts: { essential: true } }, userinfo: { family_name: null } }),
    );
    expect(told.id).toMatchObject({ email: person.email, contracts: [] });
    expect(told.id).not.toHaveProperty('family_name');
    expect(told.userinfo).toMatchObject({ family_name: 'Вымышленный' });
    expect(told.userinfo).not.toHaveProperty('email');
  });

  it('brings nothing that the scopes of the relying party would not bring, and no unknown ones', async () => {
    const client = await addClient(product.app, { scope: 'openid email' });
    await signIn(agent, product.issuer, authorizationRequest(client, { scope: 'openid' }), person);
    const told = await flow(
      client,
      asking({ id_token: { family_name: null, email: null, shoe_size: null } }),
    );
    expect(told.id).toMatchObject({ email: person.email });
    for (const name of ['family_name', 'shoe_size']) expect(told.id).not.toHaveProperty(name);
  });

  it('attack 17: junk is refused, and never a fault', async () => {
    const client = await addClient(product.app);
    const deep = `{"id_token":{"email":${'['.repeat(1500)}${']'.repeat(1500)}}}`;
    for (const claims of [
      'x',
      '[]',
      '{"id_token":1}',
      '{"id_token":{"acr":{"essential":true,"values":5}}}',
      deep,
    ]) {
      const request = authorizationRequest(client, { claims });
      const answer = await follow(agent, product.issuer, await agent.get(request.path));
      expect(answer.status).toBeLessThan(500);
    }
    const long = authorizationRequest(client, {
      claims: JSON.stringify({ id_token: { a: 'x'.repeat(5000) } }),
    });
    expect((await agent.get(long.path)).location).toContain('error=invalid_request');
  });
});

describe('how a person signed in', () => {
  it('is told as acr, amr and auth_time, and stays so at a refresh', async () => {
    const client = await addClient(product.app);
    const first = await tokensFor(product, agent, client, person);
    const facts = { acr: ACR, amr: ['pwd'], auth_time: expect.any(Number) as unknown };
    expect(decodeJwt(first.id)).toMatchObject(facts);
    const again = await postAsClient(createAgent(product.issuer), '/token', client, {
      ...{ grant_type: 'refresh_token', refresh_token: first.refresh },
    });
    expect(decodeJwt(String(again.json.id_token))).toMatchObject({
      ...{ acr: ACR, amr: ['pwd'], auth_time: decodeJwt(first.id).auth_time },
    });
    const told = await flow(client, { acr_values: `urn:example:gold ${ACR}` });
    expect(told.id.acr).toBe(ACR);
  });

  it('cannot be made stronger than it is: an essential acr that nobody has is refused at once', async () => {
    const client = await addClient(product.app);
    const essential = (acr: object) => ({
      claims: JSON.stringify({ id_token: { acr: { essential: true, ...acr } } }),
    });
    for (const acr of [{ value: 'urn:example:gold' }, { values: ['urn:example:gold'] }]) {
      const { location } = await agent.get(authorizationRequest(client, essential(acr)).path);
      expect(new URL(location ?? '').searchParams.get('error')).toBe('unmet_authentication_requirements');
    }
    await signIn(agent, product.issuer, authorizationRequest(client), person);
    expect((await flow(client, essential({ values: ['urn:example:gold', ACR] }))).id.acr).toBe(ACR);
  });
});

describe('prompt=select_account', () => {
  it('goes on as who is signed in, or leads to the sign-in of another', async () => {
    const client = await addClient(product.app);
    const other = await addPerson(product.app);
    await signIn(agent, product.issuer, authorizationRequest(client), person);
    const request = authorizationRequest(client, { prompt: 'select_account' });
    const page = await follow(agent, product.issuer, await agent.get(request.path));
    expect(page.body).toContain('Вымышленный Иван');
    expect(page.body).not.toContain(person.email);
    const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const choose = (decision: string) => agent.post(action, { ...hiddenFields(page.body), decision });
    const login = await follow(agent, product.issuer, await choose('another'));
    expect(login.body).toContain('name="password"');
    const path = action.replace(/\/select-account$/, '');
    const signed = await submitSignIn(
      agent,
      {
        ...login,
        path: /\/interaction\/[\w-]+/.exec(/action="([^"]+)"/.exec(login.body)?.[1] ?? '')?.[0] ?? path,
      },
      other,
    );
    // The earlier sign-in is over first, then this one goes on.
    const swap = await follow(agent, product.issuer, signed);
    const left = await agent.post('/session/end/confirm', hiddenFields(swap.body));
    const back = await follow(agent, product.issuer, left);
    const code = new URL(back.location ?? '').searchParams.get('code') ?? '';
    const { json } = await redeemCode(createAgent(product.issuer), client, request, code);
    expect(decodeJwt(String(json.id_token)).sub).toBe(other.id);
  });

  it('is no question where nobody is signed in, and an error with prompt=none', async () => {
    const client = await addClient(product.app);
    const location = await signIn(
      ...([agent, product.issuer, authorizationRequest(client, { prompt: 'select_account' })] as const),
      person,
    );
    expect(location.searchParams.has('code')).toBe(true);
    const page = await follow(
      ...([agent, product.issuer] as const),
      await agent.get(authorizationRequest(client, { prompt: 'select_account' }).path),
    );
    const action = /action="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const on = await agent.post(action, { ...hiddenFields(page.body), decision: 'continue' });
    const back = await follow(agent, product.issuer, on);
    expect(new URL(back.location ?? '').searchParams.has('code')).toBe(true);
  });
});
