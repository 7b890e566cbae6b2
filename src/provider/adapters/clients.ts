/** Relying parties as oidc-provider reads them. Only the fingerprint of a secret stands in the metadata. */
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Client } from '../../clients/client';
import { findClient } from '../../clients/store';
import type { Database } from '../../storage/tables';

export function clientArtifacts(db: Database): Adapter {
  const readOnly = (): Promise<never> => Promise.reject(new Error('clients are written by the CLI'));
  return {
    find: async (id) => {
      const client = await findClient(db, id);
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
  return {
    // Whoever can read our ID tokens can read our answers (JARM).
    authorization_signed_response_alg: client.metadata
      .id_token_signed_response_alg as AdapterPayload['id_token_signed_response_alg'],
    ...client.metadata,
    response_types: usesCode ? ['code'] : [],
    client_id: client.id,
    client_name: client.name,
    ...(client.secretHash === null ? {} : { client_secret: client.secretHash }),
    pkce_exempt: client.pkceExempt,
    has_logo: client.logoType !== null,
  };
}
