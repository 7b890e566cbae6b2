/** OpenID Connect Core, Basic OP: the code flow from its request to its tokens. */
import assert from 'node:assert/strict';
import { decodeProtectedHeader } from 'jose';
import { waive, type Module, type Trial } from '../module';
import { newcomer } from '../place';
import { endpoint, listOf } from '../relying-party/metadata';
import { ask, authorizationPath, authorize, expectError, visit, type Asked } from '../relying-party/request';
import { requestObject, unsigned } from '../relying-party/signing';
import { readUserinfo, redeem, signIn, userinfo } from '../relying-party/tokens';

/** Of the protocol itself, in every ID token. */
const PROTOCOL_CLAIMS = 'iss sub aud exp iat auth_time nonce acr amr azp at_hash c_hash s_hash sid jti'.split(
  ' ',
);

const open = (trial: Trial, asked: Asked) => visit(trial, authorizationPath(trial, asked.parameters));

async function server(trial: Trial): Promise<void> {
  const { claims } = await signIn(trial);
  const more = Object.keys(claims).filter((name) => !PROTOCOL_CLAIMS.includes(name));
  if (more.length > 0) trial.warn(`the ID token tells what was not asked for: ${more.join(', ')}`);
}

async function serverClientSecretPost(trial: Trial): Promise<void> {
  await signIn(trial, {}, trial.post);
}

async function responseTypeMissing(trial: Trial): Promise<void> {
  const asked = ask(trial, { response_type: undefined });
  await expectError(trial, asked, await open(trial, asked), ['unsupported_response_type', 'invalid_request']);
}

async function idTokenSignature(trial: Trial): Promise<void> {
  const { id } = await signIn(trial);
  const { alg, kid } = decodeProtectedHeader(id);
  assert.equal(alg, 'RS256', 'RS256 unless something else is registered');
  assert.ok(kid, 'the ID token names its key');
}

function idTokenUnsigned({ metadata }: Trial): Promise<void> {
  const offered = listOf(metadata, 'id_token_signing_alg_values_supported');
  assert.ok(!offered.includes('none'), 'an unsigned ID token is not offered');
  waive('the programme skips it where the metadata do not offer `none`');
}

async function userinfoGet(trial: Trial): Promise<void> {
  await signIn(trial);
}

async function userinfoPostHeader(trial: Trial): Promise<void> {
  const tokens = await signIn(trial);
  const answer = await newcomer(trial.place).send('POST', endpoint(trial.metadata, 'userinfo'), undefined, {
    headers: { accept: 'application/json', authorization: `Bearer ${tokens.access}` },
  });
  readUserinfo(answer, tokens);
}

async function userinfoPostBody(trial: Trial): Promise<void> {
  const tokens = await signIn(trial);
  const answer = await newcomer(trial.place).post(
    endpoint(trial.metadata, 'userinfo'),
    { access_token: tokens.access },
    { headers: { accept: 'application/json' } },
  );
  if (answer.status === 200) readUserinfo(answer, tokens);
  else trial.warn(`a token in the body is refused (${answer.status})`);
}

async function withoutNonce(trial: Trial): Promise<void> {
  const { claims } = await signIn(trial, { nonce: undefined });
  assert.equal(claims.nonce, undefined, 'no nonce in, no nonce out');
}

const SCOPES: Record<string, string[]> = {
  profile: ['name', 'family_name', 'given_name'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  all: ['name', 'email', 'address', 'phone_number'],
};

function scope(name: string): Module {
  const asked = name === 'all' ? 'profile email address phone' : name;
  return {
    name: `scope-${name}`,
    run: async (trial) => {
      const { told } = await signIn(trial, { scope: `openid ${asked}` });
      const absent = (SCOPES[name] ?? []).filter((claim) => !(claim in told));
      if (absent.length > 0) trial.warn(`userinfo does not tell ${absent.join(', ')}`);
    },
  };
}

async function alternateHappyFlow(trial: Trial): Promise<void> {
  const asked = ask(trial, { scope: 'email profile openid' });
  const turned = Object.fromEntries(Object.entries(asked.parameters).reverse());
  const back = await authorize(trial, asked, authorizationPath(trial, turned));
  await userinfo(trial, await redeem(trial, back, back.code));
}

/** The parameter changes nothing but perhaps the page: somebody is asked to sign in, and can. */
function accepted(name: string, change: Record<string, string>): Module {
  return {
    name,
    run: async (trial) => {
      const view = await open(trial, ask(trial, change));
      assert.equal(view.kind, 'sign-in', 'the sign-in page is shown');
      await signIn(trial, change);
    },
  };
}

async function unknownParameter(trial: Trial): Promise<void> {
  await signIn(trial, { extra: 'foobar' });
}

async function acrValues(trial: Trial): Promise<void> {
  const asked = listOf(trial.metadata, 'acr_values_supported');
  const wanted = asked.length > 0 ? asked : ['1', '2'];
  const { claims } = await signIn(trial, { acr_values: wanted.join(' ') });
  if (claims.acr === undefined || !wanted.includes(claims.acr)) trial.warn('acr is none of those asked for');
}

async function registeredRedirectUri(trial: Trial): Promise<void> {
  const { redirectUri } = trial.first;
  for (const uri of [
    `${redirectUri}/`,
    `${redirectUri}x`,
    `${redirectUri}?a=b`,
    'https://rp.example.org/cb',
  ]) {
    const view = await open(trial, ask(trial, { redirect_uri: uri }));
    assert.equal(view.kind, 'error', `no redirect to ${uri}`);
  }
}

async function postRequest(trial: Trial): Promise<void> {
  const { parameters } = ask(trial);
  const answer = await trial.browser.post(endpoint(trial.metadata, 'authorization'), parameters);
  if (answer.status !== 404 && answer.status !== 405) {
    assert.ok(answer.status === 303 || answer.status === 302, 'the request is taken');
    return;
  }
  assert.equal(answer.location, undefined, 'refused on the spot');
  waive('authorization requests by POST are refused: they would need the session cookie with SameSite=None');
}

async function requestUriUnsigned(trial: Trial): Promise<void> {
  const asked = ask(trial, { request_uri: 'https://rp.example.org/request.jwt' });
  await expectError(trial, asked, await open(trial, asked), ['request_uri_not_supported']);
}

async function unsignedRequestObject(trial: Trial): Promise<void> {
  const asked = ask(trial);
  asked.parameters.request = unsigned({ ...asked.parameters, iss: trial.first.id, aud: trial.place.issuer });
  const view = await open(trial, asked);
  if (view.kind === 'sign-in') return;
  const expected = ['request_not_supported', 'invalid_request_object'];
  await expectError(trial, asked, view, expected, 'page too');
  const offered = listOf(trial.metadata, 'request_object_signing_alg_values_supported');
  assert.ok(!offered.includes('none'), 'the metadata do not offer `none`');
  const text = view.kind === 'back' ? view.url.search : view.answer.body;
  if (!text.includes('request_not_supported'))
    waive('signed request objects are supported, so an unsigned one is `invalid_request_object`');
}

async function requestObjectWithRedirectUri(trial: Trial): Promise<void> {
  const { keyed } = trial.place.parties;
  const asked = ask(trial, {}, keyed);
  const request = await requestObject(keyed, trial.place.issuer, asked.parameters);
  const outside = { ...asked.parameters, request, redirect_uri: 'https://rp.example.org/other' };
  const view = await visit(trial, authorizationPath(trial, outside));
  if (view.kind === 'error') return;
  await authorize(trial, asked, authorizationPath(trial, outside));
}

async function claimsEssential(trial: Trial): Promise<void> {
  const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
  const { told } = await signIn(trial, { claims });
  if (trial.metadata.claims_parameter_supported !== true) trial.warn('the metadata do not offer `claims`');
  if (told.name === undefined) trial.warn('userinfo does not tell the essential claim');
}

async function validPkce(trial: Trial): Promise<void> {
  await signIn(trial, {}, { ...trial.first, withoutPkce: false });
}

/** For a relying party that must send PKCE: without it nobody is even asked. */
async function pkceIsDemanded(trial: Trial): Promise<void> {
  const asked = ask(trial, {}, { ...trial.first, withoutPkce: true });
  await expectError(trial, asked, await open(trial, asked), ['invalid_request'], 'never a page');
}

export const requestModules: readonly Module[] = [
  { name: 'server', run: server },
  { name: 'server-client-secret-post', run: serverClientSecretPost },
  { name: 'response-type-missing', run: responseTypeMissing },
  { name: 'idtoken-signature', run: idTokenSignature },
  { name: 'idtoken-unsigned', run: idTokenUnsigned },
  { name: 'userinfo-get', run: userinfoGet },
  { name: 'userinfo-post-header', run: userinfoPostHeader },
  { name: 'userinfo-post-body', run: userinfoPostBody },
  { name: 'ensure-request-without-nonce-succeeds-for-code-flow', run: withoutNonce },
  ...Object.keys(SCOPES).map(scope),
  { name: 'alternate-happy-flow', run: alternateHappyFlow },
  accepted('display-page', { display: 'page' }),
  accepted('display-popup', { display: 'popup' }),
  accepted('ui-locales', { ui_locales: 'se en ru' }),
  accepted('claims-locales', { claims_locales: 'se en' }),
  accepted('login-hint', { login_hint: 'somebody@example.com' }),
  { name: 'ensure-request-with-unknown-parameter-succeeds', run: unknownParameter },
  { name: 'ensure-request-with-acr-values-succeeds', run: acrValues },
  { name: 'ensure-registered-redirect-uri', run: registeredRedirectUri },
  { name: 'ensure-post-request-succeeds', run: postRequest },
  { name: 'request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', run: requestUriUnsigned },
  {
    name: 'unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
    run: unsignedRequestObject,
  },
  { name: 'ensure-request-object-with-redirect-uri', run: requestObjectWithRedirectUri },
  { name: 'claims-essential', run: claimsEssential },
  { name: 'ensure-request-with-valid-pkce-succeeds', run: validPkce },
];

export const strictModules: readonly Module[] = [
  { name: 'request-without-pkce-is-refused', run: pkceIsDemanded },
];
