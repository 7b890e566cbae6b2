/** The settings of oidc-provider: code flow with PKCE, rotation, nothing on that nobody uses. */
import {
  errors,
  type Adapter,
  type Client,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { SCOPES } from '../clients/client';
import type { KnownResources } from '../clients/known';
import type { Clock } from '../clock';
import type { Documents } from '../consents/documents';
import { cookieSignatures } from '../http/cookie-signatures';
import { cookieName } from '../http/cookies';
import type { Outgoing } from '../http/outgoing/outgoing';
import type { Secrets } from '../secrets';
import type { Database } from '../storage/tables';
import { INTERACTION_LASTS } from './adapters/interactions';
import { COMPANY } from './session/acting-company';
import { CLAIMS_BY_SCOPE } from './claims';
import type { DevicePages } from './device/pages';
import { ownClient } from './own-client';
import type { ProviderPages } from './pages';
import { interactionPrompts } from './prompts';
import { endpointAliases, type CertificateSettings } from './protocol/client-certificate';
import { PROTOCOL_METADATA, protocolFeatures, protocolSettings } from './protocol/features';
import { callRelyingParty } from './protocol/outgoing';
import { findAccount } from './session/account';
import { loadGrant } from './session/grant';
import type { Standings } from './session/standing';
import type { SessionWatch } from './session/session-watch';
import { authenticationSettings, claimsParameter } from './session/authentication';
import { subjectSettings } from './session/subjects';
import type { SigningKeySet } from './keys/signing-keys';

export interface ProviderSettings {
  issuer: string;
  sessions: SessionLimits;
  refreshTokenDays: number;
  pairwiseSalt: string | undefined;
  /** Where software registers itself; undefined: nowhere. */
  registrationPath: string | undefined;
  certificates: CertificateSettings;
}

/** In seconds: without a visit, and altogether; for people who ticked «Запомнить меня», and for the others. */
export interface SessionLimits {
  remembered: { idle: number; total: number };
  other: { idle: number; total: number };
}

export interface ConfigurationParts {
  db: Database;
  resources: KnownResources;
  documents: Documents;
  secrets: Secrets;
  clock: Clock;
  adapter: (model: string) => Adapter;
  pages: ProviderPages;
  devicePages: DevicePages;
  settings: ProviderSettings;
  watch: SessionWatch;
  standings: Standings;
  /** Types of authorization details that APIs have registered. */
  detailsTypes: readonly string[];
  /** For addresses that relying parties have named. */
  outgoing: Outgoing;
}

const MINUTE = 60;
const DAY = 24 * 3600;

export function providerConfiguration(parts: ConfigurationParts, keys: SigningKeySet): Configuration {
  const { settings, secrets, pages } = parts;
  return {
    ...protocolSettings(parts),
    ...subjectSettings(settings.pairwiseSalt),
    ...authenticationSettings,
    adapter: parts.adapter,
    clients: [ownClient(settings.issuer)],
    jwks: { keys: keys.keys },
    claims: CLAIMS_BY_SCOPE,
    scopes: SCOPES,
    // The first ID token carries the person and the companies: a relying party needs no second call.
    conformIdTokenClaims: false,
    findAccount: (ctx, sub, token) => findAccount(parts, ctx, sub, token),
    loadExistingGrant: (ctx) => loadGrant(parts, ctx, settings.refreshTokenDays * DAY),
    // `none` is for our own pages; what operators register gets codes only.
    responseTypes: ['code', 'none'],
    allowOmittingSingleRegisteredRedirectUri: false,
    extraClientMetadata: {
      properties: [
        ...['pkce_exempt', 'has_logo', 'admits', 'sign_in_names', 'company_choice'],
        ...[...PROTOCOL_METADATA, 'asks_consent'],
        ...['legacy_uri', 'help_uri', 'support_phone', 'support_email'],
      ],
    },
    extraParams: [COMPANY],
    clientBasedCORS: (_ctx, origin, client) => isOriginOf(client, origin),
    interactions: {
      policy: interactionPrompts(parts),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: (ctx, source) => {
      endsAtSignOut(ctx, source.scopes);
      return false;
    },
    // Whoever revokes one token of a grant, or replays a spent one, ends them all.
    revokeGrantPolicy: () => true,
    renderError: (ctx, out) => {
      pages.error(ctx, out);
    },
    features: {
      ...protocolFeatures(parts),
      claimsParameter,
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => mayIntrospect(client, token) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => ownToken(client, token) },
      userinfo: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx) => {
          pages.logout(ctx);
        },
        postLogoutSuccessSource: (ctx) => {
          pages.loggedOut(ctx);
        },
      },
    },
    discovery: {
      ...{ ui_locales_supported: ['ru', 'en'], claims_locales_supported: ['ru'] },
      ...endpointAliases(settings.certificates),
      ...(settings.registrationPath === undefined
        ? {}
        : { registration_endpoint: `${settings.issuer}${settings.registrationPath}` }),
    },
    routes: { userinfo: '/userinfo' },
    ttl: lifetimes(settings),
    cookies: providerCookies(settings.issuer, secrets),
    fetch: (url, options) => callRelyingParty(parts.outgoing, url, options),
  };
}

/**
 * Lifetimes in seconds. Refresh tokens and sessions end a fixed time after the sign-in, however often they were renewed
 * (ASVS 5.0, 7.3.2 and 10.4.8); a session of nobody only carries a sign-out page.
 */
function lifetimes(settings: ProviderSettings): Configuration['ttl'] {
  const refresh = settings.refreshTokenDays * DAY;
  return {
    AccessToken: 10 * MINUTE,
    AuthorizationCode: MINUTE,
    ClientCredentials: 10 * MINUTE,
    DeviceCode: 10 * MINUTE,
    Grant: refresh + 7 * DAY,
    IdToken: 10 * MINUTE,
    Interaction: INTERACTION_LASTS,
    RefreshToken: (_ctx, token) => secondsLeft(token.authTime, refresh),
    Session: (_ctx, session) => {
      return session.accountId === undefined ? 10 * MINUTE : sessionLasts(settings.sessions, session);
    },
  };
}

const epochSeconds = (): number => Math.floor(Date.now() / 1000);

const secondsLeft = (since: number | undefined, total: number): number =>
  Math.max(1, (since ?? epochSeconds()) + total - epochSeconds());

/** Seconds that a session of somebody lasts without another visit. */
export function sessionLasts(
  limits: SessionLimits,
  { transient, loginTs }: { transient?: boolean; loginTs?: number },
): number {
  const { idle, total } = transient ? limits.other : limits.remembered;
  return Math.min(idle, secondsLeft(loginTs, total));
}

/**
 * Tokens outlive a lost session store and end at sign-out. oidc-provider knows only both or neither: what does not end
 * with the session it also leaves standing at sign-out, by a mark that is kept from being made here. With
 * `offline_access` the mark is right.
 */
function endsAtSignOut(ctx: KoaContextWithOIDC, scopes: ReadonlySet<string>): void {
  const clientId = ctx.oidc.client?.clientId;
  const authorization = clientId === undefined ? undefined : ctx.oidc.session?.authorizationFor(clientId);
  if (!authorization || scopes.has('offline_access')) return;
  Object.defineProperty(authorization, 'persistsLogout', {
    get: () => undefined,
    set: () => undefined,
    configurable: true,
  });
}

/** Path-bound cookies cannot carry __Host- (it demands path=/), so those of an interaction say __Secure-. */
function providerCookies(issuer: string, secrets: Secrets): Configuration['cookies'] {
  const https = issuer.startsWith('https:');
  const secure = (name: string): string => (https ? `__Secure-${name}` : name);
  return {
    keys: cookieSignatures(secrets),
    names: {
      session: cookieName(issuer, 'session'),
      interaction: secure('interaction'),
      resume: secure('resume'),
    },
    long: { signed: true, httpOnly: true, sameSite: 'lax', secure: https },
    short: { signed: true, httpOnly: true, sameSite: 'lax', secure: https },
  };
}

function isOriginOf(client: Client, origin: string): boolean {
  if (origin === 'null' || client.clientAuthMethod !== 'none') return false;
  return (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin);
}

/** A relying party may ask about its own tokens; a resource server (client_credentials with a secret) about all. */
function mayIntrospect(client: Client, token: { clientId?: string }): boolean {
  return (
    client.clientAuthMethod !== 'none' &&
    (token.clientId === client.clientId || client.grantTypeAllowed('client_credentials'))
  );
}

function ownToken(client: Client, token: { clientId?: string }): boolean {
  if (token.clientId === client.clientId) return true;
  if (client.clientAuthMethod === 'none') return false;
  throw new errors.InvalidRequest('the token was issued to another client');
}
