/** OpenID Connect Discovery, Config OP: what the metadata must and may say. */
import assert from 'node:assert/strict';
import type { Module, Trial } from '../module';
import { checkKeySet } from '../relying-party/checks';
import { listOf, readKeys } from '../relying-party/metadata';

/** Registered names (IANA, OAuth Authorization Server Metadata and OpenID Connect Discovery §3). */
const KNOWN = new Set(
  `issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri registration_endpoint
  scopes_supported response_types_supported response_modes_supported grant_types_supported acr_values_supported
  subject_types_supported id_token_signing_alg_values_supported id_token_encryption_alg_values_supported
  id_token_encryption_enc_values_supported userinfo_signing_alg_values_supported
  userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
  request_object_signing_alg_values_supported request_object_encryption_alg_values_supported
  request_object_encryption_enc_values_supported token_endpoint_auth_methods_supported
  token_endpoint_auth_signing_alg_values_supported display_values_supported claim_types_supported claims_supported
  service_documentation claims_locales_supported ui_locales_supported claims_parameter_supported
  request_parameter_supported request_uri_parameter_supported require_request_uri_registration op_policy_uri
  op_tos_uri revocation_endpoint revocation_endpoint_auth_methods_supported
  revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint
  introspection_endpoint_auth_methods_supported introspection_endpoint_auth_signing_alg_values_supported
  code_challenge_methods_supported signed_metadata device_authorization_endpoint
  tls_client_certificate_bound_access_tokens mtls_endpoint_aliases nfv_token_signing_alg_values_supported
  require_signed_request_object pushed_authorization_request_endpoint require_pushed_authorization_requests
  introspection_signing_alg_values_supported introspection_encryption_alg_values_supported
  introspection_encryption_enc_values_supported authorization_response_iss_parameter_supported
  check_session_iframe frontchannel_logout_supported frontchannel_logout_session_supported
  backchannel_logout_supported backchannel_logout_session_supported end_session_endpoint
  backchannel_token_delivery_modes_supported backchannel_authentication_endpoint
  backchannel_authentication_request_signing_alg_values_supported backchannel_user_code_parameter_supported
  authorization_details_types_supported authorization_signing_alg_values_supported
  authorization_encryption_alg_values_supported authorization_encryption_enc_values_supported
  dpop_signing_alg_values_supported prompt_values_supported client_registration_types_supported
  protected_resources`.split(/\s+/),
);

async function verification(trial: Trial): Promise<void> {
  const { metadata, place } = trial;
  assert.equal(metadata.issuer, place.issuer, 'the issuer is the prefix of the address, letter for letter');
  const named = Object.entries(metadata).filter(
    ([name]) => name.endsWith('_endpoint') || name === 'jwks_uri',
  );
  for (const [name, url] of named) {
    assert.ok(String(url).startsWith('https://'), `${name} is https`);
    assert.ok(!String(url).includes('#'), `${name} has no fragment`);
  }
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'])
    assert.equal(typeof metadata[name], 'string', `there is a ${name}`);
  assert.ok(listOf(metadata, 'response_types_supported').includes('code'), 'response type code');
  assert.ok(listOf(metadata, 'grant_types_supported').includes('authorization_code'), 'the code grant');
  const subjects = listOf(metadata, 'subject_types_supported');
  assert.ok(subjects.length > 0, 'there are subject types');
  assert.deepEqual(
    subjects.filter((type) => type !== 'public' && type !== 'pairwise'),
    [],
    'known subject types',
  );
  assert.ok(
    listOf(metadata, 'id_token_signing_alg_values_supported').includes('RS256'),
    'RS256 for ID tokens',
  );
  assert.ok(listOf(metadata, 'scopes_supported').includes('openid'), 'the scope openid');
  assert.ok(Array.isArray(metadata.code_challenge_methods_supported), 'PKCE methods are a list');
  checkKeySet(await readKeys(place, metadata));
  checkLocales(trial);
  const unknown = Object.keys(metadata).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) trial.warn(`not registered: ${unknown.join(', ')}`);
}

/** BCP 47. */
function checkLocales({ metadata }: Trial): void {
  for (const name of ['ui_locales_supported', 'claims_locales_supported'])
    for (const locale of listOf(metadata, name))
      assert.doesNotThrow(() => Intl.getCanonicalLocales(locale), name);
}

export const configModules: readonly Module[] = [
  { name: 'discovery-endpoint-verification', run: verification },
];
