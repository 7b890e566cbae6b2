/** Relying parties as oidc-provider reads them. Only the fingerprint of a secret stands in the metadata. */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Client } from '../../clients/client';
import type { KnownClients } from '../../clients/known';

export function clientArtifacts(clients: KnownClients): Adapter {
  const readOnly = (): Promise<never> => Promise.reject(new Error('clients are written by the CLI'));
  return {
    find: async (id) => {
      const client = await clients.find(id);
      return client && clientMetadata(client);
    },
    upsert: readOnly,
    destroy: readOnly,
    consume: readOnly,
    findByUid: readOnly,
    findByUserCode: readOnly,
    revokeByGrantId: readOnly,
  };
}

/** A stored relying party in the terms of OIDC Registration §2. */
export function clientMetadata(client: Client): AdapterPayload {
  const grants = client.metadata.grant_types;
  const usesCode = Array.isArray(grants) && grants.includes('authorization_code');
  // Under the standard's name a type that a node has not heard of yet would spoil the whole registration.
  const { authorization_details_types: permittedDetails, ...metadata } = client.metadata;
  return {
    // Whoever can read our ID tokens can read our answers (JARM).
    authorization_signed_response_alg: client.metadata
      .id_token_signed_response_alg as AdapterPayload['id_token_signed_response_alg'],
    ...metadata,
    permitted_details: permittedDetails,
    response_types: usesCode ? ['code'] : [],
    client_id: client.id,
    client_name: client.name,
    ...(client.secretHash === null ? {} : { client_secret: client.secretHash }),
    pkce_exempt: client.pkceExempt,
    has_logo: client.logoType !== null,
  };
}
