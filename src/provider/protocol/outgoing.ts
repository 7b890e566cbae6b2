/** What oidc-provider itself fetches from relying parties: the keys behind a `jwks_uri`. */
import type { Outgoing } from '../../http/outgoing/outgoing';

const DEADLINE_MS = 2500;
const MAX_BYTES = 64 * 1024;
/** Statuses whose answer has no body (Fetch §2.2.3). */
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * Stands in for `fetch`, over the one client that cannot be led to addresses of ours. oidc-provider's own guard looks at an
 * address after it has connected there; where it could not be set up, nothing would be looked at.
 */
export async function callRelyingParty(
  outgoing: Outgoing,
  url: Parameters<typeof fetch>[0],
  options: RequestInit = {},
): Promise<Response> {
  const answer = await outgoing(url instanceof Request ? url.url : url.toString(), {
    method: options.method === 'POST' ? 'POST' : 'GET',
    headers: Object.fromEntries(new Headers(options.headers)),
    ...(typeof options.body === 'string' ? { body: options.body } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
    ...{ deadlineMs: DEADLINE_MS, maxBytes: MAX_BYTES },
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, [value].flat().join(', '));
  const body = BODILESS.has(answer.status) ? null : new Uint8Array(answer.body);
  return new Response(body, { status: answer.status, headers });
}
