/** What every answer must keep to, whatever was asked. */
import type { Answer } from './wire';

/** Header → what it says on every page and every error. */
const ALWAYS: readonly [name: string, says: RegExp][] = [
  ['content-security-policy', /frame-ancestors 'none'/],
  ['content-security-policy', /default-src 'none'/],
  ['x-content-type-options', /^nosniff$/],
  ['x-frame-options', /^DENY$/],
  ['referrer-policy', /^(same-origin|no-referrer)$/],
  ['cross-origin-opener-policy', /^same-origin$/],
  ['cross-origin-resource-policy', /./],
  ['permissions-policy', /./],
  ['strict-transport-security', /max-age=\d{8}/],
];

/** What only the inside knows: stack traces, module paths, SQL, addresses of stores. */
const INSIDE =
  /\n\s+at \S.*:\d+:\d+|node_modules|(Type|Reference|Range)Error\b|\bECONN\w+|select "|insert into "|postgres:\/\/|redis:\/\//;

/** Hosts that a redirect may lead to beside our own. */
const HOSTS = new Set(['cabinet.example', 'www.cabinet.example']);

/** What is wrong with an answer; empty when nothing is. */
export function faultsOf(answer: Answer, issuer: string): string[] {
  const { status, headers, body } = answer;
  // Node itself refuses what is no HTTP, before anything of ours is asked.
  if (status === 0 || (isParsers(answer) && [400, 408, 417, 431].includes(status))) return [];
  const faults: string[] = [];
  if (status < 100 || (status >= 500 && !isLimit(answer))) faults.push(`status ${status}`);
  for (const [name, says] of ALWAYS)
    if (!headers.get(name)?.some((one) => says.test(one))) faults.push(`no ${name} of ${String(says)}`);
  if (INSIDE.test(body)) faults.push(`tells of the inside: ${INSIDE.exec(body)?.[0].trim() ?? ''}`);
  const [origin = ''] = headers.get('access-control-allow-origin') ?? [];
  if (/evil|null/.test(origin) && headers.has('access-control-allow-credentials'))
    faults.push(`CORS for ${origin}`);
  for (const to of headers.get('location') ?? [])
    if (!leadsHome(to, issuer)) faults.push(`redirect to ${to.slice(0, 200)}`);
  for (const cookie of headers.get('set-cookie') ?? [])
    if (/^evil=/.test(cookie)) faults.push('a cookie was smuggled in');
  return faults;
}

const isParsers = ({ headers, body }: Answer): boolean =>
  !headers.has('x-request-id') && !headers.has('content-type') && (body === '' || body === '0\r\n\r\n');

/** 503 is for limits only, and says when to come again. */
const isLimit = ({ status, headers }: Answer): boolean => status === 503 && headers.has('retry-after');

function leadsHome(to: string, issuer: string): boolean {
  const url = URL.parse(to, issuer);
  return url !== null && (url.origin === issuer || HOSTS.has(url.hostname));
}
