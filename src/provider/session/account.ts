/** The person that the provider is asked about, and what it tells of them. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isInForce } from '../../accounts/account';
import type { Clock } from '../../clock';
import { companyClaim, TOLD_STATUSES } from '../../companies/memberships/membership';
import { personClaims } from '../claims';
import { isBeingClosed, keepsOut } from '../prompts';
import { actingOf } from './acting-company';
import { mayLearn, scopesOfClaims } from './authentication';
import type { SessionWatch } from './session-watch';
import { ofSession, ofToken, type PresentedToken, type Standings } from './standing';

export interface AccountParts {
  clock: Clock;
  watch: SessionWatch;
  standings: Standings;
}

/**
 * The person, while what is presented still holds. Sign-ins, codes and refresh tokens know when the person signed in;
 * an access token does not need to, since its grant goes when sign-ins are ended.
 */
export async function findAccount(
  { clock, watch, standings }: AccountParts,
  ctx: KoaContextWithOIDC,
  sub: string,
  token?: PresentedToken & { authTime?: number },
) {
  const subject = token ? ofToken(token, sub) : ofSession(ctx.oidc, sub);
  if (!subject) return undefined;
  if (!token) standings.expect(subject);
  const standing = await standings.of(ctx, subject, token ? undefined : watch.takeSignIn(ctx));
  const { person, grant, memberships } = standing;
  const { client } = ctx.oidc;
  // Access ends with the membership: at the next refresh, and when the person is asked about.
  if (!person || (token && (keepsOut(standing, client) || isBeingClosed(standing, client)))) return undefined;
  if (!(await watch.holds(ctx, standing.session, token !== undefined))) return undefined;
  const since = token ? token.authTime : ctx.oidc.session?.loginTs;
  // The line stands at the next second: asked for the time, a token of whoever signs in within this one would be refused.
  if (!isInForce(person, since === undefined ? person.sessionsValidAfter : new Date(since * 1000)))
    return undefined;
  return {
    accountId: person.id,
    claims: (_use: string, scope: string, claims: object = {}) => {
      const asked = new Set([...scope.split(' '), ...scopesOfClaims(Object.keys(claims))]);
      const now = clock.now();
      const told = asked.has('companies')
        ? memberships.filter(({ status }) => TOLD_STATUSES.includes(status))
        : [];
      const acting = actingOf(told, grant?.companyId ?? null);
      const known = personClaims(
        person,
        told.map((view) => companyClaim(view, now)),
        acting && companyClaim(acting, now),
        asked.has('legacy_accounts') ? standing.legacyAccounts : [],
        asked.has('contracts') ? standing.contracts : [],
      );
      const learned = Object.entries(known).filter(([claim]) => mayLearn(client, claim));
      return { ...Object.fromEntries(learned), sub: known.sub };
    },
  };
}
