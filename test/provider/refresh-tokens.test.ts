/** Refresh tokens are kept by their holders: what the database knows of them, and those that an earlier release stored. */
import { createPayloadSeal } from '../../src/provider/adapters/payload';
import { openToken } from '../../src/provider/adapters/sealed-tokens';
import { endTokens } from '../../src/accounts/sessions/store';
import { listEvents } from '../../src/audit/store';
import { fingerprint } from '../../src/secrets';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct } from '../support/app';
import type { TestClient, TestPerson, TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { authorizationRequest, follow, postAsClient, refreshTokens } from '../support/relying-party';
import { isActive, relyingParty, tokensFor, userinfoStatus } from './tokens';

const REFUSED = { status: 400, json: { error: 'invalid_grant' } };

describe.each(storageKinds)('refresh tokens on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const give = () => tokensFor(product, createAgent(product.issuer), client, person);
  const refresh = (token: string) => refreshTokens(relyingParty(product), client, token);
  const rows = () => product.app.db.selectFrom('refreshTokens').selectAll().execute();

  function inside(token: string) {
    const payload = openToken(product.app.secrets, 'RefreshToken', token);
    if (!payload) throw new Error('not sealed here');
    return payload;
  }

  /** As it was kept before tokens were sealed: under a random value, the rest in the database. */
  async function storedAs(token: string, expiresAt?: Date): Promise<string> {
    const { app } = product;
    const { jti: _jti, ...payload } = inside(token);
    const value = `rt_${fingerprint(token)}`;
    await app.db
      .insertInto('refreshTokens')
      .values({
        id: fingerprint(value),
        grantId: fingerprint(payload.grantId ?? ''),
        accountId: person.id,
        clientId: client.id,
        payload: createPayloadSeal(app.secrets).seal('RefreshToken', value, payload),
        consumedAt: null,
        expiresAt: expiresAt ?? new Date(1000 * (payload.exp ?? 0)),
      })
      .execute();
    return value;
  }

  it('stand nowhere until they are spent, and then without what they said', async () => {
    const before = (await rows()).length;
    const { refresh: token } = await give();
    expect(await rows()).toHaveLength(before);
    expect(await refresh(token)).toMatchObject({ status: 200 });
    const spent = (await rows()).find(({ id }) => id === fingerprint(inside(token).jti ?? ''));
    expect(spent).toMatchObject({ payload: null, accountId: person.id, clientId: client.id });
    expect(spent?.consumedAt).not.toBeNull();
    // As long as the token would have lasted, and a little longer.
    expect(spent?.expiresAt.getTime()).toBe(1000 * (inside(token).exp ?? 0) + 600_000);
  });

  it('stay spent when their grant is asked to end twice', async () => {
    const { refresh: token, access } = await give();
    const heir = String((await refresh(token)).json.refresh_token);
    expect(await refresh(token)).toMatchObject(REFUSED);
    expect(await refresh(token)).toMatchObject(REFUSED);
    expect(await refresh(heir)).toMatchObject(REFUSED);
    expect(await userinfoStatus(product, access)).toBe(401);
    expect((await rows()).map(({ id }) => id)).toContain(fingerprint(inside(token).jti ?? ''));
  });

  it('hold neither dot nor anything to be read, and none is another kind', async () => {
    const { refresh: token, access } = await give();
    expect(token).toMatch(/^rt_[\w-]{40,1500}$/);
    const bytes = Buffer.from(token.slice(3), 'base64url').toString('latin1');
    for (const word of [person.id, client.id, 'openid']) expect(bytes).not.toContain(word);
    expect(await refresh(`rt_${access.slice(3)}`)).toMatchObject(REFUSED);
    expect(await userinfoStatus(product, `at_${token.slice(3)}`)).toBe(401);
    expect(await refresh(token)).toMatchObject({ status: 200 });
  });

  it('are good for nothing once a character is another', async () => {
    const { refresh: token } = await give();
    for (const place of [4, 12, 40, Math.floor(token.length / 2), token.length - 2]) {
      const other = token[place] === 'A' ? 'B' : 'A';
      const altered = token.slice(0, place) + other + token.slice(place + 1);
      expect([place, await refresh(altered)]).toMatchObject([place, REFUSED]);
    }
    expect(await refresh(token)).toMatchObject({ status: 200 });
  });

  it('of an earlier release are taken, once', async () => {
    const { refresh: token } = await give();
    const value = await storedAs(token);
    expect(await isActive(product, client, value)).toBe(true);
    const renewed = await refresh(value);
    expect(renewed).toMatchObject({ status: 200 });
    const next = await refresh(String(renewed.json.refresh_token));
    expect(next).toMatchObject({ status: 200 });
    // As of all tokens: whoever shows a spent one ends the grant.
    expect(await refresh(value)).toMatchObject(REFUSED);
    expect(await refresh(String(next.json.refresh_token))).toMatchObject(REFUSED);
    expect(await listEvents(product.app.db, { event: 'token_reuse_detected' })).not.toEqual([]);
  });

  it('of an account that goes in that moment are refused', async () => {
    const leaver = await addPerson(product.app);
    const { refresh: token } = await tokensFor(product, createAgent(product.issuer), client, leaver);
    const { app } = product;
    const change = app.statements.change.bind(app.statements);
    const spy = jest.spyOn(app.statements, 'change').mockImplementation(async (statement, values) => {
      await app.db.deleteFrom('accounts').where('id', '=', leaver.id).execute();
      return change(statement, values);
    });
    expect(await refresh(token)).toMatchObject(REFUSED);
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
  });

  it('of an earlier release end with their time, and with their grant', async () => {
    const { refresh: token, access } = await give();
    expect(await refresh(await storedAs(token, new Date(Date.now() - 1000)))).toMatchObject(REFUSED);
    const { refresh: second } = await give();
    const value = await storedAs(second);
    await postAsClient(relyingParty(product), '/token/revocation', client, { token: value });
    expect(await refresh(value)).toMatchObject(REFUSED);
    expect(await refresh(second)).toMatchObject(REFUSED);
    // Another sign-in has another grant.
    expect(await userinfoStatus(product, access)).toBe(200);
  });

  it('stay dead when their grant is ended while a request widens it', async () => {
    const { app, issuer } = product;
    const browser = createAgent(issuer);
    const { refresh: token } = await tokensFor(product, browser, client, person, { scope: 'openid' });
    const heir = String((await refresh(token)).json.refresh_token);
    const first = app.statements.first.bind(app.statements);
    const spy = jest.spyOn(app.statements, 'first').mockImplementation(async (statement, values) => {
      const row = await first(statement, values);
      await app.db.transaction().execute((trx) => endTokens(trx, person.id, client.id));
      return row;
    });
    const request = authorizationRequest(client, { scope: 'openid email' });
    const answer = await follow(browser, issuer, await browser.get(request.path));
    spy.mockRestore();
    expect(answer.location).toContain('error=access_denied');
    for (const old of [token, heir]) expect(await refresh(old)).toMatchObject(REFUSED);
    // Nothing keeps the person from coming again.
    expect((await browser.get(request.path)).location).toContain('code=');
  });

  it('of nobody are refused', async () => {
    for (const token of ['rt_', 'rt_x', `rt_${'A'.repeat(600)}`, `rt_${'.'.repeat(600)}`, 'x', '\u0000'])
      expect(await refresh(token)).toMatchObject(REFUSED);
  });
});
