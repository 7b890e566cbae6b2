/** Access tokens for the APIs of relying parties: which there are, who may ask, and what their tokens say. */
import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { KnownResources } from '../../clients/known';
import type { Clock } from '../../clock';
import { companyClaim } from '../../companies/memberships/membership';
import { listToldMemberships } from '../../companies/memberships/store';
import { contractClaim } from '../../contracts/contract';
import { listHeldContracts } from '../../contracts/store';
import type { Queryable } from '../../storage/tables';
import { findActing } from '../session/acting-company';
import { actOf } from './exchange/acts';

const MINUTE = 60;

/**
 * The API of this identifier, for a relying party that is registered to call it.
 * @param permitted the identifiers it may name
 * @throws errors.InvalidTarget
 */
export async function resourceServer(
  resources: KnownResources,
  uri: string,
  client: Client,
  permitted: unknown = client.resources,
): Promise<ResourceServer> {
  const allowed = Array.isArray(permitted) && permitted.includes(uri);
  const resource = allowed ? await resources.find(uri) : undefined;
  if (!resource) throw new errors.InvalidTarget('the client may not ask for this resource');
  // PKCS #1 v1.5 is nothing for FAPI 2.0 (§5.4.1), whoever checks the signature.
  if (client.profile === 'fapi2' && resource.tokenFormat === 'jwt' && resource.alg === 'RS256')
    throw new errors.InvalidTarget('the tokens of this resource are signed with RS256');
  return {
    scope: resource.scope,
    audience: resource.uri,
    accessTokenFormat: resource.tokenFormat,
    accessTokenTTL: 10 * MINUTE,
    jwt: { sign: { alg: resource.alg } },
  };
}

/** Gives the scopes that a request wants of each API to its grant; true when that widened it. */
export function widenGrant(
  { oidc }: KoaContextWithOIDC,
  grant: { addResourceScope(uri: string, scope: string): void; getResourceScope(uri: string): string },
): boolean {
  let widened = false;
  for (const [uri, server] of Object.entries(oidc.resourceServers ?? {})) {
    const held = new Set(grant.getResourceScope(uri).split(' '));
    const wanted = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope));
    if (wanted.every((scope) => held.has(scope))) continue;
    grant.addResourceScope(uri, wanted.join(' '));
    widened = true;
  }
  return widened;
}

interface IssuedToken {
  accountId?: string;
  grantId?: string;
  scope?: string;
  resourceServer?: unknown;
}

/** Companies, rights and contracts, for an API whose scopes name them; it needs no second call. And who acts. */
export async function tokenClaims(
  { db, clock }: { db: Queryable; clock: Clock },
  token: IssuedToken,
): Promise<Record<string, unknown> | undefined> {
  const { accountId, grantId, scope = '', resourceServer: server } = token;
  if (accountId === undefined || server === undefined) return undefined;
  const scopes = new Set(scope.split(' '));
  const told = scopes.has('companies') ? await listToldMemberships(db, accountId) : undefined;
  const acting = told && (await findActing(db, grantId, told));
  const act = actOf(token);
  const held = scopes.has('contracts') ? await listHeldContracts(db, accountId) : undefined;
  return {
    ...(told && { companies: told.map((view) => companyClaim(view, clock.now())) }),
    ...(acting && { company: companyClaim(acting, clock.now()) }),
    ...(held && { contracts: held.map(contractClaim) }),
    ...(act && { act }),
  };
}
