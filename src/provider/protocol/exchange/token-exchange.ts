/**
 * Token exchange (RFC 8693): a back end that was called with somebody's access token gets one of its own for the next API,
 * and the token says who acts for whom. Only for clients that prove who they are, only for tokens of the relying parties
 * and for the APIs that are written in their registration, never for more than the token they hold, never for longer. What
 * was exchanged stands on the grant of that token and ends with it.
 */
import type Provider from 'oidc-provider';
import {
  errors,
  type Account,
  type Client,
  type KoaContextWithOIDC,
  type TokenEndpointGrantContext,
} from 'oidc-provider';
import {
  buildTokenResponse,
  checkDpopReplay,
  checkDpopRequired,
  checkMtlsCert,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js';
import { EXCHANGE_GRANT } from '../../../clients/protocol';
import { addSeconds } from '../../../clock';
import type { Database } from '../../../storage/tables';
import { isKeptFrom } from '../../prompts';
import type { KnownResources } from '../../../clients/known';
import { resourceServer } from '../resources';
import { actOn } from './acts';
import { linkExchangedGrant, noteRefusal, type Exchanged } from './records';
import { readPresentedToken, type Act, type PresentedToken, type TokenReading } from './presented-tokens';

const TYPES = {
  access: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const;

/** A chain of back ends that is longer has gone astray. */
const MOST_ACTORS = 5;

interface ExchangeParameters {
  subject_token?: string;
  subject_token_type?: string;
  actor_token?: string;
  actor_token_type?: string;
  requested_token_type?: string;
  audience?: string | string[];
}

type ExchangeContext = TokenEndpointGrantContext<ExchangeParameters>;

export interface ExchangeParts extends TokenReading {
  db: Database;
  resources: KnownResources;
  /** The person, while what is presented still lets them in; the same question that every token is asked. */
  findAccount: (
    ctx: KoaContextWithOIDC,
    sub: string,
    token: { sessionUid?: string },
  ) => Promise<Account | undefined>;
}

/** Makes the grant known to a provider. */
export function addTokenExchange(provider: Provider, parts: ExchangeParts): void {
  provider.registerGrantType<ExchangeParameters>(
    EXCHANGE_GRANT,
    (ctx) => exchange(parts, ctx),
    [
      ...['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type'],
      ...['requested_token_type', 'audience', 'resource', 'scope'],
    ],
    // RFC 8693 §2.1 lets them stand several times; then there is a word for it.
    ['audience', 'resource'],
  );
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

async function exchange(parts: ExchangeParts, ctx: ExchangeContext): Promise<void> {
  const { client, provider } = ctx.oidc;
  // Registration sees to it; a public client must not get through by a slip there.
  if (client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient('not for public clients');
  const dPoP = await validateDpop(provider, ctx);
  checkDpopRequired(provider, ctx, dPoP);
  const certificate = checkMtlsCert(provider, ctx);
  const { subject, account } = await findSubject(parts, ctx);
  const server = await findTarget(parts, ctx);
  const scope = narrowScope(ctx, subject, server.scopes);
  const act = await findActor(parts, ctx, subject);
  await checkDpopReplay(provider, ctx, dPoP, client.clientId);

  const lasts = Math.min(server.accessTokenTTL ?? 0, subject.expires - Math.floor(Date.now() / 1000));
  if (lasts < 1) throw new errors.InvalidRequest('the subject token has ended');
  const grant = new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  grant.addResourceScope(server.identifier(), scope);
  const exchanged: Exchanged = {
    grantId: await grant.save(),
    parent: subject.grant ?? '',
    // Not before the token, wherever the seconds fall.
    endsAt: addSeconds(parts.clock.now(), lasts + 5),
    ...{ accountId: account.accountId, clientId: client.clientId, from: subject.clientId, scope, act },
    resource: server.identifier(),
  };
  if (!(await linkExchangedGrant(parts, exchanged, ctx.state))) {
    await provider.Grant.adapter.destroy(exchanged.grantId);
    throw new errors.InvalidRequest('the subject token does not hold any more');
  }
  const token = new provider.AccessToken({
    ...{ client, accountId: account.accountId, grantId: exchanged.grantId, gty: 'token_exchange', scope },
    ...{ resourceServer: server, exp: Math.min(Math.floor(Date.now() / 1000) + lasts, subject.expires) },
    ...{ expiresIn: lasts, sessionUid: subject.sessionUid },
  });
  if (certificate) token.setThumbprint('x5t', certificate);
  if (dPoP) token.setThumbprint('jkt', dPoP.thumbprint);
  actOn(token, act);
  ctx.oidc.entity('Account', account);
  ctx.oidc.entity('AccessToken', token);
  ctx.body = buildTokenResponse(provider, {
    accessToken: await token.save(),
    issuedTokenType: TYPES.access,
    tokenType: token.tokenType,
    expiresIn: lasts,
    scope,
  });
}

/** Reads a token of ours by its type. @throws errors.InvalidRequest (RFC 8693 §2.2.2) */
async function present(
  parts: ExchangeParts,
  { oidc }: ExchangeContext,
  name: 'subject_token' | 'actor_token',
): Promise<PresentedToken> {
  const { [name]: value, [`${name}_type` as const]: type } = oidc.params;
  if (typeof value !== 'string' || value === '') throw new errors.InvalidRequest(`${name} is missing`);
  if (type !== TYPES.access && type !== TYPES.jwt)
    throw new errors.InvalidRequest(`${name}_type must be an access token or a JWT access token`);
  const token = await readPresentedToken(parts, oidc.provider, value, type === TYPES.jwt);
  if (!token) throw new errors.InvalidRequest(`${name} is none of ours, or does not hold any more`);
  return token;
}

/** Whose token it is. @throws errors.InvalidRequest unless this client may exchange it, and the person may still enter. */
async function findSubject(parts: ExchangeParts, ctx: ExchangeContext) {
  const { client, params, provider } = ctx.oidc;
  const { requested_token_type: wanted } = params;
  if (wanted !== undefined && wanted !== TYPES.access)
    throw new errors.InvalidRequest('requested_token_type must be an access token');
  const subject = await present(parts, ctx, 'subject_token');
  const { accountId } = subject;
  if (accountId === undefined) throw new errors.InvalidRequest('the subject token speaks for nobody');
  if (!listed(client.exchange_from).includes(subject.clientId)) {
    await noteRefusal(parts, { accountId, clientId: client.clientId, from: subject.clientId }, ctx.state);
    throw new errors.InvalidRequest('the client may not exchange this token');
  }
  const [account, first] = await Promise.all([
    parts.findAccount(ctx, accountId, { sessionUid: subject.sessionUid }),
    provider.Client.find(subject.clientId),
  ]);
  // Neither the relying party that the token is of, nor the one that acts now, may let them in against its own rule.
  if (!account || !first || (await isKeptFrom(parts.db, accountId, first)))
    throw new errors.InvalidRequest('the subject token does not hold any more');
  return { subject, account };
}

/** The one API that is asked for. @throws errors.InvalidTarget (RFC 8693 §2.2.2) */
async function findTarget({ resources }: ExchangeParts, { oidc }: ExchangeContext) {
  const { client, params, provider } = oidc;
  const asked = new Set([params.resource, params.audience].flat().filter((uri) => uri !== undefined));
  const [uri] = asked;
  if (asked.size !== 1 || uri === undefined) throw new errors.InvalidTarget('exactly one API must be named');
  if (!listed(client.exchange_resources).includes(uri))
    throw new errors.InvalidTarget('the client may not exchange tokens for this API');
  // As if it were registered to call it: the list that counts here is the other one.
  const known = await resourceServer(resources, uri, client, [uri]);
  return new provider.ResourceServer(uri, known);
}

/** @throws errors.InvalidScope when nothing is left, or more is asked for than the token has. */
function narrowScope({ oidc }: ExchangeContext, subject: PresentedToken, offered: Set<string>): string {
  const asked = oidc.params.scope === undefined ? undefined : [...oidc.requestParamScopes];
  const most = [...subject.scopes].filter((scope) => offered.has(scope));
  const wider = asked?.filter((scope) => !most.includes(scope)) ?? [];
  if (wider.length > 0) throw new errors.InvalidScope('more than the subject token has', wider.join(' '));
  const scope = (asked ?? most).join(' ');
  if (scope === '') throw new errors.InvalidScope('nothing of the subject token is for this API', '');
  return scope;
}

/** Who acts: the client itself, or who its actor token speaks for. @throws errors.InvalidRequest */
async function findActor(
  parts: ExchangeParts,
  ctx: ExchangeContext,
  { act: before }: PresentedToken,
): Promise<Act> {
  const { client, params } = ctx.oidc;
  if (depthOf(before) >= MOST_ACTORS) throw new errors.InvalidRequest('too many have acted already');
  const earlier = before === undefined ? {} : { act: before };
  if (params.actor_token === undefined) {
    if (params.actor_token_type !== undefined)
      throw new errors.InvalidRequest('actor_token_type stands without actor_token');
    return { sub: client.clientId, client_id: client.clientId, ...earlier };
  }
  const actor = await present(parts, ctx, 'actor_token');
  if (actor.clientId !== client.clientId && !listed(client.exchange_from).includes(actor.clientId))
    throw new errors.InvalidRequest('the client may not act by this token');
  if (actor.accountId !== undefined) await mustStillHold(parts, ctx, client, actor.accountId, actor);
  return { sub: actor.accountId ?? actor.clientId, client_id: actor.clientId, ...earlier };
}

async function mustStillHold(
  parts: ExchangeParts,
  ctx: ExchangeContext,
  client: Client,
  accountId: string,
  { sessionUid }: PresentedToken,
): Promise<void> {
  if (client.subjectType === 'pairwise')
    throw new errors.InvalidRequest('nobody is named to a client with pairwise subjects');
  if (!(await parts.findAccount(ctx, accountId, { sessionUid })))
    throw new errors.InvalidRequest('the actor token does not hold any more');
}

const depthOf = (act: Act | undefined): number => (act === undefined ? 0 : 1 + depthOf(act.act));
