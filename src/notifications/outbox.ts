/** The way into the outbox, and what an operator or a developer does with what lies there. */
import { randomUUID } from 'node:crypto';
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import type { Secrets } from '../secrets';
import type { Database, Queryable } from '../storage/tables';
import { maskedAddress } from './categories';
import { isMailAddress } from './mail-address';
import { E164, type Message, type Outgoing } from './notifications';
import type { MessageRenderer } from './render';
import { isMuted } from './settings';
import { findMessage, insertMessage, listMessages, updateRetried, type OutboxRow } from './store';

/** Binds what is sealed to its row, so that it opens in no other. */
const sealContext = (id: string): string => `outbox:${id}`;

/**
 * Puts a message into the outbox; hand it the transaction that causes the message. Address and values are kept
 * sealed. Gives the message's id.
 * @param accountId whose history shows it; nobody's without
 * @throws TypeError when the address is not a plain one, or the number not in E.164; forms check it before.
 */
export async function enqueue(
  trx: Queryable,
  secrets: Secrets,
  message: Message,
  clock: Clock,
  accountId: string | null = null,
): Promise<string> {
  const isAddress = message.channel === 'email' ? isMailAddress(message.to) : E164.test(message.to);
  if (!isAddress) throw new TypeError('a message to something that is not an address');
  const id = randomUUID();
  const { channel, template, locale, ...words } = message;
  const sealed = secrets.seal(JSON.stringify(words), sealContext(id));
  const maskedTo = maskedAddress(message.to);
  await insertMessage(trx, { id, channel, template, locale, sealed, accountId, maskedTo }, clock.now());
  return id;
}

/**
 * Writes to the person of an account, who finds it in their history; not where they have switched such messages off.
 * Gives the message's id, or undefined.
 * @throws TypeError as `enqueue`
 */
export async function enqueueFor(
  trx: Queryable,
  secrets: Secrets,
  message: Message,
  clock: Clock,
  accountId: string,
): Promise<string | undefined> {
  if (await isMuted(trx, accountId, message)) return undefined;
  return enqueue(trx, secrets, message, clock, accountId);
}

/** A row of the outbox for its courier. @throws Error as `openMessage` */
export function openOutgoing(secrets: Secrets, row: OutboxRow): Outgoing {
  return row.facts ? { channel: 'logout', template: 'logout', ...row.facts } : openMessage(secrets, row);
}

/** What a message to a person says, and to whom. @throws Error when it was emptied or sealed under a lost key. */
export function openMessage(secrets: Secrets, row: OutboxRow): Message {
  if (row.sealed === null) throw new Error('the message was emptied after sending');
  const { expiresAt, ...words } = JSON.parse(secrets.open(row.sealed, sealContext(row.id))) as Pick<
    Message,
    'to' | 'values'
  > & { expiresAt?: string };
  const { channel, template, locale } = row;
  const end = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) };
  return { channel, template, locale, ...words, ...end } as Message;
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

export interface ReadableMessage {
  id: string;
  channel: Message['channel'];
  template: string;
  status: OutboxRow['status'];
  createdAt: Date;
  to: string;
  /** Null for a text message, as is `html`. */
  subject: string | null;
  text: string;
  html: string | null;
  /** Links in the text, in order. */
  links: string[];
  /** Short codes in the text: in a mail, digits that stand on a line of their own. */
  codes: string[];
}

function draw(
  renderer: MessageRenderer,
  message: Message,
): Pick<ReadableMessage, 'subject' | 'text' | 'html'> {
  if (message.channel === 'email')
    return renderer.renderEmail(message.template, message.locale, message.values);
  const text = renderer.renderSms(message.template, message.locale, message.values);
  return { subject: null, text, html: null };
}

/** The newest messages, opened and drawn, for the outbox page. Development only: it shows live links and codes. */
export async function listForDevelopment(
  db: Queryable,
  secrets: Secrets,
  renderer: MessageRenderer,
  limit: number,
): Promise<ReadableMessage[]> {
  const rows = await listMessages(db, { limit, toPeople: true });
  return rows
    .filter((row) => row.sealed !== null)
    .map((row) => {
      const message = openMessage(secrets, row);
      const drawn = draw(renderer, message);
      const { id, status, createdAt } = row;
      const { channel, template, to } = message;
      const links = drawn.text.match(/https?:\/\/\S+/g) ?? [];
      const codes = drawn.text.match(channel === 'sms' ? /\b\d{4,8}\b/g : /^\d{4,8}$/gm) ?? [];
      return { id, channel, template, status, createdAt, to, ...drawn, links, codes: [...new Set(codes)] };
    });
}
