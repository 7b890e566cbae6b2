/** What a bare oidc-provider is started with: made here, so that its start does not wait for keys. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ACR_PASSWORD } from '../../src/provider/session/authentication';
import type { Installation } from './subjects';
import type { BareSettings } from '../subjects/bare';
import { APIS, CLIENT_ID, REDIRECT_URI, SCOPE, type TokenAlgorithm } from '../client/target';
import { freePort } from '../../test/support/ports';

/** @param redisUrl where it keeps everything; absent: in memory */
export async function installBare(redisUrl?: string): Promise<Installation> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const secret = randomBytes(32).toString('base64url');
  const algorithms = Object.keys(APIS) as TokenAlgorithm[];
  const settings: BareSettings = {
    issuer,
    port,
    redisUrl,
    jwks: { keys: algorithms.map(signingKey) },
    apis: Object.fromEntries(algorithms.map((alg) => [APIS[alg], alg])),
    acr: ACR_PASSWORD,
    client: {
      client_id: CLIENT_ID,
      client_secret: secret,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      scope: SCOPE,
      id_token_signed_response_alg: 'ES256',
    },
  };
  return {
    program: { entry: 'bench/subjects/bare.js', env: { BARE_SETTINGS: JSON.stringify(settings) } },
    target: {
      issuer,
      port,
      client: { id: CLIENT_ID, secret, redirectUri: REDIRECT_URI },
      person: { identifier: '', password: '' },
    },
    storePids: [],
  };
}

type Jwk = BareSettings['jwks']['keys'][number];

const KEY_MAKERS = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

function signingKey(alg: TokenAlgorithm): Jwk {
  const { privateKey } = KEY_MAKERS[alg]();
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig' };
}
