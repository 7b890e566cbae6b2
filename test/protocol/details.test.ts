/** Rich authorization requests (RFC 9396): asked for, shown in words, carried in tokens, never widened. */
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { DEVICE_GRANT } from '../../src/clients/protocol';
import { createAgent, type Agent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestPerson, type TestProduct } from '../support/app';
import { openDeskOver } from '../admin/desk';
import { storageKinds } from '../support/database';
import { follow, hiddenFields, openSignIn, postAsClient, submitSignIn } from '../support/relying-party';
import { FAPI2, keyedParty, keyPair, requestOf, type Party } from './party';
import { SHIPMENT, STOCK, YARD } from './shipment';

describe.each(storageKinds)('authorization details on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let party: Party;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app);
    const desk = openDeskOver({ ...product.app, url: undefined });
    const scope = ['--scope', 'stock:read stock:ship'];
    await desk.json('resources', 'create', STOCK, '--name', 'Склад «Северный»', ...scope);
    await desk.json('resources', 'create', YARD, '--name', 'Двор', ...scope, '--format', 'opaque');
    desk.files.set('shipment.json', Buffer.from(JSON.stringify(SHIPMENT)));
    desk.files.set('visit.json', Buffer.from(JSON.stringify({ ...SHIPMENT, type: 'yard_visit' })));
    await desk.json('resources', 'add-type', STOCK, 'shipment.json');
    await desk.json('resources', 'add-type', YARD, 'visit.json');
    await product.app.holder.refresh();
    party = await keyedParty(product, {
      ...{ resources: [STOCK, YARD], authorization_details_types: ['stock_shipment', 'yard_visit'] },
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    });
  });
  afterAll(() => product.close());

  const detail = { type: 'stock_shipment', actions: ['ship', 'look'], warehouse: 'Ангар 7', amount: 100_000 };
  const askedBy = async (by: Party, details: unknown, change: Record<string, string> = {}) => {
    const text = typeof details === 'string' ? details : JSON.stringify(details);
    return requestOf(by, {
      ...{ authorization_details: text, resource: STOCK, scope: 'openid stock:read' },
      ...change,
    });
  };
  /** Opens the consent page as somebody who signs in. */
  const consentPage = async (path: string, agent: Agent) => {
    const page = await openSignIn(agent, { path, verifier: '', state: '', nonce: '' });
    return follow(agent, product.issuer, await submitSignIn(agent, page, person));
  };
  const decide = async (agent: Agent, page: { body: string }, decision: 'allow' | 'deny') => {
    const action = /action="(\/interaction\/[^"]+\/consent)"/.exec(page.body)?.[1] ?? '';
    const answer = await agent.post(action, { ...hiddenFields(page.body), decision });
    const last = await follow(agent, product.issuer, answer);
    return new URL(last.location ?? '');
  };
  const tokensFor = async (details: unknown, change?: Record<string, string>) => {
    const agent = createAgent(product.issuer);
    const request = await askedBy(party, details, change);
    const url = oidc.buildAuthorizationUrl(party.config, request.parameters);
    const page = await consentPage(url.pathname + url.search, agent);
    return oidc.authorizationCodeGrant(party.config, await decide(agent, page, 'allow'), request.checks);
  };

  it('are shown in words, and a yes puts them into the token of that API', async () => {
    const agent = createAgent(product.issuer);
    const { parameters, checks } = await askedBy(party, [detail]);
    const url = oidc.buildAuthorizationUrl(party.config, parameters);
    const page = await consentPage(url.pathname + url.search, agent);
    for (const words of ['Отгружать товар', 'Склад «Северный»', 'отгрузить, посмотреть', 'Ангар 7', '100'])
      expect(page.body).toContain(words);
    const english = await agent.get(
      `${/action="(\/interaction\/[^"]+)\/consent"/.exec(page.body)?.[1] ?? ''}?lang=en`,
    );
    expect(english.body).toContain('100,000');
    const back = await decide(agent, page, 'allow');
    const tokens = await oidc.authorizationCodeGrant(party.config, back, checks);
    expect(tokens.authorization_details).toEqual([detail]);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: STOCK, authorization_details: [detail] });
    expect(party.config.serverMetadata().authorization_details_types_supported).toEqual([
      ...['stock_shipment', 'yard_visit'],
    ]);
  });

  it('are asked about each time, and a no grants nothing', async () => {
    const agent = createAgent(product.issuer);
    const { parameters } = await askedBy(party, [detail]);
    const url = oidc.buildAuthorizationUrl(party.config, parameters);
    const first = await decide(agent, await consentPage(url.pathname + url.search, agent), 'deny');
    expect(first.searchParams.get('error')).toBe('access_denied');
    const again = await follow(agent, product.issuer, await agent.get(url.pathname + url.search));
    expect(again.body).toContain('Ангар 7');
    const silent = oidc.buildAuthorizationUrl(party.config, { ...parameters, prompt: 'none' });
    const { location } = await agent.get(silent.pathname + silent.search);
    expect(new URL(location ?? '').searchParams.get('error')).toMatch(
      /interaction_required|consent_required/,
    );
  });

  it.each<[string, unknown, Record<string, string>]>([
    ['of a type that nobody has registered', [{ ...detail, type: 'payment' }], {}],
    ['of a type named like a property of everything', [{ ...detail, type: 'constructor' }], {}],
    ['with a field that the type has not', [{ ...detail, admin: true }], {}],
    ['without a field that it must have', [{ ...detail, warehouse: undefined }], {}],
    ['beyond the limit of the type', [{ ...detail, amount: 1_000_001 }], {}],
    ['below nothing', [{ ...detail, amount: -1 }], {}],
    ['with more decimals than the page would show', [{ ...detail, amount: 0.001 }], {}],
    ['with a word that is none of them', [{ ...detail, actions: ['burn'] }], {}],
    ['with signs that nobody sees', [{ ...detail, warehouse: 'A\u202eB' }], {}],
    ['at another place', [{ ...detail, locations: [YARD] }], {}],
    ['for an API that is not asked for', [detail], { resource: YARD }],
    ['that are no JSON', '[{', {}],
    ['that are no list', '{"type":"stock_shipment"}', {}],
    ['that are too many to read', Array.from({ length: 11 }, () => detail), {}],
  ])('%s are refused', async (_name, details, change) => {
    const { parameters } = await askedBy(party, details, change);
    const url = oidc.buildAuthorizationUrl(party.config, parameters);
    const { location = '' } = await createAgent(product.issuer).get(url.pathname + url.search);
    expect(URL.parse(location)?.searchParams.get('error')).toBe('invalid_authorization_details');
  });

  it('are only for clients that may ask for the type', async () => {
    const other = await keyedParty(product, { resources: [STOCK] });
    const { parameters } = await askedBy(other, [detail]);
    const url = oidc.buildAuthorizationUrl(other.config, parameters);
    const { location = '' } = await createAgent(product.issuer).get(url.pathname + url.search);
    expect(URL.parse(location)?.searchParams.get('error')).toBe('invalid_authorization_details');
  });

  it('are narrowed on a refresh, and never widened', async () => {
    const { refresh_token: refresh = '' } = await tokensFor([detail]);
    let next = refresh;
    const again = async (details?: object) => {
      const asked = details && { authorization_details: JSON.stringify([details]) };
      const got = await oidc.refreshTokenGrant(party.config, next, { resource: STOCK, ...asked });
      next = got.refresh_token ?? next;
      return decodeJwt(got.access_token).authorization_details;
    };
    const less = { ...detail, actions: ['look'], amount: 500 };
    expect(await again(less)).toEqual([less]);
    // What was granted stays as it was: narrowing is for one token.
    expect(await again()).toEqual([detail]);
    await expect(again({ ...detail, amount: 100_001 })).rejects.toMatchObject({
      error: 'invalid_authorization_details',
    });
    const { refresh_token: second = '' } = await tokensFor([less]);
    next = second;
    await expect(again(detail)).rejects.toMatchObject({ error: 'invalid_authorization_details' });
  });

  it('reach the API that understands them, and no other', async () => {
    const visit = { ...detail, type: 'yard_visit' };
    const agent = createAgent(product.issuer);
    const { parameters, checks } = await askedBy(party, [detail, visit]);
    const url = oidc.buildAuthorizationUrl(party.config, parameters);
    url.searchParams.append('resource', YARD);
    const page = await consentPage(url.pathname + url.search, agent);
    const back = await decide(agent, page, 'allow');
    const tokens = await oidc.authorizationCodeGrant(party.config, back, checks, { resource: YARD });
    expect(tokens.authorization_details).toEqual([visit]);
    const api = await addClient(product.app, {
      ...{ grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] },
    });
    const { json } = await postAsClient(agent, '/token/introspection', api, { token: tokens.access_token });
    expect(json).toMatchObject({ active: true, aud: YARD, authorization_details: [visit] });
    const other = await oidc.refreshTokenGrant(party.config, tokens.refresh_token ?? '', { resource: STOCK });
    expect(decodeJwt(other.access_token).authorization_details).toEqual([detail]);
  });

  it('come to a FAPI 2.0 client in a pushed request, to a back end for itself, and to a device', async () => {
    const bank = await keyedParty(product, {
      ...{ ...FAPI2, resources: [STOCK], authorization_details_types: ['stock_shipment'] },
    });
    const handle = { DPoP: oidc.getDPoPHandle(bank.config, await keyPair()) };
    const { parameters, checks } = await askedBy(bank, [detail]);
    const agent = createAgent(product.issuer);
    const url = await oidc.buildAuthorizationUrlWithPAR(bank.config, parameters, handle);
    const back = await decide(agent, await consentPage(url.pathname + url.search, agent), 'allow');
    const tokens = await oidc.authorizationCodeGrant(bank.config, back, checks, undefined, handle);
    expect(decodeJwt(tokens.access_token).authorization_details).toEqual([detail]);
    await expect(
      oidc.buildAuthorizationUrlWithPAR(
        bank.config,
        (await askedBy(bank, [{ ...detail, type: 'payment' }])).parameters,
        handle,
      ),
    ).rejects.toMatchObject({ error: 'invalid_authorization_details' });

    const form = { resource: STOCK, scope: 'stock:read', authorization_details: JSON.stringify([detail]) };
    const own = await oidc.clientCredentialsGrant(party.config, form);
    expect(decodeJwt(own.access_token)).toMatchObject({ sub: party.id, authorization_details: [detail] });

    const terminal = await addClient(product.app, {
      ...{ token_endpoint_auth_method: 'none', grant_types: [DEVICE_GRANT], redirect_uris: [] },
      ...{
        post_logout_redirect_uris: [],
        resources: [STOCK],
        authorization_details_types: ['stock_shipment'],
      },
    });
    const begun = await postAsClient(agent, '/device/auth', terminal, {
      ...form,
      scope: 'openid stock:read',
    });
    const ask = hiddenFields((await agent.get('/device')).body);
    const typed = await agent.post('/device', { ...ask, user_code: String(begun.json.user_code) });
    const confirmed = await agent.post('/device', { ...hiddenFields(typed.body), confirm: 'yes' });
    const page = await follow(agent, product.issuer, confirmed);
    expect(page.body).toContain('Ангар 7');
    const action = /action="(\/interaction\/[^"]+\/consent)"/.exec(page.body)?.[1] ?? '';
    await follow(
      agent,
      product.issuer,
      await agent.post(action, { ...hiddenFields(page.body), decision: 'allow' }),
    );
    const { json } = await postAsClient(agent, '/token', terminal, {
      ...{ grant_type: DEVICE_GRANT, device_code: String(begun.json.device_code) },
    });
    expect(json.authorization_details).toEqual([detail]);
  });

  it('leave with their type, and the registrations that name it go on working', async () => {
    const { refresh_token: refresh = '' } = await tokensFor([detail]);
    const desk = openDeskOver({ ...product.app, url: undefined });
    await desk.json('resources', 'remove-type', 'stock_shipment', '--yes');
    await product.app.holder.refresh();
    const got = await oidc.refreshTokenGrant(party.config, refresh, { resource: STOCK });
    expect(decodeJwt(got.access_token)).not.toHaveProperty('authorization_details');
    const { parameters } = await askedBy(party, [detail]);
    const url = oidc.buildAuthorizationUrl(party.config, parameters);
    const { location = '' } = await createAgent(product.issuer).get(url.pathname + url.search);
    expect(URL.parse(location)?.searchParams.get('error')).toBe('invalid_authorization_details');
  });
});
