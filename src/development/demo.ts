/** The demo relying party and the demo account, made at the first start. */
import { startCabinet } from '../../examples/cabinet/server';
import { parseEmail } from '../accounts/email-address';
import {
  findAccountByIdentifier,
  insertAccount,
  proveEmail,
  replaceEmail,
  updatePassword,
} from '../accounts/store';
import type { AppParts } from '../app';
import { clientInput } from '../clients/client';
import { changeClient, registerClient, rotateClientSecret } from '../clients/register-client';
import { recordEvent } from '../audit/store';
import { randomToken } from '../secrets';

export const DEMO_EMAIL = 'demo@example.com';
const CLIENT_ID = 'demo-cabinet';
const ACTOR = 'system';

export interface Demo {
  url: string;
  /** Only where the account was made just now; it is stored nowhere. */
  password: string | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function prepareDemo(parts: AppParts): Promise<Demo> {
  const { config } = parts;
  const url = `http://localhost:${config.demoPort}`;
  const password = await makeAccount(parts);
  const clientSecret = await makeClient(parts, url);
  let stop: () => Promise<void> = () => Promise.resolve();
  return {
    url,
    password,
    start: async () => {
      stop = await startCabinet({
        issuer: config.issuer,
        url,
        port: config.demoPort,
        clientId: CLIENT_ID,
        clientSecret,
      });
    },
    stop: () => stop(),
  };
}

/** Registers the cabinet, or gives it a new secret: the old one is known to nobody any more. */
async function makeClient(parts: AppParts, url: string): Promise<string> {
  const input = clientInput.parse({
    client_id: CLIENT_ID,
    client_name: 'Личный кабинет port.one',
    redirect_uris: [`${url}/callback`],
    post_logout_redirect_uris: [`${url}/`],
    backchannel_logout_uri: `${url}/backchannel-logout`,
    backchannel_logout_session_required: true,
    client_uri: url,
    id_token_signed_response_alg: 'ES256',
  });
  const registered = await registerClient(parts, input, { actor: ACTOR });
  if (registered !== 'id_taken') return registered.secret ?? '';
  const { client_id: _id, client_name: name, ...metadata } = input;
  await changeClient(parts, CLIENT_ID, { name, metadata }, ACTOR);
  return (await rotateClientSecret(parts, CLIENT_ID, ACTOR)) ?? '';
}

async function makeAccount(parts: AppParts): Promise<string | undefined> {
  const { db, clock, passwords } = parts;
  const email = parseEmail(DEMO_EMAIL);
  if (!email || (await findAccountByIdentifier(db, email.canonical))) return undefined;
  const password = randomToken(9);
  const passwordHash = await passwords.hash(password);
  const at = clock.now();
  await db.transaction().execute(async (trx) => {
    const person = { familyName: 'Пробный', givenName: 'Пётр', middleName: 'Петрович', locale: 'ru' };
    const { id } = await insertAccount(trx, person, at);
    await replaceEmail(trx, id, email);
    await proveEmail(trx, id, email.canonical, at);
    await updatePassword(trx, id, passwordHash, at);
    await recordEvent(trx, { event: 'account_created', actor: ACTOR, subject: `account:${id}` }, at);
  });
  return password;
}
