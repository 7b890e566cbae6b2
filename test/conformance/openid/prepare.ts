/** What the pack needs at a server of ours: a person of whom everything is known, and relying parties of each kind. */
import { insertIdentifier } from '../../../src/accounts/store';
import type { App } from '../../../src/app';
import { FIXED_ANSWER } from '../../../src/captcha/providers/fixed';
import type { ClientInput } from '../../../src/clients/client';
import { addClient, addPerson } from '../../support/app';
import type { Parties, Party, Place } from './place';
import { makeKeyPair } from './relying-party/signing';

const REDIRECT = 'https://cabinet.conformance.example/callback';
export const AFTER_LOGOUT = 'https://cabinet.conformance.example/';

type Registration = Partial<ClientInput> & { pkceExempt?: boolean };

async function addParty(app: App, registration: Registration, more: Partial<Party> = {}): Promise<Party> {
  const usual = { redirect_uris: [REDIRECT], post_logout_redirect_uris: [AFTER_LOGOUT] };
  const { id, secret } = await addClient(app, { ...usual, ...registration });
  const method = (registration.token_endpoint_auth_method ?? 'client_secret_basic') as Party['method'];
  return { ...{ id, method, secret, redirectUri: REDIRECT, keys: {} }, ...more };
}

/** Registered with one key of each kind, so that what signs with the wrong one is refused for that. */
async function addKeyed(
  app: App,
  registration: Registration = {},
  more: Partial<Party> = {},
): Promise<Party> {
  const [ec, rsa] = await Promise.all([makeKeyPair('ES256'), makeKeyPair('RS256')]);
  const jwks = { keys: [ec.public, rsa.public] as never[] };
  return addParty(
    app,
    { token_endpoint_auth_method: 'private_key_jwt', jwks, ...registration },
    { keys: { ES256: ec.private, RS256: rsa.private }, ...more },
  );
}

const FAPI2 = {
  profile: 'fapi2',
  id_token_signed_response_alg: 'ES256',
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
} as const;

async function addParties(app: App, logoutUri: string): Promise<Parties> {
  const post = { token_endpoint_auth_method: 'client_secret_post' } as const;
  return {
    strict: await addParty(app, {}),
    strictPost: await addParty(app, post),
    legacy: await addParty(app, { pkceExempt: true }, { withoutPkce: true }),
    legacyPost: await addParty(app, { ...post, pkceExempt: true }, { withoutPkce: true }),
    other: await addParty(app, {}),
    keyed: await addKeyed(app),
    told: await addParty(app, {
      backchannel_logout_uri: logoutUri,
      backchannel_logout_session_required: true,
    }),
    fapi: await addKeyed(app, FAPI2, { fapi: true }),
    fapiOther: await addKeyed(app, FAPI2, { fapi: true }),
    signing: await addKeyed(
      app,
      { ...FAPI2, require_signed_request_object: true },
      { fapi: true, signs: true },
    ),
  };
}

/** Registers everything with `app`. @param logoutUri where logout tokens are to go */
export async function preparePlace(
  app: App,
  logoutUri: string,
): Promise<Pick<Place, 'issuer' | 'person' | 'parties' | 'afterLogout'>> {
  const person = await addPerson(app, { email: 'conformance@example.com' });
  const phone = '+79095550101';
  await insertIdentifier(app.db, {
    ...{ accountId: person.id, kind: 'phone', value: phone, canonical: phone, provedAt: app.clock.now() },
  });
  return {
    issuer: app.config.issuer,
    person: { email: person.email, password: person.password, captcha: FIXED_ANSWER },
    parties: await addParties(app, logoutUri),
    afterLogout: AFTER_LOGOUT,
  };
}
