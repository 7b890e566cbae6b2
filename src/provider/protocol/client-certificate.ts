/**
 * Certificates of relying parties (RFC 8705), as the proxy that ends TLS hands them on in a header. Only a proxy of
 * TRUSTED_PROXIES is believed; from anybody else the header is noise, and nobody can tell the difference.
 */
import { X509Certificate } from 'node:crypto';
import type { KoaContextWithOIDC, TLSClientAuthProperty } from 'oidc-provider';
import { isSameName } from '../../clients/distinguished-name';
import type { Clock } from '../../clock';
import type { AddressRanges } from '../../config/readers';
import { plainAddress } from '../../http/client-address';

export interface CertificateSettings {
  /** Names of the headers; without the first nothing here is on. */
  certificateHeader: string | undefined;
  verifiedHeader: string | undefined;
  trustedProxies: AddressRanges;
  /** Where the endpoints stand that ask for a certificate; undefined: where the others do. */
  origin: string | undefined;
}

/** What the proxy says when a CA of its own has signed the certificate: nginx `$ssl_client_verify`. */
const VERIFIED = 'SUCCESS';
const MOST_CHARACTERS = 16_384;

type Asked = Pick<KoaContextWithOIDC, 'req' | 'socket' | 'get'>;

const fromProxy = ({ socket }: Asked, { trustedProxies }: CertificateSettings): boolean =>
  trustedProxies.includes(plainAddress(socket.remoteAddress ?? ''));

/** A header that stands twice was put there by two, and one of them is not the proxy. */
function onlyHeader({ req }: Asked, name: string): string | undefined {
  const { [name]: values = [] } = req.headersDistinct;
  return values.length === 1 ? values[0] : undefined;
}

/** The three forms that proxies know: escaped PEM (nginx), RFC 9440, and bare base64 (HAProxy). */
function readCertificate(text: string): X509Certificate | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  try {
    if (text.startsWith('-----') || /^%2D|^-{5}/i.test(text))
      return new X509Certificate(decodeURIComponent(text));
    const [, base64 = ''] = /^:?([A-Za-z0-9+/]+={0,2}):?$/.exec(text) ?? [];
    return base64 === '' ? undefined : new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

const isInForce = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now < validToDate;

/** Functions for oidc-provider: what certificate came with a request, whether its CA is known, whom it names. */
export function clientCertificates(settings: CertificateSettings, clock: Clock) {
  const found = new WeakMap<object, X509Certificate | undefined>();
  const find = (ctx: Asked): X509Certificate | undefined => {
    const { certificateHeader: name } = settings;
    if (name === undefined || !fromProxy(ctx, settings)) return undefined;
    const certificate = readCertificate(onlyHeader(ctx, name) ?? '');
    // RFC 8705 leaves the time to whoever looks at the certificate; for a self-signed one that is us.
    return certificate && isInForce(certificate, clock.now()) ? certificate : undefined;
  };
  const getCertificate = (ctx: Asked): X509Certificate | undefined => {
    if (!found.has(ctx.req)) found.set(ctx.req, find(ctx));
    return found.get(ctx.req);
  };
  return {
    getCertificate,
    certificateAuthorized: (ctx: Asked): boolean => {
      const { verifiedHeader: name } = settings;
      if (name === undefined || getCertificate(ctx) === undefined) return false;
      return onlyHeader(ctx, name) === VERIFIED;
    },
    certificateSubjectMatches: (ctx: Asked, property: TLSClientAuthProperty, expected: string): boolean => {
      const certificate = getCertificate(ctx);
      return certificate !== undefined && isNamed(certificate, property, expected);
    },
  };
}

const EXACT = { subject: 'never', wildcards: false } as const;

function isNamed(certificate: X509Certificate, property: TLSClientAuthProperty, expected: string): boolean {
  switch (property) {
    case 'tls_client_auth_subject_dn':
      // Node writes a line for each part, the most general one first; RFC 4514 has it the other way round.
      return isSameName(certificate.subject.split('\n').reverse().join(','), expected);
    case 'tls_client_auth_san_dns':
      return certificate.checkHost(expected, EXACT) !== undefined;
    case 'tls_client_auth_san_ip':
      return certificate.checkIP(expected) !== undefined;
    case 'tls_client_auth_san_email':
      return certificate.checkEmail(expected, EXACT) !== undefined;
    case 'tls_client_auth_san_uri':
      return alternativeUris(certificate.subjectAltName ?? '').includes(expected);
  }
}

/** `URI:spiffe://…, DNS:…`; Node puts names with odd signs in quotes, as JSON does (CVE-2021-44532). */
function alternativeUris(names: string): string[] {
  const parts = names.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...parts].flatMap(([, kind, value = '']) => {
    if (kind !== 'URI') return [];
    return [value.startsWith('"') ? String(JSON.parse(value)) : value];
  });
}

const ENDPOINTS = {
  token_endpoint: '/token',
  revocation_endpoint: '/token/revocation',
  introspection_endpoint: '/token/introspection',
  userinfo_endpoint: '/userinfo',
  pushed_authorization_request_endpoint: '/request',
  device_authorization_endpoint: '/device/auth',
};

/** `mtls_endpoint_aliases` of discovery (RFC 8705 §5), where certificates are asked for at an origin of their own. */
export function endpointAliases({ certificateHeader, origin }: CertificateSettings): Record<string, unknown> {
  if (certificateHeader === undefined || origin === undefined) return {};
  const aliases = Object.entries(ENDPOINTS).map(([name, path]) => [name, `${origin}${path}`]);
  return { mtls_endpoint_aliases: Object.fromEntries(aliases) as Record<string, string> };
}
