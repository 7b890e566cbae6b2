/** For which company a person acts: asked where there are several, told in the tokens, never passed on by itself. */
import { decodeJwt } from 'jose';
import { addMember, changeMembership } from '../../src/companies/memberships/change-membership';
import { makeDefault } from '../../src/companies/memberships/own/default-company';
import { createAgent, type Agent, type Answer } from '../support/agent';
import { addClient, addPerson, startProduct, type TestClient, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
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

const ROSE = { unit: { inn: '7800999994', kpp: '780001001' }, name: 'ООО "Роза"' };
const LILY = { unit: { inn: '7800999994', kpp: '780002002' }, name: 'ООО "Лилия"' };

describe.each(storageKinds)('the acting company on %s', (kind) => {
  let product: TestProduct;
  let client: TestClient;
  beforeAll(async () => {
    product = await startProduct(kind);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  async function member(accountId: string, { unit, name }: typeof ROSE) {
    const naming = { name, nameSource: 'operator' as const, ogrn: null };
    const given = { accountId, unit, naming, role: 'member' as const, canAct: true };
    const made = await addMember({ ...product.app, issuer: product.issuer }, given, 'system');
    if (!made) throw new Error('stands there already');
    return made;
  }

  async function personOfTwo() {
    const person = await addPerson(product.app);
    const rose = await member(person.id, ROSE);
    const lily = await member(person.id, LILY);
    return { person, rose, lily };
  }

  /** Signs in up to the page that asks for the company. */
  async function upToChoice(agent: Agent, person: { email: string; password: string }, change = {}) {
    const request = authorizationRequest(client, change);
    const page = await openSignIn(agent, request);
    const asked = await follow(agent, product.issuer, await submitSignIn(agent, page, person));
    return { request, asked };
  }

  const optionOf = (page: Answer, name: string): string =>
    new RegExp(`value="([^"]+)"[^>]*>\\s*<div>\\s*<label[^>]*>${name.replaceAll('"', '&#34;')}`).exec(
      page.body,
    )?.[1] ?? '';

  async function choose(agent: Agent, page: Answer, name: string): Promise<URL> {
    const path = /action="([^"]+\/company)"/.exec(page.body)?.[1] ?? '';
    const form = { ...hiddenFields(page.body), company: optionOf(page, name), decision: 'choose' };
    const done = await follow(agent, product.issuer, await agent.post(path, form));
    if (!done.location) throw new Error(`ended at ${done.status}: ${done.body}`);
    return new URL(done.location);
  }

  const codeOf = (back: URL): string => back.searchParams.get('code') ?? '';
  const acting = (tokens: { json: Record<string, unknown> }) =>
    (decodeJwt(String(tokens.json.id_token)).company as { name: string } | undefined)?.name;

  it('is the only one where there is one, without a question', async () => {
    const person = await addPerson(product.app);
    await member(person.id, ROSE);
    const agent = createAgent(product.issuer);
    const request = authorizationRequest(client);
    const tokens = await redeemCode(
      agent,
      client,
      request,
      codeOf(await signIn(agent, product.issuer, request, person)),
    );
    const claims = decodeJwt(String(tokens.json.id_token));
    expect(claims.company).toEqual((claims.companies as unknown[])[0]);
    // One who joins another company meanwhile goes on for the first.
    await member(person.id, LILY);
    const later = await refreshTokens(agent, client, String(tokens.json.refresh_token));
    expect(acting(later)).toBe(ROSE.name);
  });

  it('is asked for once, told in tokens and userinfo, and gone with its membership', async () => {
    const { person, lily } = await personOfTwo();
    const agent = createAgent(product.issuer);
    const { request, asked } = await upToChoice(agent, person);
    expect(asked.body).toContain('От имени какой компании вы работаете');
    const path = /action="([^"]+\/company)"/.exec(asked.body)?.[1] ?? '';
    const nothing = await agent.post(path, { ...hiddenFields(asked.body), decision: 'choose' });
    expect(nothing.status).toBe(422);
    expect(nothing.body).toContain('Выберите компанию</p>');
    const foreign = { ...hiddenFields(asked.body), company: crypto.randomUUID(), decision: 'choose' };
    expect((await agent.post(path, foreign)).status).toBe(422);

    const tokens = await redeemCode(agent, client, request, codeOf(await choose(agent, asked, LILY.name)));
    expect(acting(tokens)).toBe(LILY.name);
    const headers = { authorization: `Bearer ${String(tokens.json.access_token)}` };
    const userinfo = JSON.parse((await agent.get('/userinfo', { headers })).body) as Record<string, unknown>;
    expect(userinfo.company).toMatchObject({
      ...LILY.unit,
      name: LILY.name,
      status: 'approved',
      can_act: true,
    });

    const again = await agent.get(authorizationRequest(client, { prompt: 'none' }).path);
    expect(again.location).toContain('code=');
    const second = await refreshTokens(agent, client, String(tokens.json.refresh_token));
    expect(acting(second)).toBe(LILY.name);

    const tools = { ...product.app, issuer: product.issuer };
    await changeMembership(tools, lily.id, { kind: 'revoke', reason: 'уволился' }, 'system');
    const third = await refreshTokens(agent, client, String(second.json.refresh_token));
    expect(acting(third)).toBeUndefined();
    expect(decodeJwt(String(third.json.id_token)).companies).toHaveLength(1);
  });

  it('is not asked without the scope, nor when the relying party names one of them', async () => {
    const { person } = await personOfTwo();
    const agent = createAgent(product.issuer);
    const plain = authorizationRequest(client, { scope: 'openid profile' });
    expect(codeOf(await signIn(agent, product.issuer, plain, person))).not.toBe('');
    const silent = await agent.get(authorizationRequest(client, { prompt: 'none' }).path);
    expect(silent.location).toContain('error=interaction_required');

    const named = authorizationRequest(client, {
      company: `${ROSE.unit.inn}/${ROSE.unit.kpp}`,
      prompt: 'none',
    });
    const back = new URL((await agent.get(named.path)).location ?? '');
    expect(acting(await redeemCode(agent, client, named, codeOf(back)))).toBe(ROSE.name);
    // An ИНН that both units share names neither; what was chosen stays.
    const vague = authorizationRequest(client, { company: ROSE.unit.inn, prompt: 'none' });
    const kept = new URL((await agent.get(vague.path)).location ?? '');
    expect(acting(await redeemCode(agent, client, vague, codeOf(kept)))).toBe(ROSE.name);
    // prompt=company asks anew, and the tokens follow.
    const anew = authorizationRequest(client, { prompt: 'company' });
    const page = await follow(agent, product.issuer, await agent.get(anew.path));
    const switched = await choose(agent, page, LILY.name);
    expect(acting(await redeemCode(agent, client, anew, codeOf(switched)))).toBe(LILY.name);
  });

  it('attack 19: asks all the same when the one named is none of theirs', async () => {
    const { person } = await personOfTwo();
    const agent = createAgent(product.issuer);
    const { asked } = await upToChoice(agent, person, { company: '7707083893/773601001' });
    expect(asked.body).toContain('к которой у вас нет доступа');
  });

  it('has the default one chosen already, and takes it where the relying party wants no question', async () => {
    const { person, lily } = await personOfTwo();
    expect(await makeDefault(product.app, { accountId: person.id, number: lily.number })).toBe(true);
    const agent = createAgent(product.issuer);
    const { asked } = await upToChoice(agent, person);
    const option = asked.body.split('\n').find((line) => line.includes(optionOf(asked, LILY.name)));
    expect(option).toContain('checked');

    const quiet = await addClient(product.app, { company_choice: 'default' });
    const request = authorizationRequest(quiet);
    const other = createAgent(product.issuer);
    const back = await signIn(other, product.issuer, request, person);
    expect(acting(await redeemCode(other, quiet, request, codeOf(back)))).toBe(LILY.name);
  });

  it('refuses a choice that another tab has made useless', async () => {
    const { person, rose, lily } = await personOfTwo();
    const agent = createAgent(product.issuer);
    const { request, asked } = await upToChoice(agent, person);
    const tools = { ...product.app, issuer: product.issuer };
    await changeMembership(tools, lily.id, { kind: 'suspend', reason: 'проверка' }, 'system');
    const path = /action="([^"]+\/company)"/.exec(asked.body)?.[1] ?? '';
    const form = { ...hiddenFields(asked.body), company: lily.companyId, decision: 'choose' };
    const done = await follow(agent, product.issuer, await agent.post(path, form));
    const tokens = await redeemCode(agent, client, request, codeOf(new URL(done.location ?? '')));
    expect((decodeJwt(String(tokens.json.id_token)).company as { inn: string; kpp: string }).kpp).toBe(
      ROSE.unit.kpp,
    );
    expect(rose.status).toBe('approved');
  });
});
