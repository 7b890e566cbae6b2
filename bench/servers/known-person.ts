/** One person and one relying party, written as the product itself writes them, before its first start. */
import { insertAccount, proveEmail, replaceEmail, updatePassword } from '../../src/accounts/store';
import { parseEmail } from '../../src/accounts/email-address';
import { createPasswordHasher } from '../../src/accounts/passwords';
import { clientInput } from '../../src/clients/client';
import { insertResource } from '../../src/clients/resource-store';
import { TOKEN_ALGORITHMS } from '../../src/clients/resource';
import { registerClient } from '../../src/clients/register-client';
import { loadConfig, type Environment } from '../../src/config';
import { openFoundation, type Foundation } from '../../src/foundation';
import { ensureSigningKeys } from '../../src/provider/keys/signing-keys';
import { migrate } from '../../src/storage/migrate';
import { APIS, CLIENT_ID, REDIRECT_URI, type Target } from '../client/target';

const EMAIL = 'ivan@example.com';
const PASSWORD = 'лодка плывёт 42';

/** Makes the storage that `env` names ready for a later start. */
export async function seed(env: Environment): Promise<Pick<Target, 'client' | 'person'>> {
  const foundation = await openFoundation(loadConfig({ ...env, LOG_LEVEL: 'error' }));
  try {
    await migrate(foundation.db);
    await ensureSigningKeys(foundation);
    await addPerson(foundation);
    await addApis(foundation);
    const secret = await addClient(foundation);
    return {
      client: { id: CLIENT_ID, secret, redirectUri: REDIRECT_URI },
      person: { identifier: EMAIL, password: PASSWORD },
    };
  } finally {
    await foundation.close();
  }
}

async function addPerson({ db, clock }: Foundation): Promise<void> {
  const email = parseEmail(EMAIL);
  if (!email) throw new Error(`no address: ${EMAIL}`);
  const passwords = createPasswordHasher({ workers: 1 });
  const hash = await passwords.hash(PASSWORD);
  await passwords.close();
  const at = clock.now();
  const name = { familyName: 'Вымышленный', givenName: 'Иван', middleName: 'Иванович', locale: 'ru' };
  await db.transaction().execute(async (trx) => {
    const { id } = await insertAccount(trx, name, at);
    await replaceEmail(trx, id, email);
    await proveEmail(trx, id, email.canonical, at);
    await updatePassword(trx, id, hash, at);
  });
}

async function addApis({ db, clock }: Foundation): Promise<void> {
  for (const alg of TOKEN_ALGORITHMS) {
    const api = { uri: APIS[alg], name: `API ${alg}`, scope: 'bench:read', tokenFormat: 'jwt', alg } as const;
    await insertResource(db, api, clock.now());
  }
}

async function addClient(foundation: Foundation): Promise<string> {
  const input = clientInput.parse({
    client_id: CLIENT_ID,
    client_name: 'Кабинет',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    id_token_signed_response_alg: 'ES256',
    resources: Object.values(APIS),
  });
  const registered = await registerClient(foundation, input, { actor: 'system' });
  if (registered === 'id_taken' || registered.secret === undefined) throw new Error('no client secret');
  return registered.secret;
}
