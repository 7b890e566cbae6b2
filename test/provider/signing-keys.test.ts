/** Rotation and revocation of signing keys, as relying parties on two nodes see them. */
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { listSigningKeys, revokeSigningKey, rotateSigningKeys } from '../../src/provider/signing-keys';
import { createAgent } from '../support/agent';
import {
  addClient,
  addPerson,
  startProduct,
  type TestClient,
  type TestPerson,
  type TestProduct,
} from '../support/app';
import { storageKinds } from '../support/database';
import { relyingParty, tokensFor } from './tokens';

describe.each(storageKinds)('signing keys on %s', (kind) => {
  let product: TestProduct;
  let person: TestPerson;
  let client: TestClient;

  beforeAll(async () => {
    product = await startProduct(kind, { nodes: kind === 'postgres' ? 2 : 1 });
    person = await addPerson(product.app);
    client = await addClient(product.app);
  });
  afterAll(() => product.close());

  const published = async (port?: number): Promise<JSONWebKeySet> =>
    JSON.parse((await relyingParty(product).get('/jwks', { port })).body) as JSONWebKeySet;
  const kidsOf = (set: JSONWebKeySet) => set.keys.map(({ kid }) => kid);
  const idToken = async () => (await tokensFor(product, createAgent(product.issuer), client, person)).id;
  const verify = (token: string, set: JSONWebKeySet) =>
    jwtVerify(token, createLocalJWKSet(set), { issuer: product.issuer, audience: client.id });
  const refreshNodes = () => Promise.all(product.nodes.map(({ app }) => app.holder.refresh()));
  const kidIn = async (state: string) =>
    (await listSigningKeys(product.app.db)).find((key) => key.alg === 'RS256' && key.state === state)?.kid;

  it('rotate without a token that fails to verify: the next one was known before it signed', async () => {
    const before = await published();
    const old = await idToken();
    const next = await kidIn('next');
    expect(kidsOf(before)).toContain(next);

    await rotateSigningKeys(product.app, 'operator:test');
    await refreshNodes();

    const fresh = await idToken();
    expect(decodeProtectedHeader(fresh).kid).toBe(next);
    expect(decodeProtectedHeader(fresh).kid).not.toBe(decodeProtectedHeader(old).kid);
    // A relying party that still holds the earlier set can verify the new token, and one with the new set the old.
    await expect(verify(fresh, before)).resolves.toBeDefined();
    for (const { port } of product.nodes) {
      const after = await published(port);
      await expect(verify(old, after)).resolves.toBeDefined();
      await expect(verify(fresh, after)).resolves.toBeDefined();
      expect(kidsOf(after)).toContain(await kidIn('next'));
    }
    const hint = await relyingParty(product).get(`/session/end?id_token_hint=${old}`);
    expect(hint.status).toBe(200);
  });

  it('leave the set when revoked, and what they signed verifies no more', async () => {
    const compromised = await idToken();
    const { kid = '' } = decodeProtectedHeader(compromised);
    expect(await revokeSigningKey(product.app, kid, 'operator:test')).toBe(true);
    await refreshNodes();
    const after = await published();
    expect(kidsOf(after)).not.toContain(kid);
    await expect(verify(compromised, after)).rejects.toThrow(errors.JWKSNoMatchingKey);
    await expect(verify(await idToken(), after)).resolves.toBeDefined();
    expect((await relyingParty(product).get(`/session/end?id_token_hint=${compromised}`)).status).toBe(400);

    const row = await product.app.db
      .selectFrom('signingKeys')
      .select('privateSealed')
      .where('kid', '=', kid)
      .executeTakeFirstOrThrow();
    expect(row.privateSealed).toBeNull();
    expect(await revokeSigningKey(product.app, kid, 'operator:test')).toBe(false);
  });

  it('are taken up by running nodes within seconds', async () => {
    const next = await kidIn('next');
    await rotateSigningKeys(product.app, 'operator:test');
    const end = performance.now() + 12_000;
    const used = async () => decodeProtectedHeader(await idToken()).kid;
    let seen = await used();
    while (seen !== next && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      seen = await used();
    }
    expect(seen).toBe(next);
  });
});
