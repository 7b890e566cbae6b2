/** The relying party that our own pages are: built in, so that they sign people in through the front door. */
import type { AdapterPayload, KoaContextWithOIDC } from 'oidc-provider';
import { NAME_KINDS, OWN_CLIENT_ID } from '../clients/client';

/** Where a sign-in for our own pages comes back to. */
export const OWN_REDIRECT_PATH = '/signed-in';

/** It has no secret, no grant and no token. */
export function ownClient(issuer: string): AdapterPayload & { client_id: string } {
  return {
    client_id: OWN_CLIENT_ID,
    client_name: 'port.one ID',
    client_uri: issuer,
    redirect_uris: [`${issuer}${OWN_REDIRECT_PATH}`],
    response_types: ['none'],
    grant_types: [],
    token_endpoint_auth_method: 'none',
    // People of every path look after their account there, by whatever name they have.
    sign_in_names: [...NAME_KINDS],
  };
}

/** Satisfies the request without being kept: there is no token that could stand on it. */
export function grantOfNothing({ oidc }: KoaContextWithOIDC) {
  const { provider, account, client, requestParamOIDCScopes } = oidc;
  const grant = new provider.Grant({ accountId: account?.accountId, clientId: client?.clientId });
  grant.addOIDCScope([...requestParamOIDCScopes].join(' '));
  return grant;
}
