/** Requests to the endpoints of the metadata that would succeed: with live codes, tokens and credentials. */
import { DEVICE_GRANT } from '../../../src/clients/protocol';
import { createAgent, type Agent, type Location } from '../../support/agent';
import type { TestClient, TestPerson } from '../../support/app';
import {
  authorizationRequest,
  clientAuthentication,
  postAsClient,
  redeemCode,
  signIn,
} from '../../support/relying-party';
import type { Cast } from '../cast';
import { sample, type Pair, type Sample } from './sample';

export interface Where {
  issuer: string;
  at: Location;
}

const SCOPE = 'openid profile email phone companies';
const JWT = 'eyJhbGciOiJFUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJ4Iiwic3ViIjoieCIsImF1ZCI6IngifQ.c2lnbmF0dXJl';

const pairs = (object: Record<string, string>): Pair[] => Object.entries(object);

/** A form that a relying party sends. */
function asClient(path: string, client: TestClient, form: Record<string, string>, more: Pair[] = []): Sample {
  const proof = clientAuthentication(client);
  return sample({
    ...{ method: 'POST', path, fields: pairs({ ...form, ...proof.form }) },
    headers: [['accept', 'application/json'], ...pairs(proof.headers), ...more],
  });
}

interface Given {
  code: string;
  verifier: string;
  access: string;
  refresh: string;
  id: string;
}

/** Signs in twice: tokens of the first sign-in, and a code of the second that nobody has redeemed. */
async function give(
  { issuer, at }: Where,
  agent: Agent,
  client: TestClient,
  person: TestPerson,
): Promise<Given> {
  const first = authorizationRequest(client);
  const back = await signIn(agent, issuer, first, person);
  const party = createAgent(issuer, at);
  const { status, json } = await redeemCode(party, client, first, back.searchParams.get('code') ?? '');
  if (status !== 200) throw new Error(`no tokens: ${status}`);
  const second = authorizationRequest(client);
  const again = await agent.get(second.path);
  return {
    code: new URL(again.location ?? issuer).searchParams.get('code') ?? 'none',
    verifier: second.verifier,
    access: String(json.access_token),
    refresh: String(json.refresh_token),
    id: String(json.id_token),
  };
}

/** @param agent signed in afterwards. @throws Error when the person cannot sign in any more */
export async function protocolSamples(
  where: Where,
  agent: Agent,
  { clients }: Cast,
  person: TestPerson,
): Promise<Sample[]> {
  const { issuer, at } = where;
  const { web, device, service, fapi } = clients;
  const given = await give(where, agent, web, person);
  const metadata = await createAgent(issuer, at).get('/.well-known/openid-configuration');
  const endpoints = JSON.parse(metadata.body) as Record<string, string | undefined>;
  const path = (name: string): string => new URL(endpoints[name] ?? `/${name}`, issuer).pathname;
  const token = path('token_endpoint');
  const { json: waiting } = await postAsClient(createAgent(issuer, at), '/device/auth', device, {
    scope: SCOPE,
  });
  const authorization = (change: Record<string, string>, client = web): Sample => {
    const [target = '', query = ''] = authorizationRequest(client, change).path.split('?');
    return sample({ method: 'GET', path: target, query: [...new URLSearchParams(query)] as Pair[] });
  };
  const parameters = pairs(Object.fromEntries(authorization({}).query));
  const grants: Record<string, string>[] = [
    {
      grant_type: 'authorization_code',
      code: given.code,
      redirect_uri: web.redirectUri,
      code_verifier: given.verifier,
    },
    { grant_type: 'refresh_token', refresh_token: given.refresh, scope: 'openid' },
    { grant_type: 'client_credentials', scope: 'companies', resource: 'https://api.example.com/' },
    { grant_type: DEVICE_GRANT, device_code: String(waiting.device_code) },
    {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: given.access,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'https://api.example.com/',
    },
    { grant_type: 'password', username: 'x', password: 'x' },
  ];
  const assertion = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: JWT,
  };
  const bearer: Pair = ['authorization', `Bearer ${given.access}`];
  return [
    ...['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', path('jwks_uri')].map(
      (target) => sample({ method: 'GET', path: target }),
    ),
    ...[
      {},
      { prompt: 'none' },
      { prompt: 'consent', scope: 'openid offline_access' },
      { response_mode: 'form_post' },
    ].map((change) => authorization(change as Record<string, string>)),
    authorization({
      ...{
        max_age: '100',
        acr_values: '1',
        ui_locales: 'ru en',
        login_hint: 'x@example.com',
        display: 'page',
      },
      ...{
        claims: '{"id_token":{"name":{"essential":true}}}',
        id_token_hint: given.id,
        response_mode: 'query.jwt',
      },
      ...{
        resource: 'https://api.example.com/',
        authorization_details: '[{"type":"x"}]',
        company: '7800999994/780001001',
      },
    }),
    authorization({ request: JWT }),
    authorization({ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, fapi),
    ...grants.map((form) => asClient(token, form.grant_type === DEVICE_GRANT ? device : web, form)),
    asClient(token, service, { grant_type: 'client_credentials' }),
    asClient(token, { ...fapi, secret: undefined }, { ...grants[0], ...assertion }, [['dpop', JWT]]),
    asClient(path('pushed_authorization_request_endpoint'), web, Object.fromEntries(parameters)),
    asClient(
      path('pushed_authorization_request_endpoint'),
      { ...fapi, secret: undefined },
      { request: JWT, ...assertion },
    ),
    asClient(path('device_authorization_endpoint'), device, { scope: SCOPE }),
    ...['introspection_endpoint', 'revocation_endpoint'].map((name) =>
      asClient(path(name), web, { token: given.refresh, token_type_hint: 'refresh_token' }),
    ),
    sample({ method: 'GET', path: path('userinfo_endpoint'), headers: [bearer] }),
    sample({ method: 'POST', path: path('userinfo_endpoint'), fields: [['access_token', given.access]] }),
    sample({
      ...{ method: 'GET', path: path('end_session_endpoint') },
      query: pairs({
        id_token_hint: given.id,
        post_logout_redirect_uri: 'https://cabinet.example/',
        state: 'x',
      }),
    }),
    ...registrationSamples(path('registration_endpoint')),
  ];
}

function registrationSamples(path: string): Sample[] {
  const fields = pairs({
    redirect_uris: '["https://rp.example.com/cb"]',
    client_name: 'x',
    jwks: '{"keys":[]}',
  });
  return [
    sample({ method: 'POST', path, fields, json: true, headers: [['authorization', 'Bearer x']] }),
    sample({ method: 'GET', path: `${path}/some-client`, headers: [['authorization', 'Bearer x']] }),
  ];
}
