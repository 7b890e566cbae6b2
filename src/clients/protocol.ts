/**
 * How a relying party speaks the protocol: its keys, what it demands of its own requests, which APIs it calls, and the
 * profile it keeps to. Everything is off until it is said; client.ts adds these fields to a registration.
 */
import { isIP } from 'node:net';
import { z } from 'zod';
import { readDistinguishedName } from './distinguished-name';

/** `fapi2`: the FAPI 2.0 Security Profile (a key or a certificate, PAR, bound tokens, code only). */
export const PROFILES = ['fapi2'] as const;

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** RFC 8693. */
export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** RFC 8705: by a certificate of a CA that the proxy trusts, or by one whose key stands in `jwks`. */
export const CERTIFICATE_METHODS = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

/** What of a certificate names the client; one of them for `tls_client_auth` (RFC 8705 §2.1.2). */
export const CERTIFICATE_NAMES = [
  'tls_client_auth_subject_dn',
  'tls_client_auth_san_dns',
  'tls_client_auth_san_uri',
  'tls_client_auth_san_ip',
  'tls_client_auth_san_email',
] as const;

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
    x5c: z.array(z.string().min(1).max(8192)).max(10).optional(),
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

/** The name of a type of authorization details (RFC 9396 §2). */
export const detailsTypeName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{1,62}$/, 'must be 2 to 63 of a-z, 0-9, "_", "-"');

const hostName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'must be a plain host name');

/** The fields of a registration that this file owns (RFC 7591, 8693, 8705, 9101, 9126, 9396, 9449). */
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
  userinfo_signed_response_alg: z.enum(RESPONSE_ALGORITHMS).optional(),
  introspection_signed_response_alg: z.enum(RESPONSE_ALGORITHMS).optional(),
  resources: z.array(absoluteUri).max(20).optional(),
  authorization_details_types: z.array(detailsTypeName).max(20).optional(),
  /** Relying parties whose access tokens it may exchange, and the APIs that it gets tokens for in exchange. */
  exchange_from: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{1,62}$/))
    .max(50)
    .optional(),
  exchange_resources: z.array(absoluteUri).max(20).optional(),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
  tls_client_auth_subject_dn: z
    .string()
    .max(1000)
    .refine((name) => readDistinguishedName(name) !== undefined, 'must be a name such as CN=bank,O=Bank,C=RU')
    .optional(),
  tls_client_auth_san_dns: hostName.optional(),
  tls_client_auth_san_uri: absoluteUri.optional(),
  tls_client_auth_san_ip: z
    .string()
    .refine((address) => isIP(address) > 0, 'must be an IP address')
    .optional(),
  tls_client_auth_san_email: z.email().max(254).optional(),
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

type Rule = [broken: boolean, path: string, message: string];

/** What does not fit together. */
export function protocolFaults(client: Registration): Fault[] {
  const { token_endpoint_auth_method: method, jwks, jwks_uri: uri } = client;
  const hasKeys = jwks !== undefined || uri !== undefined;
  const rules: Rule[] = [
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
    ...certificateRules(client),
    ...exchangeRules(client),
    ...(client.profile === 'fapi2' ? fapi2Rules(client) : []),
  ];
  return rules.filter(([broken]) => broken).map(([, path, message]) => ({ path: [path], message }));
}

/** RFC 8705 §2 and §3. */
function certificateRules(client: Registration): Rule[] {
  const { token_endpoint_auth_method: method, jwks, jwks_uri: uri } = client;
  const names = CERTIFICATE_NAMES.filter((name) => client[name] !== undefined);
  const byName = method === 'tls_client_auth';
  return [
    [
      byName ? names.length !== 1 : names.length > 0,
      'tls_client_auth_subject_dn',
      'or one of the tls_client_auth_san_* is needed for tls_client_auth, and only there',
    ],
    [
      method === 'self_signed_tls_client_auth' && uri === undefined && !jwks?.keys.some(({ x5c }) => x5c),
      'jwks',
      'with the certificate in x5c, or jwks_uri, is needed for self_signed_tls_client_auth',
    ],
    [
      client.tls_client_certificate_bound_access_tokens === true && client.dpop_bound_access_tokens === true,
      'tls_client_certificate_bound_access_tokens',
      'and dpop_bound_access_tokens exclude each other',
    ],
  ];
}

/** Nobody exchanges tokens who does not prove who they are, and nobody exchanges whatever they come by (RFC 8693 §5). */
function exchangeRules(client: Registration): Rule[] {
  const asked = client.grant_types.includes(EXCHANGE_GRANT);
  const said = [client.exchange_from, client.exchange_resources].map((list) => (list ?? []).length > 0);
  return [
    [
      asked && client.token_endpoint_auth_method === 'none',
      'grant_types',
      'token exchange needs a client with a secret, a key or a certificate',
    ],
    [
      asked && said.includes(false),
      'exchange_from',
      'and exchange_resources say whose tokens are exchanged for which APIs; both are needed',
    ],
    [
      !asked && said.includes(true),
      'exchange_from',
      `and exchange_resources are for the grant ${EXCHANGE_GRANT}`,
    ],
  ];
}

/** How a client of the profile fapi2 may prove who it is. */
const FAPI2_METHODS: readonly string[] = ['private_key_jwt', ...CERTIFICATE_METHODS];

/** FAPI 2.0 Security Profile §5.3.2 and §5.4, as far as it lies with the registration. */
function fapi2Rules(client: Registration): Rule[] {
  const said = (name: string): string => `must be ${name} in the profile fapi2`;
  return [
    [
      !FAPI2_METHODS.includes(client.token_endpoint_auth_method),
      'token_endpoint_auth_method',
      said('private_key_jwt, tls_client_auth or self_signed_tls_client_auth'),
    ],
    [
      client.require_pushed_authorization_requests !== true,
      'require_pushed_authorization_requests',
      said('true'),
    ],
    [
      !client.dpop_bound_access_tokens && !client.tls_client_certificate_bound_access_tokens,
      'dpop_bound_access_tokens',
      'or tls_client_certificate_bound_access_tokens must be true in the profile fapi2',
    ],
    [client.id_token_signed_response_alg === 'RS256', 'id_token_signed_response_alg', said('ES256 or EdDSA')],
    [
      [client.token_endpoint_auth_signing_alg, client.request_object_signing_alg].includes('RS256'),
      'token_endpoint_auth_signing_alg',
      said('ES256, EdDSA or PS256'),
    ],
    ...(
      [
        'authorization_signed_response_alg',
        'userinfo_signed_response_alg',
        'introspection_signed_response_alg',
      ] as const
    ).map((name): Rule => [client[name] === 'RS256', name, said('ES256 or EdDSA')]),
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
