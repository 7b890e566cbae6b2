/** Certificates for tests, made by openssl: signed by themselves, or by a CA of the test's own. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate {
  pem: string;
  parsed: X509Certificate;
  /** As nginx hands it on: `$ssl_client_escaped_cert`. */
  escaped: string;
}

/** @param subject such as `/C=RU/O=Bank/CN=bank` @param names such as `DNS:bank.example.com` */
export function makeCertificate(subject: string, names: string): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'port-one-id-certificate-'));
  try {
    const file = (name: string): string => join(folder, name);
    const settings = ['[req]', 'distinguished_name=dn', '[dn]', '[ext]', `subjectAltName=${names}`];
    writeFileSync(file('settings'), settings.join('\n'));
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-utf8'],
        ...['-keyout', file('key'), '-out', file('certificate'), '-subj', subject, '-days', '1'],
        ...['-config', file('settings'), '-extensions', 'ext'],
      ],
      { stdio: 'ignore' },
    );
    const pem = readFileSync(file('certificate'), 'utf8');
    return { pem, parsed: new X509Certificate(pem), escaped: encodeURIComponent(pem) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A certificate as a key of a JWKS. */
export function certificateJwk({ parsed }: TestCertificate) {
  return {
    ...(parsed.publicKey.export({ format: 'jwk' }) as { kty: 'EC' }),
    ...{ use: 'sig', x5c: [parsed.raw.toString('base64')] },
  };
}
