/** The demo relying party, the demo accounts and fictional companies, made at the first start. */
import { startCabinet } from '../../examples/cabinet/server';
import type { PersonName } from '../accounts/account';
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
import { addMember } from '../companies/memberships/change-membership';
import { recordEvent } from '../audit/store';
import { randomToken } from '../secrets';
import { DEMO_COMPANY, hasDemoCompany, seedDemoCompanies } from './demo-companies';

export const DEMO_EMAIL = 'demo@example.com';
/** Contact person of the demo company, who decides on applications at /approvals. */
export const CONTACT_EMAIL = 'contact@example.com';
const CLIENT_ID = 'demo-cabinet';
const ACTOR = 'system';

export interface Demo {
  url: string;
  /** Of the accounts that were made just now, by e-mail; stored nowhere. */
  passwords: ReadonlyMap<string, string>;
  /** True where the demo company is in the directory and has its contact person. */
  contact: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function prepareDemo(parts: AppParts): Promise<Demo> {
  const { config } = parts;
  const url = `http://localhost:${config.demoPort}`;
  const passwords = new Map<string, string>();
  await seedDemoCompanies(parts, ACTOR);
  const contact = await hasDemoCompany(parts);
  for (const person of contact ? [DEMO_PERSON, CONTACT_PERSON] : [DEMO_PERSON]) {
    const password = await makeAccount(parts, person);
    if (password !== undefined) passwords.set(person.email, password);
  }
  const clientSecret = await makeClient(parts, url);
  let stop: () => Promise<void> = () => Promise.resolve();
  return {
    url,
    passwords,
    contact,
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

interface DemoPerson {
  email: string;
  name: PersonName;
  /** Contact person of the demo company. */
  contact: boolean;
}

const DEMO_PERSON: DemoPerson = {
  email: DEMO_EMAIL,
  name: { familyName: 'Пробный', givenName: 'Пётр', middleName: 'Петрович' },
  contact: false,
};

const CONTACT_PERSON: DemoPerson = {
  email: CONTACT_EMAIL,
  name: { familyName: 'Примерова', givenName: 'Ольга', middleName: 'Образцовна' },
  contact: true,
};

/** The password of an account that was made now; undefined where it stands already. */
async function makeAccount(parts: AppParts, person: DemoPerson): Promise<string | undefined> {
  const { db, clock, passwords } = parts;
  const email = parseEmail(person.email);
  if (!email || (await findAccountByIdentifier(db, email.canonical))) return undefined;
  const password = randomToken(9);
  const passwordHash = await passwords.hash(password);
  const at = clock.now();
  const accountId = await db.transaction().execute(async (trx) => {
    const { id } = await insertAccount(trx, { ...person.name, locale: 'ru' }, at);
    await replaceEmail(trx, id, email);
    await proveEmail(trx, id, email.canonical, at);
    await updatePassword(trx, id, passwordHash, at);
    await recordEvent(trx, { event: 'account_created', actor: ACTOR, subject: `account:${id}` }, at);
    return id;
  });
  if (person.contact) await makeContact(parts, accountId);
  return password;
}

async function makeContact(parts: AppParts, accountId: string): Promise<void> {
  const { inn, kpp, name, ogrn } = DEMO_COMPANY;
  await addMember(
    { ...parts, issuer: parts.config.issuer },
    {
      accountId,
      unit: { inn, kpp },
      naming: { name, nameSource: 'directory', ogrn },
      role: 'contact',
      canAct: true,
    },
    ACTOR,
  );
}
