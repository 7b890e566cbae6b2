/** What the JWTs of relying parties must say beyond what oidc-provider asks: client assertions and request objects. */
import { errors, type Client, type KoaContextWithOIDC } from 'oidc-provider';

type Claims = Record<string, unknown>;

/** A longer life would keep the mark of its use as long, and serve nobody. */
const ASSERTION_LIFE = 10 * 60;
/** FAPI 2.0 Message Signing §5.3.1. */
const REQUEST_LIFE = 60 * 60;
/** How far a clock may be ahead of ours. */
const SKEW = 60;

const epochSeconds = (): number => Math.floor(Date.now() / 1000);

/** RS256 is PKCS #1 v1.5, which FAPI 2.0 §5.4.1 rules out. */
const isTooWeak = (client: Client, header: Claims): boolean =>
  client.profile === 'fapi2' && header.alg === 'RS256';

/**
 * `aud` is our issuer and nothing else: an assertion that names an endpoint, or several audiences, can be got from the
 * relying party by another server (draft-ietf-oauth-rfc7523bis §4).
 * @throws errors.InvalidClientAuth
 */
export function checkClientAssertion(
  ctx: KoaContextWithOIDC,
  claims: Claims,
  header: Claims,
  client: Client,
): void {
  const { exp, iat, aud, sub } = claims;
  const now = epochSeconds();
  const refuse = (reason: string): never => {
    throw new errors.InvalidClientAuth(reason);
  };
  if (aud !== ctx.oidc.issuer) refuse('the audience must be the issuer, as a string');
  if (sub !== client.clientId) refuse('the subject must be the client_id');
  if (typeof exp !== 'number' || exp > now + ASSERTION_LIFE + SKEW) refuse('the assertion lives too long');
  if (iat !== undefined && (typeof iat !== 'number' || iat > now + SKEW)) refuse('issued in the future');
  if (isTooWeak(client, header)) refuse('RS256 is not for this client');
}

/**
 * Signed requests end, name us, and are no other kind of JWT (RFC 9101 §10.8).
 * @throws errors.InvalidRequestObject
 */
export function checkRequestObject(
  ctx: KoaContextWithOIDC,
  claims: Claims,
  header: Claims,
  client: Client,
): void {
  // What was pushed without a signature is kept as a JWT of the library's own making.
  if (header.alg === 'none') return;
  const { exp, nbf, iss, aud } = claims;
  const now = epochSeconds();
  const refuse = (reason: string): never => {
    throw new errors.InvalidRequestObject(reason);
  };
  if (iss !== client.clientId || ![aud].flat().includes(ctx.oidc.issuer)) refuse('iss and aud must be there');
  if (typeof exp !== 'number' || exp > now + REQUEST_LIFE + SKEW) refuse('the request object lives too long');
  const begins = typeof nbf === 'number' ? nbf : undefined;
  if (client.profile === 'fapi2' && (begins === undefined || begins < now - REQUEST_LIFE - SKEW))
    refuse('nbf must be there and not older than an hour');
  if (![undefined, 'JWT', 'oauth-authz-req+jwt'].some((typ) => typ === header.typ))
    refuse('typ must be oauth-authz-req+jwt');
  if (isTooWeak(client, header)) refuse('RS256 is not for this client');
}
