/** The way into the outbox, and what an operator or a developer does with what lies there. */
import { randomUUID } from 'node:crypto';
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import type { Secrets } from '../secrets';
import type { Database, Queryable } from '../storage/tables';
import { isMailAddress } from './mail-address';
import type { Message, RenderedMail } from './notifications';
import type { MailRenderer } from './render';
import { findMessage, insertMessage, listMessages, updateRetried, type OutboxRow } from './store';

/** Binds what is sealed to its row, so that it opens in no other. */
const sealContext = (id: string): string => `outbox:${id}`;

/**
 * Puts a message into the outbox; hand it the transaction that causes the message. Address and values are kept
 * sealed. Gives the message's id.
 * @throws TypeError when the address is not a plain one; forms check it before.
 */
export async function enqueue(
  trx: Queryable,
  secrets: Secrets,
  message: Message,
  clock: Clock,
): Promise<string> {
  if (!isMailAddress(message.to)) throw new TypeError('a message to something that is not an address');
  const id = randomUUID();
  const { channel, template, locale, to, values } = message;
  const sealed = secrets.seal(JSON.stringify({ to, values }), sealContext(id));
  await insertMessage(trx, { id, channel, template, locale, sealed }, clock.now());
  return id;
}

/** What a row of the outbox says, and to whom. @throws Error when it was emptied or sealed under a lost key. */
export function openMessage(secrets: Secrets, row: OutboxRow): Message {
  if (row.sealed === null) throw new Error('the message was emptied after sending');
  const { to, values } = JSON.parse(secrets.open(row.sealed, sealContext(row.id))) as Pick<
    Message,
    'to' | 'values'
  >;
  return { channel: row.channel, template: row.template, locale: row.locale, to, values } as Message;
}

/**
 * Has an unsent message tried again at once, with all its tries. False when there is no such message, or it was
 * sent already.
 * @param actor who asked, as the audit trail names people: `operator:<name>`.
 */
export async function retryMessage(db: Database, id: string, actor: string, clock: Clock): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await findMessage(trx, id))) return false;
    if (!(await updateRetried(trx, id, clock.now()))) return false;
    await recordEvent(trx, { event: 'message_retried', actor, subject: `message:${id}` }, clock.now());
    return true;
  });
}

export interface ReadableMessage extends RenderedMail {
  id: string;
  template: string;
  status: OutboxRow['status'];
  createdAt: Date;
  to: string;
  /** Links in the text, in order. */
  links: string[];
  /** Short codes in the text: digits that stand on a line of their own. */
  codes: string[];
}

/** The newest messages, opened and drawn, for the outbox page. Development only: it shows live links. */
export async function listForDevelopment(
  db: Queryable,
  secrets: Secrets,
  renderer: MailRenderer,
  limit: number,
): Promise<ReadableMessage[]> {
  const rows = await listMessages(db, { limit });
  return rows
    .filter((row) => row.sealed !== null)
    .map((row) => {
      const { to, template, locale, values } = openMessage(secrets, row);
      const mail = renderer.renderEmail(template, locale, values);
      const links = mail.text.match(/https?:\/\/\S+/g) ?? [];
      const codes = mail.text.match(/^\d{4,8}$/gm) ?? [];
      return {
        id: row.id,
        template,
        status: row.status,
        createdAt: row.createdAt,
        to,
        ...mail,
        links,
        codes,
      };
    });
}
