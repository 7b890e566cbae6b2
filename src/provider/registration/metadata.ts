/**
 * What software may say of itself when it registers (RFC 7591 §2). It gets the strict side of everything: code with PKCE,
 * https addresses, people who are asked first; what only operators decide (APIs, who enters, which path registers people)
 * is not listened to.
 */
import { clientFaults, clientInput, SCOPES, type ClientInput } from '../../clients/client';

/** Everything else is ignored, as RFC 7591 §2 asks. */
const HEARD = [
  ...['redirect_uris', 'post_logout_redirect_uris', 'grant_types', 'token_endpoint_auth_method'],
  ...['application_type', 'client_name', 'client_uri', 'policy_uri', 'tos_uri', 'initiate_login_uri'],
  ...['backchannel_logout_uri', 'backchannel_logout_session_required', 'default_max_age', 'jwks', 'jwks_uri'],
  ...['id_token_signed_response_alg', 'token_endpoint_auth_signing_alg', 'request_object_signing_alg'],
  ...['authorization_signed_response_alg', 'require_signed_request_object', 'dpop_bound_access_tokens'],
  ...['require_pushed_authorization_requests', 'subject_type', 'sector_identifier_uri'],
  'userinfo_signed_response_alg',
] as const;

const URIS = [
  ...['client_uri', 'policy_uri', 'tos_uri', 'initiate_login_uri', 'backchannel_logout_uri'],
  ...['jwks_uri', 'sector_identifier_uri'],
] as const;

const GRANTS: readonly unknown[] = ['authorization_code', 'refresh_token'];
const METHODS: readonly unknown[] = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'];

/** An answer of RFC 7591 §3.2.2. */
export interface RegistrationFault {
  error: 'invalid_redirect_uri' | 'invalid_client_metadata';
  error_description: string;
}

const fault = (
  error_description: string,
  error: RegistrationFault['error'] = 'invalid_client_metadata',
): RegistrationFault => ({ error, error_description });

/**
 * The registration that a request asks for.
 * @param ceiling the scopes it may have at most
 */
export function readSelfRegistration(
  body: Readonly<Record<string, unknown>>,
  { id, ceiling }: { id: string; ceiling: string },
): ClientInput | RegistrationFault {
  const refused = policyFault(body);
  if (refused) return refused;
  const said = HEARD.flatMap((name) => (isSaid(body[name]) ? [[name, body[name]] as const] : []));
  const redirects = body.redirect_uris as string[];
  const parsed = clientInput.safeParse({
    client_name: URL.parse(redirects[0] ?? '')?.hostname || id,
    ...Object.fromEntries(said),
    ...{ client_id: id, asks_consent: true, scope: scopesWithin(ceiling, body.scope) },
  });
  if (parsed.success) return parsed.data;
  const about = parsed.error.issues[0]?.path[0];
  const isRedirect = about === 'redirect_uris' || about === 'application_type';
  return fault(
    clientFaults(parsed.error).join('; ').slice(0, 500),
    isRedirect ? 'invalid_redirect_uri' : 'invalid_client_metadata',
  );
}

/** Null is how some software says nothing (RFC 7592 §2.2). */
const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

function policyFault(body: Readonly<Record<string, unknown>>): RegistrationFault | undefined {
  const { redirect_uris: redirects, application_type: type = 'web' } = body;
  if (!Array.isArray(redirects) || redirects.length === 0)
    return fault('redirect_uris: needs at least one address', 'invalid_redirect_uri');
  if (type !== 'native' && !redirects.every(isHttps))
    return fault('redirect_uris: must be https', 'invalid_redirect_uri');
  const grants: unknown[] = Array.isArray(body.grant_types) ? body.grant_types : [GRANTS[0]];
  if (!grants.every((grant) => GRANTS.includes(grant)) || !grants.includes('authorization_code'))
    return fault('grant_types: authorization_code, with or without refresh_token');
  const responses: unknown[] = Array.isArray(body.response_types) ? body.response_types : ['code'];
  if (!responses.every((response) => response === 'code')) return fault('response_types: code only');
  if (isSaid(body.token_endpoint_auth_method) && !METHODS.includes(body.token_endpoint_auth_method))
    return fault(`token_endpoint_auth_method: one of ${METHODS.join(', ')}`);
  const clear = URIS.find((name) => isSaid(body[name]) && !isHttps(body[name]));
  return clear && fault(`${clear}: must be https`);
}

const isHttps = (uri: unknown): boolean => typeof uri === 'string' && uri.startsWith('https://');

/** What is asked for and allowed, in our order; all that is allowed where nothing is said. */
function scopesWithin(ceiling: string, asked: unknown): string {
  const allowed = ceiling.split(' ');
  const wanted = typeof asked === 'string' ? asked.split(' ') : allowed;
  return SCOPES.filter(
    (scope) => scope === 'openid' || (allowed.includes(scope) && wanted.includes(scope)),
  ).join(' ');
}
