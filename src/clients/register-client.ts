/** Registering and changing relying parties, each in one transaction with its audit row. */
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { fingerprint, randomToken } from '../secrets';
import type { Database } from '../storage/tables';
import { hasSecret, type Client, type ClientInput } from './client';
import { deleteClient, findClient, insertClient, updateClient, type ClientChange } from './store';

export interface ClientTools {
  db: Database;
  clock: Clock;
}

export interface RegisteredClient {
  /** Shown once; only its fingerprint is stored. Undefined for public clients. */
  secret: string | undefined;
}

/** Stores a new relying party. `id_taken` when one of that id stands already. */
export async function registerClient(
  tools: ClientTools,
  input: ClientInput,
  options: { actor: string; pkceExempt?: boolean; secret?: string },
): Promise<RegisteredClient | 'id_taken'> {
  const at = tools.clock.now();
  const secret = hasSecret(input.token_endpoint_auth_method) ? (options.secret ?? randomToken()) : undefined;
  const pkceExempt = options.pkceExempt ?? false;
  return tools.db.transaction().execute(async (trx) => {
    const inserted = await insertClient(
      trx,
      { input, secretHash: secret === undefined ? null : fingerprint(secret), pkceExempt },
      at,
    );
    if (!inserted) return 'id_taken' as const;
    const subject = `client:${input.client_id}`;
    await recordEvent(trx, { event: 'client_created', actor: options.actor, subject }, at);
    if (pkceExempt)
      await recordEvent(trx, { event: 'client_pkce_exempted', actor: options.actor, subject }, at);
    return { secret };
  });
}

/** Changes metadata, name, logo or the PKCE exemption. Undefined when there is no such relying party. */
export async function changeClient(
  tools: ClientTools,
  id: string,
  change: ClientChange,
  actor: string,
): Promise<Client | undefined> {
  const at = tools.clock.now();
  return tools.db.transaction().execute(async (trx) => {
    const before = await findClient(trx, id);
    if (!before || !(await updateClient(trx, id, change, at))) return undefined;
    const subject = `client:${id}`;
    await recordEvent(
      trx,
      { event: 'client_updated', actor, subject, details: { fields: Object.keys(change) } },
      at,
    );
    if (change.pkceExempt === true && !before.pkceExempt) {
      await recordEvent(trx, { event: 'client_pkce_exempted', actor, subject }, at);
    }
    return findClient(trx, id);
  });
}

/** Gives a relying party a new secret, at once. Undefined when there is none of that id, or it has no secret. */
export async function rotateClientSecret(
  tools: ClientTools,
  id: string,
  actor: string,
): Promise<string | undefined> {
  const at = tools.clock.now();
  const secret = randomToken();
  return tools.db.transaction().execute(async (trx) => {
    const client = await findClient(trx, id);
    if (!client || client.secretHash === null) return undefined;
    await updateClient(trx, id, { secretHash: fingerprint(secret) }, at);
    await recordEvent(trx, { event: 'client_secret_rotated', actor, subject: `client:${id}` }, at);
    return secret;
  });
}

export async function removeClient(tools: ClientTools, id: string, actor: string): Promise<boolean> {
  return tools.db.transaction().execute(async (trx) => {
    if (!(await deleteClient(trx, id))) return false;
    await recordEvent(trx, { event: 'client_deleted', actor, subject: `client:${id}` }, tools.clock.now());
    return true;
  });
}
