/** People with an address, for tests of who belongs to which company. */
import { parseEmail } from '../../src/accounts/email-address';
import { insertAccount, insertIdentifier } from '../../src/accounts/store';
import { openMessage } from '../../src/notifications/outbox';
import { listMessages } from '../../src/notifications/store';
import type { Database } from '../../src/storage/tables';
import { testSecrets } from '../support/secrets';

export interface Somebody {
  id: string;
  email: string;
}

let made = 0;

export async function addSomebody(
  db: Database,
  at: Date,
  givenName = 'Анна',
  locale = 'ru',
): Promise<Somebody> {
  made += 1;
  const email = `somebody-${made}@example.com`;
  const person = { familyName: 'Вымышленная', givenName, middleName: null, locale };
  const { id } = await insertAccount(db, person, at);
  const canonical = parseEmail(email)?.canonical ?? '';
  await insertIdentifier(db, { accountId: id, kind: 'email', value: email, canonical, provedAt: at });
  return { id, email };
}

/** Every mail to this address, oldest first. */
export async function mailsTo(db: Database, { email }: Somebody) {
  const rows = await listMessages(db, { limit: 500 });
  return rows
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    .map((row) => openMessage(testSecrets, row))
    .flatMap((message) => (message.channel === 'email' && message.to === email ? [message] : []));
}

export const templatesTo = async (db: Database, somebody: Somebody): Promise<string[]> =>
  (await mailsTo(db, somebody)).map(({ template }) => template);
