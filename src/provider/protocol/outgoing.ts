/** Calls from here to relying parties: back-channel logout, and the keys behind a `jwks_uri`. */

/**
 * oidc-provider gives 2.5 s and a dispatcher that refuses special-use addresses; a redirect could lead around it. On a
 * laptop the relying party stands at such an address.
 */
export function callRelyingParty(
  url: Parameters<typeof fetch>[0],
  options: RequestInit | undefined,
  allowLoopback: boolean,
) {
  const hostname = URL.parse(url instanceof Request ? url.url : url.toString())?.hostname ?? '';
  const { dispatcher, ...rest }: RequestInit & { dispatcher?: unknown } = options ?? {};
  // Without its dispatcher oidc-provider would only warn, and call whatever address the name leads to.
  if (!allowLoopback && dispatcher === undefined)
    throw new Error('calls to relying parties cannot be guarded');
  const local = allowLoopback && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return fetch(url, { ...rest, redirect: 'error', ...(local ? {} : { dispatcher }) });
}
