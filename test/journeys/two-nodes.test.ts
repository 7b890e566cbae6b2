/** What an operator or a contact person changes holds on every node within a second. */
import { blockAccount } from '../../src/accounts/change-account';
import { changeClient, rotateClientSecret } from '../../src/clients/register-client';
import { changeMembership } from '../../src/companies/memberships/change-membership';
import { readShipped } from '../../src/consents/documents';
import { publishDocument } from '../../src/consents/publish-document';
import { revokeSigningKey } from '../../src/provider/keys/rotation';
import { enterAt, openOffice } from '../approvals/office';
import { relyingParty, tokensFor, userinfoStatus } from '../provider/tokens';
import { createAgent } from '../support/agent';
import { addClient, addPerson, startProduct, type TestProduct } from '../support/app';
import { until } from '../support/processes';
import { authorizationRequest, refreshTokens } from '../support/relying-party';

/**
 * A second is promised; a busy machine is given more, but less than the ten seconds after which a node that was not
 * told looks for itself.
 */
const SOON_SECONDS = 8;
const OPERATOR = 'operator:test';

describe('a change on one node holds on the other', () => {
  let product: TestProduct;
  /** The node where nobody changed anything. */
  let port: number;
  beforeAll(async () => {
    product = await startProduct('postgres', { nodes: 2 });
    port = product.nodes[1]?.port ?? 0;
  });
  afterAll(() => product.close());

  const soon = (what: string, holds: () => Promise<boolean>): Promise<void> =>
    until(what, holds, SOON_SECONDS);

  it('a revoked key leaves the published set', async () => {
    const kids = async (): Promise<string[]> => {
      const { body } = await relyingParty(product).get('/jwks', { port });
      return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const [first = ''] = await kids();
    expect(await revokeSigningKey(product.app, first, { actor: OPERATOR, reason: 'leaked' })).toBeDefined();
    await soon('the key to leave', async () => !(await kids()).includes(first));
    expect(await kids()).not.toContain(first);
  });

  it('a relying party moves, and its old secret and address are worth nothing', async () => {
    const person = await addPerson(product.app);
    const client = await addClient(product.app);
    const party = relyingParty(product);
    const started = () => party.get(authorizationRequest(client).path, { port });
    expect((await started()).status).toBe(303);
    const tokens = await tokensFor(product, createAgent(product.issuer), client, person);

    await rotateClientSecret(product.app, client.id, OPERATOR);
    await soon(
      'the old secret to be refused',
      async () => (await refreshTokens(party, client, tokens.refresh, { port })).status === 401,
    );
    const stored = await product.app.db
      .selectFrom('clients')
      .select('metadata')
      .where('id', '=', client.id)
      .executeTakeFirstOrThrow();
    const metadata = { ...stored.metadata, redirect_uris: ['https://moved.example/callback'] };
    await changeClient(product.app, client.id, { metadata }, OPERATOR);
    await soon('the old address to be refused', async () => (await started()).status === 400);
    expect((await started()).location).toBeUndefined();
  });

  it('attack 40: a blocked account is out: token, refresh and session', async () => {
    const person = await addPerson(product.app);
    const client = await addClient(product.app);
    const agent = createAgent(product.issuer);
    const tokens = await tokensFor(product, agent, client, person);
    expect(await userinfoStatus(product, tokens.access, port)).toBe(200);
    await blockAccount({ ...product.app, issuer: product.issuer }, person.id, 'уволен', OPERATOR);
    await soon('the token to end', async () => (await userinfoStatus(product, tokens.access, port)) === 401);
    const refreshed = await refreshTokens(relyingParty(product), client, tokens.refresh, { port });
    expect(refreshed).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    const asked = await agent.get(authorizationRequest(client).path, { port });
    expect(asked.location).toMatch(/\/interaction\//);
  });

  it('a revoked membership ends what stood on it', async () => {
    const { app, issuer } = product;
    const person = await addPerson(app);
    const client = await addClient(app);
    const office = openOffice(product);
    const membership = await office.member(person);
    const tokens = await tokensFor(product, createAgent(issuer), client, person);
    const contact = createAgent(issuer);
    expect((await enterAt(contact, issuer, '/approvals', person)).status).toBe(200);
    expect(await userinfoStatus(product, tokens.access, port)).toBe(200);
    const end = { kind: 'revoke', reason: 'уволился' } as const;
    await changeMembership({ ...app, issuer }, membership, end, OPERATOR);
    await soon('the token to end', async () => (await userinfoStatus(product, tokens.access, port)) === 401);
    const refreshed = await refreshTokens(relyingParty(product), client, tokens.refresh, { port });
    expect(refreshed.status).toBe(400);
    expect((await contact.get('/approvals', { port })).status).toBe(403);
  });

  it('a new version of a document is the one that is shown', async () => {
    const shown = async (): Promise<string> =>
      (await relyingParty(product).get('/documents/terms', { port })).body;
    expect(await shown()).not.toContain('Правило второго узла');
    const terms = readShipped(product.app.viewsDir).find(({ name }) => name === 'terms');
    const text = { ru: `${terms?.text.ru ?? ''}Правило второго узла.\n`, en: null };
    await publishDocument(product.app, { name: 'terms', ...text }, OPERATOR);
    await soon('the new text', async () => (await shown()).includes('Правило второго узла'));
    expect(await shown()).toContain('Правило второго узла');
  });
});
