/**
 * The bar: oidc-provider as its own examples run it. One process, a static client, an interaction that signs everyone
 * in without asking for a password, and the in-memory adapter it brings or, told of a Redis, the one tutorials write.
 */
import { createServer } from 'node:http';
import Provider, {
  errors,
  type ClientMetadata,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { redisAdapter } from './redis-adapter';

/** Made by the bench, so that a start does not wait for the making of an RSA key. */
export interface BareSettings {
  issuer: string;
  port: number;
  client: ClientMetadata;
  jwks: NonNullable<Configuration['jwks']>;
  /** APIs whose access tokens are JWTs, each with the algorithm that signs them. */
  apis: Record<string, 'ES256' | 'EdDSA' | 'RS256'>;
  /** The class of authentication that ID tokens name. */
  acr: string;
  /** Absent: everything is kept in memory. */
  redisUrl?: string;
}

const settings = JSON.parse(process.env.BARE_SETTINGS ?? '') as BareSettings;

/** As long as the product's own subjects. */
const PERSON_ID = 'a2b0c9de-0000-4000-8000-000000000042';

const PERSON = {
  name: 'Вымышленный Иван Иванович',
  family_name: 'Вымышленный',
  given_name: 'Иван',
  middle_name: 'Иванович',
  locale: 'ru',
  updated_at: 1_700_000_000,
  email: 'ivan@example.com',
  email_verified: true,
};

/** RFC 8707: every client may call every API here. */
function apiOf(uri: string) {
  const alg = settings.apis[uri];
  if (alg === undefined) throw new errors.InvalidTarget();
  return {
    scope: 'bench:read',
    audience: uri,
    accessTokenFormat: 'jwt' as const,
    accessTokenTTL: 600,
    jwt: { sign: { alg } },
  };
}

async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
  const { client, session, account, provider } = oidc;
  if (!client || !session || !account) return undefined;
  const known = session.grantIdFor(client.clientId);
  if (known !== undefined) return provider.Grant.find(known);
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
  await grant.save();
  return grant;
}

const provider = new Provider(settings.issuer, {
  ...(settings.redisUrl === undefined ? {} : { adapter: redisAdapter(settings.redisUrl) }),
  acrValues: [settings.acr],
  clients: [settings.client],
  jwks: settings.jwks,
  cookies: { keys: ['bench-cookie-key-of-no-value'] },
  claims: {
    openid: ['sub', 'auth_time', 'acr', 'amr'],
    profile: ['name', 'family_name', 'given_name', 'middle_name', 'locale', 'updated_at'],
    email: ['email', 'email_verified'],
  },
  scopes: ['openid', 'profile', 'email'],
  conformIdTokenClaims: false,
  responseTypes: ['code'],
  pkce: { required: () => true },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256', 'EdDSA'] },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...PERSON }) }),
  loadExistingGrant,
  issueRefreshToken: () => Promise.resolve(true),
  rotateRefreshToken: true,
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  routes: { userinfo: '/userinfo' },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: { enabled: true, getResourceServerInfo: (_ctx, uri) => apiOf(uri) },
  },
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    ClientCredentials: 600,
    Grant: 86_400,
    IdToken: 600,
    Interaction: 3600,
    RefreshToken: 86_400,
    Session: 86_400,
  },
});

const page = (action: string): string =>
  `<!doctype html><title>Sign in</title><form method="post" action="${action}"><button>Sign in</button></form>`;

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) {
    await next();
    return;
  }
  const { uid } = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'POST') {
    ctx.respond = false;
    const login = { accountId: PERSON_ID, amr: ['pwd'], acr: settings.acr };
    await provider.interactionFinished(ctx.req, ctx.res, { login });
    return;
  }
  ctx.type = 'html';
  ctx.body = page(`/interaction/${uid}/sign-in`);
});

process.once('SIGTERM', () => process.exit(0));
// eslint-disable-next-line @typescript-eslint/no-misused-promises -- Koa answers its own failures
createServer(provider.callback()).listen(settings.port, '127.0.0.1');
