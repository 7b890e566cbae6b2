/** The grant of an authorization: found, made or widened. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { OWN_CLIENT_ID } from '../../clients/client';
import type { Clock } from '../../clock';
import type { Database } from '../../storage/tables';
import { describeGrant } from '../adapters/grants';
import { grantOfNothing } from '../own-client';
import { widenGrant } from '../protocol/resources';
import { actingCompany, keepCompany } from './acting-company';
import { keepAnswer, mustAsk } from './asked-consent';
import type { Standings } from './standing';

/**
 * Relying parties are the operator's own: signing in is consent enough, so the grant is made or widened here.
 * `prompt=consent` still asks, and so do third parties (`asks_consent`) until the person has allowed what they want.
 * @param refreshLifetime seconds
 */
export async function loadGrant(
  { db, clock, standings }: { db: Database; clock: Clock; standings: Standings },
  ctx: KoaContextWithOIDC,
  refreshLifetime: number,
) {
  const { oidc } = ctx;
  const { client, session, account, provider } = oidc;
  if (!client || !session || !account) return undefined;
  if (client.clientId === OWN_CLIENT_ID) return grantOfNothing(ctx);
  const known = session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  // Nothing is granted while the person is being asked.
  const asks = oidc.prompts.has('consent') || oidc.params?.authorization_details !== undefined;
  if (asks && !oidc.result?.consent) return found;
  if (await mustAsk(db, ctx)) return found;
  const grant = found ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  const wanted = [...oidc.requestParamOIDCScopes];
  const held = new Set(grant.getOIDCScopeEncountered().split(' '));
  const outlived = found !== undefined && found.remainingTTL < refreshLifetime;
  const claims = [...oidc.requestParamClaims];
  const heldClaims = grant.getOIDCClaimsEncountered();
  const widened = widenGrant(ctx, grant) || claims.some((claim) => !heldClaims.includes(claim));
  const { companyId, isKept } = await actingCompany(standings, ctx);
  if (!found || outlived || widened || wanted.some((scope) => !held.has(scope))) {
    grant.addOIDCScope(wanted.join(' '));
    if (claims.length > 0) grant.addOIDCClaims(claims);
    // A grant lives as long as the refresh tokens that this sign-in may still give.
    if (outlived) Object.assign(grant, { exp: undefined });
    describeGrant(ctx, { sessionUid: session.uid, scope: grant.getOIDCScopeEncountered(), companyId });
    await grant.save();
  } else if (!isKept) {
    await keepCompany(db, grant.jti, companyId);
  }
  await keepAnswer({ db, clock }, ctx);
  return grant;
}
