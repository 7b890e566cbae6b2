/**
 * Which extensions of OAuth are on, and how strictly. All stand ready for every relying party; what one of them must use
 * is said in its registration (clients/protocol.ts).
 */
import type { AsymmetricSigningAlgorithm, Client, Configuration } from 'oidc-provider';
import type { KnownResources } from '../../clients/known';
import { CERTIFICATE_METHODS, CLIENT_ALGORITHMS } from '../../clients/protocol';
import type { Clock } from '../../clock';
import type { Secrets } from '../../secrets';
import type { Database } from '../../storage/tables';
import type { DevicePages } from '../device/pages';
import { checkClientAssertion, checkRequestObject } from './assertions';
import { authorizationDetails } from './authorization-details';
import { clientCertificates, type CertificateSettings } from './client-certificate';
import { addGrantClaim } from './exchange/presented-tokens';
import { resourceServer, tokenClaims } from './resources';

export interface FeatureParts {
  db: Database;
  resources: KnownResources;
  secrets: Secrets;
  clock: Clock;
  devicePages: DevicePages;
  settings: { certificates: CertificateSettings };
  /** Types of authorization details that APIs have registered. */
  detailsTypes: readonly string[];
}

const ours = ['ES256', 'RS256', 'EdDSA'] as const;
const theirs: readonly AsymmetricSigningAlgorithm[] = [...CLIENT_ALGORITHMS, 'Ed25519'];
/** Proofs are made by software of today, so nothing weak has to be accepted (FAPI 2.0 §5.4.1). */
const proofs: readonly AsymmetricSigningAlgorithm[] = ['ES256', 'EdDSA', 'Ed25519', 'PS256'];

/** A list of keys is a few kilobytes. */
const MAX_JWKS = 64 * 1024;

type ProtocolFeatures = Pick<
  NonNullable<Configuration['features']>,
  | 'pushedAuthorizationRequests'
  | 'dPoP'
  | 'requestObjects'
  | 'jwtResponseModes'
  | 'resourceIndicators'
  | 'deviceFlow'
  | 'mTLS'
  | 'jwtUserinfo'
  | 'jwtIntrospection'
> & { richAuthorizationRequests: ReturnType<typeof authorizationDetails> };

const ALGORITHMS: Configuration['enabledJWA'] = {
  idTokenSigningAlgValues: ours,
  userinfoSigningAlgValues: ours,
  authorizationSigningAlgValues: ours,
  introspectionSigningAlgValues: ours,
  clientAuthSigningAlgValues: theirs,
  requestObjectSigningAlgValues: theirs,
  dPoPSigningAlgValues: proofs,
};

/** Registered metadata that oidc-provider does not know. */
export const PROTOCOL_METADATA = [
  ...['profile', 'resources', 'permitted_details'],
  ...['exchange_from', 'exchange_resources'],
];

export function isFapi(client: Client | undefined): boolean {
  return client?.profile === 'fapi2';
}

/** Settings beside `features`. */
export function protocolSettings({ db, clock, settings, detailsTypes }: FeatureParts): Configuration {
  return {
    clientAuthMethods: [
      ...(['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const),
      ...(takesCertificates(settings) ? CERTIFICATE_METHODS : []),
      'none',
    ],
    enabledJWA: ALGORITHMS,
    // Which of them a client may ask for is looked up when it asks (authorization-details.ts).
    clientDefaults: { authorization_details_types: [...detailsTypes] },
    formats: { customizers: { jwt: (_ctx, token, jwt) => addGrantClaim(token, jwt) } },
    // A public client has nothing but PKCE to prove itself by (RFC 9700 §2.1.1).
    pkce: {
      required: (_ctx, client) =>
        isFapi(client) || client.clientAuthMethod === 'none' || client.pkce_exempt !== true,
    },
    assertJwtClientAuthClaimsAndHeader: checkClientAssertion,
    fetchResponseBodyLimits: { jwks_uri: MAX_JWKS },
    extraTokenClaims: (_ctx, token) => tokenClaims({ db, clock }, token),
    // A token that is bound to a key and a client needs no rotation, and FAPI 2.0 §5.3.2.1 asks for none.
    rotateRefreshToken: ({ oidc }) => !isFapi(oidc.client),
  };
}

const takesCertificates = ({ certificates }: FeatureParts['settings']): boolean =>
  certificates.certificateHeader !== undefined;

export function protocolFeatures(parts: FeatureParts): ProtocolFeatures {
  const { db, resources, clock, secrets, devicePages, settings, detailsTypes } = parts;
  const [nonceKey = ''] = secrets.keys('dpop');
  return {
    pushedAuthorizationRequests: { enabled: true },
    dPoP: {
      enabled: true,
      // Derived, so that every node takes what another has given.
      nonceSecret: Buffer.from(nonceKey, 'base64url'),
      requireNonce: () => true,
    },
    requestObjects: { enabled: true, assertJwtClaimsAndHeader: checkRequestObject },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    jwtIntrospection: { enabled: true },
    richAuthorizationRequests: authorizationDetails(db, detailsTypes),
    ...(takesCertificates(settings) && {
      mTLS: {
        ...{ enabled: true, certificateBoundAccessTokens: true },
        ...{ tlsClientAuth: true, selfSignedTlsClientAuth: true },
        ...clientCertificates(settings.certificates, clock),
      },
    }),
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, uri, client) => resourceServer(resources, uri, client),
      // What the sign-in was for, so is the token; software that cannot ask again gets it all the same.
      useGrantedResource: () => true,
    },
    deviceFlow: {
      enabled: true,
      charset: 'base-20',
      mask: '****-****',
      deviceInfo: devicePages.deviceInfo,
      userCodeInputSource: devicePages.ask,
      userCodeConfirmSource: devicePages.confirm,
      successSource: devicePages.done,
    },
  };
}
