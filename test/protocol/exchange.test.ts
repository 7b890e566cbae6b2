/** Token exchange (RFC 8693): a back end acts for the person whose token it was called with, on both storages. */
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { blockAccount } from '../../src/accounts/change-account';
import { EXCHANGE_GRANT } from '../../src/clients/protocol';
import { insertResource } from '../../src/clients/resource-store';
import { createAgent, type Agent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { postAsClient } from '../support/relying-party';
import { keyedParty, keyPair, requestOf, signInAt, type Party } from './party';

const CABINET = 'https://api.example.com/cabinet';
const FOLDER = 'https://api.example.com/folder';
const STOCK = 'https://api.example.com/stock';
const YARD = 'https://api.example.com/yard';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

describe.each(storageKinds)('token exchange on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let browser: Agent;
  let cabinet: Party;
  let backend: Party;
  let second: Party;

  beforeAll(async () => {
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1 });
    person = await addPerson(product.app);
    browser = createAgent(product.issuer);
    const add = (uri: string, tokenFormat: 'jwt' | 'opaque', scope: string) =>
      insertResource(
        product.app.db,
        { uri, name: 'Склад', scope, tokenFormat, alg: 'ES256' },
        product.app.clock.now(),
      );
    await add(CABINET, 'jwt', 'stock:read stock:write companies');
    await add(FOLDER, 'opaque', 'stock:read stock:write companies');
    await add(STOCK, 'jwt', 'stock:read companies');
    await add(YARD, 'opaque', 'stock:read stock:write');
    cabinet = await keyedParty(product, { resources: [CABINET, FOLDER] });
    const alone = { redirect_uris: [], post_logout_redirect_uris: [] };
    backend = await keyedParty(product, {
      ...{ ...alone, grant_types: [EXCHANGE_GRANT, 'client_credentials'], resources: [STOCK] },
      ...{ exchange_from: [cabinet.id], exchange_resources: [STOCK, YARD] },
    });
    second = await keyedParty(product, {
      ...{ ...alone, grant_types: [EXCHANGE_GRANT] },
      ...{ exchange_from: [backend.id], exchange_resources: [YARD] },
    });
  });
  afterAll(() => product.close());

  const tokensFor = async (resource: string, scope = 'openid stock:read companies', agent = browser) => {
    const { parameters, checks } = await requestOf(cabinet, { resource, scope });
    const url = oidc.buildAuthorizationUrl(cabinet.config, parameters);
    return oidc.authorizationCodeGrant(cabinet.config, await signInAt(product, url, person, agent), checks);
  };
  const exchange = (subject: string, change: Record<string, string> = {}, by = backend) =>
    oidc.genericGrantRequest(by.config, EXCHANGE_GRANT, {
      ...{ subject_token: subject, subject_token_type: ACCESS, resource: STOCK },
      ...change,
    });
  const introspect = async (token: string) => {
    const { json } = await postAsClient(createAgent(product.issuer), '/token/introspection', api, { token });
    return json;
  };
  let api: Awaited<ReturnType<typeof addClient>>;
  beforeAll(async () => {
    api = await addClient(product.app, {
      ...{ grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] },
    });
  });

  it('gives a back end a JWT of its own that says who acts for whom', async () => {
    const { access_token: subject } = await tokensFor(CABINET);
    const got = await exchange(subject);
    expect(got).toMatchObject({ issued_token_type: ACCESS, token_type: 'bearer' });
    expect(got.refresh_token ?? got.id_token).toBeUndefined();
    const keys = createRemoteJWKSet(new URL(`${product.issuer}/jwks`));
    const { payload } = await jwtVerify(got.access_token, keys, {
      ...{ issuer: product.issuer, audience: STOCK, typ: 'at+jwt' },
    });
    expect(payload).toMatchObject({
      ...{ sub: person.id, client_id: backend.id, scope: 'stock:read companies', companies: [] },
      act: { sub: backend.id, client_id: backend.id },
    });
    expect(payload.exp).toBeLessThanOrEqual(decodeJwt(subject).exp ?? 0);
    const audited = await product.app.db
      .selectFrom('audit')
      .select(['actor', 'clientId', 'details'])
      .where('event', '=', 'token_exchanged')
      .where('subject', '=', `account:${person.id}`)
      .executeTakeFirstOrThrow();
    expect(audited).toMatchObject({
      ...{ actor: `client:${backend.id}`, clientId: backend.id },
      details: { from: cabinet.id, resource: STOCK, acting: backend.id },
    });
  });

  it('takes opaque tokens, gives opaque ones, and keeps the chain of actors', async () => {
    const { access_token: subject } = await tokensFor(FOLDER);
    const first = await exchange(subject, { audience: STOCK });
    const next = await exchange(
      first.access_token,
      { resource: YARD, subject_token_type: JWT, scope: 'stock:read' },
      second,
    );
    expect(await introspect(next.access_token)).toMatchObject({
      ...{ active: true, aud: YARD, sub: person.id, client_id: second.id, scope: 'stock:read' },
      act: { sub: second.id, client_id: second.id, act: { sub: backend.id, client_id: backend.id } },
    });
    const [told, before] = await Promise.all([introspect(next.access_token), introspect(subject)]);
    expect(Number(told.exp)).toBeLessThanOrEqual(Number(before.exp));
  });

  it('names the actor whose token is shown: the back end itself, or somebody', async () => {
    const { access_token: subject } = await tokensFor(CABINET);
    const own = await oidc.clientCredentialsGrant(backend.config, { resource: STOCK, scope: 'stock:read' });
    const actor = { actor_token_type: ACCESS, actor_token: own.access_token };
    expect(decodeJwt((await exchange(subject, actor)).access_token).act).toEqual({
      ...{ sub: backend.id, client_id: backend.id },
    });
    const helper = await addPerson(product.app);
    const { parameters, checks } = await requestOf(cabinet, { resource: FOLDER, scope: 'openid stock:read' });
    const url = oidc.buildAuthorizationUrl(cabinet.config, parameters);
    const back = await signInAt(product, url, helper, createAgent(product.issuer));
    const theirs = await oidc.authorizationCodeGrant(cabinet.config, back, checks);
    const byHelper = await exchange(subject, {
      ...{ actor_token: theirs.access_token, actor_token_type: ACCESS },
    });
    expect(decodeJwt(byHelper.access_token)).toMatchObject({
      ...{ sub: person.id, act: { sub: helper.id, client_id: cabinet.id } },
    });
    await expect(exchange(subject, { actor_token: 'x', actor_token_type: ACCESS })).rejects.toMatchObject({
      error: 'invalid_request',
    });
    await expect(exchange(subject, { actor_token_type: ACCESS })).rejects.toMatchObject({
      error: 'invalid_request',
    });
  });

  it('never gives more than the token has, nor tokens for another API', async () => {
    const { access_token: subject } = await tokensFor(CABINET);
    for (const [change, error] of [
      [{ scope: 'stock:read stock:write' }, 'invalid_scope'],
      [{ scope: 'openid' }, 'invalid_scope'],
      [{ resource: YARD, scope: 'companies' }, 'invalid_scope'],
      [{ resource: FOLDER }, 'invalid_target'],
      [{ resource: 'https://nowhere.example.com' }, 'invalid_target'],
      [{ audience: YARD }, 'invalid_target'],
      [{ resource: '' }, 'invalid_target'],
      [{ requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
      [{ subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    ] as const)
      await expect(exchange(subject, change)).rejects.toMatchObject({ error });
    expect((await exchange(subject, { scope: 'stock:read' })).scope).toBe('stock:read');
  });

  it('is not for tokens of others, for what is no access token, and for forgeries', async () => {
    const tokens = await tokensFor(CABINET);
    const refused = { error: 'invalid_request' };
    await expect(exchange(tokens.access_token, { resource: YARD }, second)).rejects.toMatchObject(refused);
    const noted = await product.app.db
      .selectFrom('audit')
      .select('actor')
      .where('event', '=', 'token_exchange_refused')
      .execute();
    expect(noted).toContainEqual({ actor: `client:${second.id}` });
    const { privateKey } = await keyPair();
    const claims = decodeJwt(tokens.access_token);
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
      .sign(privateKey);
    const own = await oidc.clientCredentialsGrant(backend.config, { resource: STOCK, scope: 'stock:read' });
    const [head = '', , signature = ''] = tokens.access_token.split('.');
    const swapped = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody' })).toString('base64url');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const token of [
      ...[
        tokens.id_token ?? '',
        tokens.refresh_token ?? '',
        forged,
        own.access_token,
        'x',
        'a.b.c',
        '\u0000',
      ],
      ...[`${head}.${swapped}.${signature}`, `${none}.${swapped}.`],
    ])
      await expect(exchange(token)).rejects.toMatchObject(refused);
    const opaque = await tokensFor(FOLDER);
    await expect(exchange(opaque.access_token, { subject_token_type: JWT })).rejects.toMatchObject(refused);
  });

  it('is for clients that are registered for it and prove who they are', async () => {
    const { access_token: subject } = await tokensFor(CABINET);
    const form = { grant_type: EXCHANGE_GRANT, subject_token: subject, subject_token_type: ACCESS };
    const open = await addClient(product.app, { token_endpoint_auth_method: 'none' });
    for (const client of [open, api]) {
      const { status, json } = await postAsClient(createAgent(product.issuer), '/token', client, {
        ...{ ...form, resource: STOCK },
      });
      expect({ status, error: json.error }).toEqual({ status: 400, error: 'invalid_request' });
    }
    const change = { grant_types: [EXCHANGE_GRANT], redirect_uris: [], post_logout_redirect_uris: [] };
    await expect(addClient(product.app, change as never)).rejects.toThrow('exchange_resources');
    await expect(
      addClient(product.app, {
        ...{ ...(change as never as object), token_endpoint_auth_method: 'none' },
        ...{ exchange_from: [cabinet.id], exchange_resources: [STOCK] },
      }),
    ).rejects.toThrow('token exchange needs a client');
  });

  it('ends with the token it came from: signed out, revoked, or blocked', async () => {
    const agent = createAgent(product.issuer);
    const { access_token: subject } = await tokensFor(FOLDER, 'openid stock:read', agent);
    const { access_token: mine } = await exchange(subject, { resource: YARD });
    const { access_token: jwt } = await exchange(subject);
    const { access_token: last } = await exchange(jwt, { resource: YARD }, second);
    for (const token of [mine, last]) expect(await introspect(token)).toMatchObject({ active: true });
    await oidc.tokenRevocation(cabinet.config, subject);
    for (const token of [mine, last, subject]) expect(await introspect(token)).toEqual({ active: false });
    await expect(exchange(jwt, { resource: YARD }, second)).rejects.toMatchObject({
      error: 'invalid_request',
    });
    const other = await addPerson(product.app);
    const { parameters, checks } = await requestOf(cabinet, {
      resource: CABINET,
      scope: 'openid stock:read',
    });
    const url = oidc.buildAuthorizationUrl(cabinet.config, parameters);
    const back = await signInAt(product, url, other, createAgent(product.issuer));
    const theirs = await oidc.authorizationCodeGrant(cabinet.config, back, checks);
    await blockAccount({ ...product.app, issuer: product.issuer }, other.id, 'тест', 'operator:test');
    await expect(exchange(theirs.access_token)).rejects.toMatchObject({ error: 'invalid_request' });
  });

  it('never leaves a token standing when the grant goes at that moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { access_token: subject } = await tokensFor(
        FOLDER,
        'openid stock:read',
        createAgent(product.issuer),
      );
      const outcomes = await Promise.allSettled([
        ...Array.from({ length: 10 }, () => exchange(subject, { resource: YARD })),
        oidc.tokenRevocation(cabinet.config, subject),
      ]);
      for (const outcome of outcomes) {
        const token = outcome.status === 'fulfilled' ? outcome.value?.access_token : undefined;
        if (token !== undefined) expect(await introspect(token)).toEqual({ active: false });
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ error: 'invalid_request' });
      }
    }
  });
});
