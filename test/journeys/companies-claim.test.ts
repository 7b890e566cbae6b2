/** The first ID token carries the person's companies; what changes is told at the next refresh and by userinfo. */
import { decodeJwt } from 'jose';
import { addMember, changeMembership } from '../../src/companies/memberships/change-membership';
import { addContract } from '../../src/contracts/add-contract';
import { endContract } from '../../src/contracts/end-contract';
import { issueActivationCodes } from '../../src/contracts/issue-codes';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import { storageKinds } from '../support/database';
import { authorizationRequest, redeemCode, refreshTokens, signIn } from '../support/relying-party';

describe.each(storageKinds)('the claim companies on %s', (kind) => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct(kind);
  });
  afterAll(() => product.close());

  it('stands in the first ID token and follows the membership', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const client = await addClient(app);
    const agent = createAgent(issuer);
    const naming = { name: 'ООО "Пример"', nameSource: 'operator' as const, ogrn: '1267800000005' };
    const unit = { inn: '7800999994', kpp: '780001001' };
    const tools = { ...app, issuer };
    const member = await addMember(
      tools,
      { accountId: person.id, unit, naming, role: 'member', canAct: true },
      'system',
    );

    const request = authorizationRequest(client);
    const back = await signIn(agent, issuer, request, person);
    const first = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
    const claim = { ...unit, ogrn: '1267800000005', name: 'ООО "Пример"', role: 'member' };
    expect(decodeJwt(String(first.json.id_token)).companies).toEqual([
      { ...claim, status: 'approved', can_act: true },
    ]);

    const other = { inn: '9901000010', kpp: '990101001' };
    const second = await addMember(
      tools,
      { accountId: person.id, unit: other, naming, role: 'member', canAct: false },
      'system',
    );
    await changeMembership(tools, member?.id ?? '', { kind: 'suspend', reason: 'проверка' }, 'system');
    const headers = { authorization: `Bearer ${String(first.json.access_token)}` };
    const userinfo = await agent.get('/userinfo', { headers });
    expect((JSON.parse(userinfo.body) as Record<string, unknown>).companies).toEqual([
      { ...claim, status: 'suspended', can_act: false },
      { ...claim, ...other, status: 'approved', can_act: false },
    ]);

    await changeMembership(tools, member?.id ?? '', { kind: 'revoke', reason: 'уволился' }, 'system');
    const renewed = await refreshTokens(agent, client, String(first.json.refresh_token));
    expect(decodeJwt(String(renewed.json.id_token)).companies).toEqual([
      { ...claim, ...other, status: 'approved', can_act: false },
    ]);

    // With the last company goes the access, whatever tokens are out.
    await changeMembership(tools, second?.id ?? '', { kind: 'suspend', reason: 'проверка' }, 'system');
    const bearer = { authorization: `Bearer ${String(renewed.json.access_token)}` };
    expect((await agent.get('/userinfo', { headers: bearer })).status).toBe(401);
    const refused = await refreshTokens(agent, client, String(renewed.json.refresh_token));
    expect(refused.json).toMatchObject({ error: 'invalid_grant' });
  });

  it('contracts stand in the first ID token while they last', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const client = await addClient(app);
    const agent = createAgent(issuer);
    const tools = { ...app, issuer };
    const number = '78000000000017';
    const naming = { name: 'ООО "Пример"', nameSource: 'operator' as const, ogrn: null };
    const unit = { inn: '7800999994', kpp: '780001001' };
    const once = { role: 'member', canAct: false, maxUses: 1, ttlSeconds: 3600, count: 1 } as const;
    const issued = await issueActivationCodes(
      tools,
      { ...once, company: { unit, naming }, contract: number },
      'system',
    );
    const code = Array.isArray(issued) ? (issued[0]?.code ?? '') : '';
    const added = await addContract(tools, { accountId: person.id, number, code }, `account:${person.id}`);
    expect(added).toBe('done');

    const request = authorizationRequest(client, { scope: 'openid contracts' });
    const back = await signIn(agent, issuer, request, person);
    const first = await redeemCode(agent, client, request, back.searchParams.get('code') ?? '');
    const claims = decodeJwt(String(first.json.id_token));
    expect(claims.contracts).toEqual([{ number, company: { ...unit, name: 'ООО "Пример"' } }]);
    expect(claims.companies).toBeUndefined();
    await endContract(tools, { number, reason: 'срок истёк' }, 'system');
    const second = await refreshTokens(agent, client, String(first.json.refresh_token));
    expect(decodeJwt(String(second.json.id_token)).contracts).toEqual([]);
  });
});
