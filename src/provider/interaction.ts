/** The interaction port over oidc-provider, and the map from a prompt's name to the page that settles it. */
import type Provider from 'oidc-provider';
import { errors, type InteractionResults } from 'oidc-provider';
import { isInForce } from '../accounts/account';
import { findSession } from '../accounts/sessions/store';
import { findProfile } from '../accounts/store';
import { brandLinks } from '../clients/brand';
import { OWN_CLIENT_ID, signInNames } from '../clients/client';
import { Refusal } from '../errors';
import type { Context, Middleware } from '../http/context';
import type { InteractionDetails, Interactions } from '../http/interactions';
import type { Cookie } from '../http/cookies';
import { allowFormTarget } from '../http/security-headers';
import type { Queryable } from '../storage/tables';
import { withCookiesOf } from './adapters/interactions';
import { requestedDetails } from './protocol/authorization-details';
import { COMPANY } from './session/acting-company';
import { acrOf, scopesOfClaims } from './session/authentication';
import type { ProviderHolder } from './provider';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

export function createInteractions(holder: ProviderHolder, db: Queryable): Interactions {
  // A page asks again for what led to it, and settles what it has read.
  const opened = new WeakMap<object, Promise<Interaction>>();
  const open = (ctx: Context): Promise<Interaction> => {
    const known = opened.get(ctx.req);
    if (known) return known;
    const asked = withCookiesOf(ctx, () => holder.provider().interactionDetails(ctx.req, ctx.res));
    const interaction = asked.catch(expired);
    opened.set(ctx.req, interaction);
    return interaction;
  };
  const finish = async (ctx: Context, result: InteractionResults): Promise<void> => {
    const interaction = await open(ctx);
    interaction.result = 'error' in result ? result : { ...interaction.lastSubmission, ...result };
    await withCookiesOf(ctx, () => interaction.persist());
    ctx.status = 303;
    ctx.redirect(interaction.returnTo);
  };
  const asked = new WeakMap<object, Promise<InteractionDetails>>();
  return {
    details: (ctx) => {
      const details = asked.get(ctx.req) ?? open(ctx).then((found) => describe(holder, db, ctx, found));
      asked.set(ctx.req, details);
      return details;
    },
    signIn: (ctx, { accountId, amr, at, remember }) =>
      finish(ctx, {
        login: { accountId, amr, acr: acrOf(amr), ts: Math.floor(at.getTime() / 1000), remember },
      }),
    proceed: (ctx) => finish(ctx, {}),
    actFor: (ctx, companyId) => finish(ctx, { [COMPANY]: { companyId } }),
    chooseAccount: (ctx, { another }) => finish(ctx, { select_account: { another } }),
    allow: (ctx) => finish(ctx, { consent: {} }),
    cancel: (ctx) => finish(ctx, { error: 'access_denied', error_description: 'the person cancelled' }),
  };
}

/** Finished in another tab, too old, or not this browser's. */
function expired(error: unknown): never {
  if (error instanceof errors.SessionNotFound)
    throw new Refusal('interaction_expired', undefined, { cause: error });
  throw error;
}

async function describe(
  holder: ProviderHolder,
  db: Queryable,
  ctx: Context,
  interaction: Interaction,
): Promise<InteractionDetails> {
  const path = /^\/interaction\/([^/]+)/.exec(ctx.path)?.[1];
  const client = await holder.provider().Client.find(text(interaction.params.client_id) ?? '');
  if (interaction.uid !== path || !client) throw new Refusal('interaction_expired');
  const { params, prompt, session } = interaction;
  // Every page but the sign-in's acts for somebody; nobody acts on after they were blocked or signed out elsewhere.
  if (prompt.name !== 'login' && session && !(await holds(db, session)))
    throw new Refusal('interaction_expired');
  const redirectUri = text(params.redirect_uri);
  const details: InteractionDetails = {
    uid: interaction.uid,
    prompt: interaction.prompt.name,
    brand: {
      clientId: client.clientId,
      name: client.clientName ?? client.clientId,
      hasLogo: client.has_logo === true,
      links: brandLinks(client.metadata()),
    },
    redirectUri,
    signInNames: signInNames(client.metadata()),
    legacyUri: text(client.legacy_uri),
    loginHint: text(params.login_hint),
    uiLocales: text(params.ui_locales),
    accountId: interaction.session?.accountId,
    company: text(params[COMPANY]),
    scopes: [
      ...new Set([...(text(params.scope) ?? '').split(' '), ...scopesOfClaims(claimNames(params.claims))]),
    ].filter(Boolean),
    resources: [params.resource].flat().filter((uri) => typeof uri === 'string'),
    details: requestedDetails(params),
  };
  ctx.state.brand = details.brand;
  if (redirectUri) allowFormTarget(ctx, redirectUri);
  return details;
}

/** The claims that a request names one by one; oidc-provider has read it before. */
function claimNames(claims: unknown): string[] {
  if (typeof claims !== 'string') return [];
  const asked = JSON.parse(claims) as { id_token?: object; userinfo?: object };
  return [asked.id_token, asked.userinfo].flatMap((part) => Object.keys(part ?? {}));
}

/** Whether a sign-in that an interaction began with is still in force. */
async function holds(db: Queryable, session: { accountId: string; uid: string }): Promise<boolean> {
  const [person, known] = await Promise.all([
    findProfile(db, session.accountId),
    findSession(db, session.uid),
  ]);
  return person !== undefined && known?.endedAt === null && isInForce(person, known.signedInAt);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/**
 * `GET /interaction/:uid` shows the page of the prompt that is pending.
 * @param lastClient remembers the relying party, so that a dead end later can name a way on
 */
export function showInteraction(
  interactions: Interactions,
  pages: Record<string, Middleware>,
  lastClient: Cookie,
): Middleware {
  return async (ctx, next) => {
    const { prompt, brand } = await interactions.details(ctx);
    if (brand.clientId !== OWN_CLIENT_ID) lastClient.write(ctx, brand.clientId);
    const page = pages[prompt];
    if (!page) throw new Error(`no page settles the prompt ${prompt}`);
    await page(ctx, next);
  };
}
