/** Relying parties that registered themselves: made, changed and removed by whoever holds their tokens (RFC 7591, 7592). */
import { recordEvent } from '../audit/store';
import { fingerprint, randomToken } from '../secrets';
import { hasSecret, type Client, type ClientInput } from './client';
import type { ClientTools } from './register-client';
import { spendRegistrationToken, type RegistrationToken } from './registration-tokens';
import { findClient, insertClient, updateClient } from './store';

/** What is told once. */
export interface OwnSecrets {
  secret: string | undefined;
  managementToken: string;
}

/** Undefined when the token was used up meanwhile. */
export async function registerOneself(
  { db, clock }: ClientTools,
  input: ClientInput,
  token: RegistrationToken,
): Promise<OwnSecrets | undefined> {
  const at = clock.now();
  const secret = hasSecret(input.token_endpoint_auth_method) ? randomToken() : undefined;
  const managementToken = randomToken();
  return db.transaction().execute(async (trx) => {
    if (!(await spendRegistrationToken(trx, token.id, at))) return undefined;
    const own = { registrationTokenId: token.id, managementHash: fingerprint(managementToken) };
    const secretHash = secret === undefined ? null : fingerprint(secret);
    if (!(await insertClient(trx, { input, secretHash, pkceExempt: false, ...own }, at)))
      throw new Error('a random client_id is taken');
    const subject = `client:${input.client_id}`;
    const details = { registration_token: token.id, name: token.name };
    await recordEvent(trx, { event: 'client_registered', actor: subject, subject, details }, at);
    return { secret, managementToken };
  });
}

/** Puts a whole registration in the place of another. Gives a secret where it has one for the first time. */
export async function replaceOwnRegistration(
  { db, clock }: ClientTools,
  client: Client,
  input: ClientInput,
): Promise<{ client: Client; secret: string | undefined } | undefined> {
  const at = clock.now();
  const { client_id: id, client_name: name, ...metadata } = input;
  const confidential = hasSecret(input.token_endpoint_auth_method);
  const secret = confidential && client.secretHash === null ? randomToken() : undefined;
  const change = {
    ...{ name, metadata },
    ...(secret === undefined ? {} : { secretHash: fingerprint(secret) }),
    ...(confidential ? {} : { secretHash: null }),
  };
  return db.transaction().execute(async (trx) => {
    if (!(await updateClient(trx, id, change, at))) return undefined;
    const subject = `client:${id}`;
    await recordEvent(trx, { event: 'client_updated', actor: subject, subject }, at);
    const changed = await findClient(trx, id);
    return changed && { client: changed, secret };
  });
}
