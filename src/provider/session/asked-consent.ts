/** Third parties (`asks_consent`): whether a person has allowed all that an authorization asks for, and keeping their yes. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { allow, findAllowed, isCovered, type Allowed } from '../../accounts/sessions/allowed';
import type { Clock } from '../../clock';
import type { Database } from '../../storage/tables';

type Oidc = KoaContextWithOIDC['oidc'];

function askedBy(oidc: Oidc): Allowed {
  const wanted = [...oidc.requestParamScopes];
  const resources = Object.entries(oidc.resourceServers ?? {}).map(
    ([uri, { scopes }]) => [uri, wanted.filter((scope) => scopes.has(scope))] as const,
  );
  return {
    // Access while they are away is asked for each time (OIDC Core §11).
    scopes: [...oidc.requestParamOIDCScopes].filter((scope) => scope !== 'offline_access'),
    claims: [...oidc.requestParamClaims],
    resources: Object.fromEntries(resources),
  };
}

/** Whether the person must be asked: a third party wants something that they have not allowed it yet. */
export async function mustAsk(db: Database, { oidc }: KoaContextWithOIDC): Promise<boolean> {
  const { client, account, result } = oidc;
  if (client?.asks_consent !== true || !account || result?.consent) return false;
  return !isCovered(askedBy(oidc), await findAllowed(db, account.accountId, client.clientId));
}

/** Remembers the yes that this request brings, if it brings one to a third party. */
export async function keepAnswer(
  { db, clock }: { db: Database; clock: Clock },
  { oidc }: KoaContextWithOIDC,
): Promise<void> {
  const { client, account, result } = oidc;
  if (client?.asks_consent !== true || !account || !result?.consent) return;
  const who = { accountId: account.accountId, clientId: client.clientId };
  await db.transaction().execute((trx) => allow(trx, who, askedBy(oidc), clock.now()));
}
