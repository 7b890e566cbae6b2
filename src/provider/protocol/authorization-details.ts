/**
 * Rich authorization requests (RFC 9396): the types that APIs have registered, for the relying parties that may ask for
 * them. Details are shown on the consent page each time they are asked for, belong to the tokens of that one
 * authorization, reach only the API that understands them, and are never widened.
 */
import {
  errors,
  type AccessToken,
  type AuthorizationDetail,
  type Client,
  type ClientCredentials,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { detailFault, isNoWider, type Detail } from '../../clients/authorization-types/authorization-type';
import {
  findAuthorizationType,
  listAuthorizationTypes,
  type AuthorizationType,
} from '../../clients/authorization-types/store';
import type { Queryable } from '../../storage/tables';

/** More than this nobody reads on a page. */
const MOST_DETAILS = 10;

const mayAskFor = (client: Client | undefined, type: string): boolean =>
  Array.isArray(client?.permitted_details) && client.permitted_details.includes(type);

/** The details of a request; oidc-provider has looked at each of them already. */
export function requestedDetails(params: Record<string, unknown> | undefined): Detail[] {
  const given = params?.authorization_details;
  return typeof given === 'string' ? (JSON.parse(given) as Detail[]) : [];
}

/** @throws errors.InvalidAuthorizationDetails */
async function checkDetail(
  db: Queryable,
  ctx: KoaContextWithOIDC,
  detail: AuthorizationDetail,
  client: Client,
): Promise<void> {
  const refuse = (reason: string): never => {
    throw new errors.InvalidAuthorizationDetails(reason);
  };
  const known = mayAskFor(client, detail.type) ? await findAuthorizationType(db, detail.type) : undefined;
  if (!known) return refuse('the client may not ask for this type');
  if (requestedDetails(ctx.oidc.params).length > MOST_DETAILS) refuse('too many authorization details');
  const { resource } = ctx.oidc.params ?? {};
  // None at all is refused by oidc-provider, with a word of its own.
  if (resource !== undefined && ![resource].flat().includes(known.resourceUri))
    refuse('the resource that understands this type must be asked for, too');
  const fault = detailFault(known.definition, known.resourceUri, detail);
  if (fault !== undefined) refuse(fault);
}

/** Those that this client may still have at this API; what was unregistered meanwhile is left out. */
function stillGranted(
  types: readonly AuthorizationType[],
  token: AccessToken | ClientCredentials,
  client: Client | undefined,
  details: readonly Detail[],
): Detail[] {
  return details.filter((detail) => {
    const known = types.find(({ definition }) => definition.type === detail.type);
    if (!known || known.resourceUri !== token.aud || !mayAskFor(client, detail.type)) return false;
    return detailFault(known.definition, known.resourceUri, detail) === undefined;
  });
}

/** @throws errors.InvalidAuthorizationDetails when more is asked for than was granted (RFC 9396 §6.1) */
function narrowed(
  types: readonly AuthorizationType[],
  asked: readonly Detail[],
  granted: readonly Detail[],
): readonly Detail[] {
  for (const detail of asked) {
    const known = types.find(({ definition }) => definition.type === detail.type)?.definition;
    if (!known || !granted.some((one) => one.type === detail.type && isNoWider(known, detail, one)))
      throw new errors.InvalidAuthorizationDetails('more is asked for than was granted');
  }
  return asked;
}

/** @param names of the types, as they stood when the provider was built */
export function authorizationDetails(db: Queryable, names: readonly string[]) {
  const validate = (ctx: KoaContextWithOIDC, detail: AuthorizationDetail, client: Client): Promise<void> =>
    checkDetail(db, ctx, detail, client);
  return {
    enabled: true as const,
    types: Object.fromEntries(names.map((name) => [name, { validate }])),
    authorizationDetailsForGrantSource: ({ oidc }: KoaContextWithOIDC): Detail[] =>
      requestedDetails(oidc.params),
    authorizationDetailsForAccessToken: async (
      { oidc }: KoaContextWithOIDC,
      token: AccessToken | ClientCredentials,
      source: { rar?: readonly AuthorizationDetail[] } | undefined,
    ): Promise<Detail[]> => {
      const types = await listAuthorizationTypes(db);
      const asked = requestedDetails(oidc.params);
      // Without a source the client asks for itself, and nobody has granted less than it may have.
      const granted = source === undefined ? asked : (source.rar ?? []);
      const wanted = asked.length > 0 ? narrowed(types, asked, granted) : granted;
      return stillGranted(types, token, oidc.client, wanted);
    },
    authorizationDetailsForIntrospection: (
      _ctx: KoaContextWithOIDC,
      { rar }: { rar?: readonly AuthorizationDetail[] },
    ) => rar,
  };
}
