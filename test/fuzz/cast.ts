/** Who and what there is at the server before the fuzz: people of a company, applications, relying parties of each kind. */
import type { App } from '../../src/app';
import { DEVICE_GRANT } from '../../src/clients/protocol';
import { openOffice } from '../approvals/office';
import { makeKeyPair } from '../conformance/openid/relying-party/signing';
import { addClient, addPerson, type TestClient, type TestPerson, type TestProduct } from '../support/app';

export interface Cast {
  /** Contact persons of one company who ask to be let into another. Some of them will have lost their account. */
  people: readonly TestPerson[];
  clients: { web: TestClient; device: TestClient; service: TestClient; fapi: TestClient };
}

export async function prepareCast(app: App, people: number): Promise<Cast> {
  const product: TestProduct = { app, issuer: app.config.issuer, nodes: [], close: () => Promise.resolve() };
  const office = openOffice(product);
  const elsewhere = openOffice(product, 'АО "Другое"');
  const cast: TestPerson[] = [];
  for (let number = 0; number < people; number += 1) {
    const person = await addPerson(app);
    await office.member(person);
    await elsewhere.applicant({ person });
    await office.applicant();
    cast.push(person);
  }
  return { people: cast, clients: await addClients(app) };
}

async function addClients(app: App): Promise<Cast['clients']> {
  const { public: key } = await makeKeyPair();
  return {
    web: await addClient(app),
    device: await addClient(app, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    }),
    service: await addClient(app, { grant_types: ['client_credentials'], redirect_uris: [] }),
    fapi: await addClient(app, {
      ...{
        profile: 'fapi2',
        id_token_signed_response_alg: 'ES256',
        token_endpoint_auth_method: 'private_key_jwt',
      },
      ...{ require_pushed_authorization_requests: true, dpop_bound_access_tokens: true },
      jwks: { keys: [key as never] },
    }),
  };
}
