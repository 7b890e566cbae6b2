/**
 * What the provider says of how a person signed in: `acr`, `amr` and `auth_time`, and what becomes of relying parties that
 * ask for more than there is. Every sign-in today is one with the account's password, so there is one class.
 */
import { errors, type Client, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { CLAIMS_BY_SCOPE } from '../claims';

/** The person typed the password of the account, and a captcha where the installation asks for one. */
export const ACR_PASSWORD = 'urn:port.one:acr:password';

const ACRS: readonly string[] = [ACR_PASSWORD];

/** Characters of a `claims` parameter; every name that there is fits into a quarter of it. */
const LONGEST_CLAIMS = 4096;

export function acrOf(amr: readonly string[]): string | undefined {
  return amr.includes('pwd') ? ACR_PASSWORD : undefined;
}

interface AskedClaims {
  id_token?: { acr?: { essential?: boolean; value?: unknown; values?: unknown } | null };
}

/**
 * An essential `acr` that no sign-in here can bring is refused at once: the person would sign in again and again (OpenID
 * Connect Core Error Code unmet_authentication_requirements 1.0).
 */
function checkClaims({ oidc }: KoaContextWithOIDC, claims: AskedClaims): void {
  if (String(oidc.params?.claims).length > LONGEST_CLAIMS)
    throw new errors.InvalidRequest('claims is too long');
  const { essential, value, values } = claims.id_token?.acr ?? {};
  if (essential !== true || (value === undefined && values === undefined)) return;
  const wanted: unknown[] = Array.isArray(values) ? values : [value];
  if (!wanted.some((acr) => ACRS.some((ours) => ours === acr)))
    throw new errors.CustomOIDCProviderError(
      'unmet_authentication_requirements',
      'none of the requested ACRs can be obtained here',
    );
}

export const authenticationSettings: Configuration = { acrValues: ACRS };

export const claimsParameter: NonNullable<Configuration['features']>['claimsParameter'] = {
  enabled: true,
  assertClaimsParameter: (ctx, claims) => {
    checkClaims(ctx, claims);
  },
};

const SCOPE_OF = new Map(
  Object.entries(CLAIMS_BY_SCOPE).flatMap(([scope, claims]) =>
    claims.map((claim) => [claim, scope] as const),
  ),
);

/** The scopes that would bring these claims; names that nobody knows bring nothing. */
export function scopesOfClaims(claims: Iterable<string>): string[] {
  return [...new Set([...claims].flatMap((claim) => SCOPE_OF.get(claim) ?? []))];
}

/** Whether a relying party may learn a claim: what its scopes would not bring, the parameter does not bring, either. */
export function mayLearn(client: Client | undefined, claim: string): boolean {
  const scope = SCOPE_OF.get(claim);
  const held = client?.scope;
  return (
    typeof held !== 'string' || scope === undefined || scope === 'openid' || held.split(' ').includes(scope)
  );
}
