/** A relying party of certificates is refused for ever where nothing hands them on: said when it is registered. */
import type { Client } from '../../clients/client';
import { CERTIFICATE_METHODS } from '../../clients/protocol';
import type { Run } from '../command';

export function noteCertificates(
  { tools, print }: Pick<Run, 'tools' | 'print'>,
  { metadata }: Pick<Client, 'metadata'>,
): void {
  const shown =
    metadata.tls_client_certificate_bound_access_tokens === true ||
    CERTIFICATE_METHODS.some((method) => method === metadata.token_endpoint_auth_method);
  if (shown && tools.config.mtlsCertificateHeader === undefined)
    print.note(
      'It will be refused until the proxy hands its certificate on: MTLS_CERTIFICATE_HEADER is not set here.',
    );
}
