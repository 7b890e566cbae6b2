/**
 * How a relying party speaks the protocol: its keys, what it demands of its own requests, which APIs it calls, and the
 * profile it keeps to. Everything is off until it is said; client.ts adds these fields to a registration.
 */
import { z } from 'zod';

/** `fapi2`: the FAPI 2.0 Security Profile (private_key_jwt, PAR, DPoP, code only). */
export const PROFILES = ['fapi2'] as const;

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** What signs requests to us, and our answers. No HS*: a secret is kept here as its fingerprint only. */
export const CLIENT_ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const;
const RESPONSE_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;

const PRIVATE_PARTS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const MIN_RSA_BYTES = 256;
const MAX_KEYS = 20;

const text = z.string().min(1).max(4096);

const publicKey = z
  .looseObject({
    kty: z.enum(['EC', 'OKP', 'RSA']),
    kid: text.optional(),
    alg: text.optional(),
    n: text.optional(),
  })
  .refine(
    (key) => PRIVATE_PARTS.every((name) => !(name in key)),
    'must hold public keys only; a private key stays where it signs',
  )
  .refine(
    ({ kty, n = '' }) => kty !== 'RSA' || Buffer.from(n, 'base64url').length >= MIN_RSA_BYTES,
    'must have RSA keys of 2048 bits or more',
  );

const absoluteUri = z
  .string()
  .max(500)
  .refine(
    (uri) => URL.canParse(uri) && !/[#\s]/.test(uri),
    'must be absolute and without a fragment (RFC 8707 §2)',
  );

/** The fields of a registration that this file owns (RFC 7591, RFC 9101, RFC 9126, RFC 9449). */
export const protocolFields = {
  profile: z.enum(PROFILES).optional(),
  jwks: z.strictObject({ keys: z.array(publicKey).min(1).max(MAX_KEYS) }).optional(),
  jwks_uri: z
    .url({ protocol: /^https$/, error: 'must be an https URL' })
    .max(2000)
    .optional(),
  token_endpoint_auth_signing_alg: z.enum(CLIENT_ALGORITHMS).optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  require_signed_request_object: z.boolean().optional(),
  request_object_signing_alg: z.enum(CLIENT_ALGORITHMS).optional(),
  authorization_signed_response_alg: z.enum(RESPONSE_ALGORITHMS).optional(),
  resources: z.array(absoluteUri).max(20).optional(),
};

type ProtocolFields = { [Name in keyof typeof protocolFields]?: z.infer<(typeof protocolFields)[Name]> };

interface Registration extends ProtocolFields {
  grant_types: readonly string[];
  redirect_uris: readonly string[];
  token_endpoint_auth_method: string;
  id_token_signed_response_alg: string;
}

interface Fault {
  path: string[];
  message: string;
}

/** What `--profile fapi2` says where nothing else is said. */
export const FAPI2_DEFAULTS = {
  profile: 'fapi2',
  token_endpoint_auth_method: 'private_key_jwt',
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
  id_token_signed_response_alg: 'ES256',
} as const;

/** What does not fit together. */
export function protocolFaults(client: Registration): Fault[] {
  const { token_endpoint_auth_method: method, jwks, jwks_uri: uri } = client;
  const hasKeys = jwks !== undefined || uri !== undefined;
  const rules: [broken: boolean, path: string, message: string][] = [
    [jwks !== undefined && uri !== undefined, 'jwks_uri', 'and jwks exclude each other'],
    [method === 'private_key_jwt' && !hasKeys, 'jwks', 'or jwks_uri is needed for private_key_jwt'],
    [
      client.require_signed_request_object === true && !hasKeys,
      'jwks',
      'or jwks_uri is needed for signed requests',
    ],
    [
      client.token_endpoint_auth_signing_alg !== undefined && method !== 'private_key_jwt',
      'token_endpoint_auth_signing_alg',
      'is for private_key_jwt',
    ],
    ...(client.profile === 'fapi2' ? fapi2Rules(client) : []),
  ];
  return rules.filter(([broken]) => broken).map(([, path, message]) => ({ path: [path], message }));
}

/** FAPI 2.0 Security Profile §5.3.2 and §5.4, as far as it lies with the registration. */
function fapi2Rules(client: Registration): [broken: boolean, path: string, message: string][] {
  const said = (name: string): string => `must be ${name} in the profile fapi2`;
  return [
    [
      client.token_endpoint_auth_method !== 'private_key_jwt',
      'token_endpoint_auth_method',
      said('private_key_jwt'),
    ],
    [
      client.require_pushed_authorization_requests !== true,
      'require_pushed_authorization_requests',
      said('true'),
    ],
    [client.dpop_bound_access_tokens !== true, 'dpop_bound_access_tokens', said('true')],
    [client.id_token_signed_response_alg === 'RS256', 'id_token_signed_response_alg', said('ES256 or EdDSA')],
    [
      [client.token_endpoint_auth_signing_alg, client.request_object_signing_alg].includes('RS256'),
      'token_endpoint_auth_signing_alg',
      said('ES256, EdDSA or PS256'),
    ],
    [
      client.authorization_signed_response_alg === 'RS256',
      'authorization_signed_response_alg',
      said('ES256 or EdDSA'),
    ],
    [
      client.grant_types.includes(DEVICE_GRANT),
      'grant_types',
      'must be without the device grant in the profile fapi2',
    ],
    [
      client.redirect_uris.some((uri) => !uri.startsWith('https:')),
      'redirect_uris',
      'must be https in the profile fapi2',
    ],
  ];
}
