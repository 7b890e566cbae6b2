/**
 * Everything that imports oidc-provider lives in this folder. The library takes its keys once, so a changed key
 * set means a new instance; it holds no state of its own, and requests under way keep the one they began with.
 */
import Provider, { type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { listAuthorizationTypes } from '../clients/authorization-types/store';
import type { Client as RelyingParty } from '../clients/client';
import type { KnownClients } from '../clients/known';
import type { Middleware } from '../http/context';
import { pinOrigin } from '../http/origin';
import { allowFormTarget } from '../http/security-headers';
import type { Logger } from '../log';
import { fingerprint, sameText } from '../secrets';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Database } from '../storage/tables';
import { writingAtTheEnd } from './adapters/before-answer';
import { Replayed } from './adapters/ephemeral-artifacts';
import { nameKinds } from './adapters/kinds';
import { sealTokens } from './adapters/sealed-tokens';
import { providerConfiguration, sessionLasts, type ConfigurationParts } from './configuration';
import { guardUserCodes } from './device/guesses';
import { slowDown } from './device/pace';
import { observeProvider } from './events';
import { takeOverSignOut } from './logout/sign-out';
import { publicParts } from './protocol/exchange/presented-tokens';
import { addTokenExchange } from './protocol/exchange/token-exchange';
import { findAccount } from './session/account';
import { createSessionWatch } from './session/session-watch';
import { ensureSigningKeys, JWKS_MAX_AGE, loadSigningKeys, signingKeysVersion } from './keys/signing-keys';

const JWKS_PATH = '/jwks';

export interface ProviderHolder {
  provider(): Provider;
  /** Answers the protocol's endpoints; passes everything else on. */
  serve: Middleware;
  /** Takes up keys and types of authorization details that changed since; called when told of a change. */
  refresh(): Promise<void>;
}

interface Surroundings {
  log: Logger;
  clients: KnownClients;
}

/**
 * Where a sign-in goes on. Its parameters are those it began with; of an error oidc-provider would read `response_mode` from
 * the address, and not get far.
 */
const RESUME_PATH = /^\/auth\/[^/]+\/?$/;

export async function createProvider(
  given: Omit<ConfigurationParts, 'watch' | 'detailsTypes'> & Surroundings & { ephemeral: EphemeralStore },
): Promise<ProviderHolder> {
  const { db, secrets, settings } = given;
  const lasts = ({ oidc }: KoaContextWithOIDC): number => sessionLasts(settings.sessions, oidc.session ?? {});
  const parts = { ...given, watch: createSessionWatch(given, lasts) };
  const guarded = guardUserCodes(given.ephemeral);
  await ensureSigningKeys(parts);
  let keys = await loadSigningKeys(db, secrets);
  let detailsTypes = await detailsTypeNames(db);
  let current = build({ ...parts, detailsTypes }, keys);
  const takeUp = async (): Promise<void> => {
    const types = await detailsTypeNames(db);
    if ((await signingKeysVersion(db)) === keys.version && types.join() === detailsTypes.join()) return;
    keys = await loadSigningKeys(db, secrets);
    detailsTypes = types;
    current = build({ ...parts, detailsTypes }, keys);
    parts.log.info({ kids: keys.keys.map(({ kid }) => kid), detailsTypes }, 'signing keys or types changed');
  };
  let last = Promise.resolve();
  return {
    provider: () => current,
    serve: async (ctx, next) => {
      const [run] = current.middleware;
      if (RESUME_PATH.test(ctx.path)) ctx.querystring = '';
      const answer = () => Promise.resolve<unknown>(run?.(ctx, next));
      await guarded(ctx, () => writingAtTheEnd(ctx, answer));
      await slowDown(given.ephemeral, ctx);
      for (const uri of formTargets(ctx)) allowFormTarget(ctx, uri);
      if (ctx.path === JWKS_PATH && ctx.status === 200)
        ctx.set('Cache-Control', `public, max-age=${JWKS_MAX_AGE}`);
    },
    refresh: () => {
      // One after the other: a slow answer must not bring back the keys of before.
      const next = last.then(takeUp);
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** Where the forms that oidc-provider sends by itself end: at the relying party, at once or after a sign-out. */
function formTargets({ oidc }: Partial<KoaContextWithOIDC>): string[] {
  if (!oidc) return [];
  const { params, entities, session } = oidc;
  const afterSignOut = (session as { state?: { postLogoutRedirectUri?: string } } | undefined)?.state
    ?.postLogoutRedirectUri;
  return [
    String(params?.response_mode).startsWith('form_post') && oidc.redirectUriCheckPerformed
      ? params?.redirect_uri
      : undefined,
    entities.Interaction?.params.redirect_uri,
    oidc.route === 'end_session' ? afterSignOut : undefined,
  ].filter((uri) => typeof uri === 'string');
}

function build(
  parts: ConfigurationParts & Surroundings,
  keys: Awaited<ReturnType<typeof loadSigningKeys>>,
): Provider {
  const provider = new Provider(parts.settings.issuer, providerConfiguration(parts, keys));
  pinOrigin(provider, parts.settings.issuer);
  // Only the fingerprint of a client's secret is stored, so it is the fingerprints that are compared.
  provider.Client.prototype.compareClientSecret = function compare(this: Client, actual: string): boolean {
    return sameText(this.clientSecret ?? '', fingerprint(actual));
  };
  rememberClients(provider, parts.clients);
  nameKinds(provider);
  sealTokens(provider, parts.secrets);
  saySeenBefore(provider);
  observeProvider(provider, parts);
  takeOverSignOut(provider, parts.watch, () => Provider.ctx);
  addTokenExchange(provider, {
    ...{ db: parts.db, resources: parts.resources, clock: parts.clock, keys: publicParts(keys.keys) },
    findAccount: (ctx, sub, token) => findAccount(parts, ctx, sub, token),
  });
  return provider;
}

const detailsTypeNames = async (db: Database): Promise<string[]> =>
  (await listAuthorizationTypes(db)).map(({ definition }) => definition.type);

/** The library would write out and hash what it reads of a relying party, to see whether it has changed. */
function rememberClients({ Client }: Provider, clients: KnownClients): void {
  const find = Client.find.bind(Client);
  const made = new WeakMap<RelyingParty, ReturnType<typeof find>>();
  Client.find = async (id) => {
    const row = await clients.find(id);
    // Our own stands in no table.
    if (!row) return find(id);
    const known = made.get(row);
    if (known) return known;
    const client = find(id);
    made.set(row, client);
    client.catch(() => made.delete(row));
    return client;
  };
}

/** Of two requests with one JWT the loser is answered as one that came later: with the error of that endpoint. */
function saySeenBefore({ ReplayDetection }: Provider): void {
  const unique = ReplayDetection.unique.bind(ReplayDetection);
  ReplayDetection.unique = (...given) =>
    unique(...given).catch((error: unknown) => {
      if (error instanceof Replayed) return false;
      throw error;
    });
}
