/**
 * Messages to people. A message is written into the outbox by the transaction that causes it, and a worker
 * delivers it afterwards: nobody waits for a mail server, and no mail tells of what was undone. It owns the
 * table `outbox`, the message templates and the mail transport. It does not know why a message is sent, and it
 * makes no link itself: a link comes in as a value and must lead to the issuer.
 *
 * Delivery is at least once. A worker that dies between sending and noting it has the message sent again, with
 * the same Message-ID, so that mail software can tell.
 */

import { randomInt } from 'node:crypto';

export type Locale = 'ru' | 'en';

/** Every mail, by the name of its template under views/messages/email/, with the values it needs. */
export interface EmailTemplates {
  /** An account stands under this address; its password is to be set. */
  set_password: {
    /** How to address the person; left out of the mail when it does not look like a name. */
    name: string;
    /** Page of the issuer that sets the password. */
    link: string;
    /** How long the link is good for. */
    days: number;
  };
}

export type EmailTemplateName = keyof EmailTemplates;

export type EmailMessage = {
  [Name in EmailTemplateName]: {
    channel: 'email';
    to: string;
    template: Name;
    locale: Locale;
    values: EmailTemplates[Name];
  };
}[EmailTemplateName];

/** Text messages join this union together with their first gateway. */
export type Message = EmailMessage;
export type Channel = Message['channel'];

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

export interface OutgoingMail extends RenderedMail {
  /** Message-ID with its angle brackets (RFC 5322 §3.6.4); the same for every attempt. */
  messageId: string;
  to: string;
}

/** Hands mail to whoever carries it on. */
export interface Transport {
  /** Resolves once the mail is accepted. @throws DeliveryFailure */
  send(mail: OutgoingMail): Promise<void>;
}

/**
 * `permanent`: this message will never be taken. `transient`: this message was not taken now.
 * `unreachable`: nothing can be sent now, which is not the message's fault and costs it none of its tries.
 */
export type FailureKind = 'permanent' | 'transient' | 'unreachable';

export class DeliveryFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DeliveryFailure';
  }
}

/** Tries of one message before it is given up. */
export const MAX_ATTEMPTS = 12;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DELAYS = [30, 2 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
const LONGEST_DELAY = 6 * HOUR;

/** A number from 0 to 1, 1 excluded. */
export function chance(): number {
  return randomInt(1_000_000) / 1_000_000;
}

/**
 * Seconds until the next try after `attempts` failed ones: 30 s, 2 min, 10 min, 1 h … 6 h, each up to a quarter
 * longer, so that what failed together does not come back together.
 */
export function retryDelay(attempts: number, random: () => number = chance): number {
  return (DELAYS[attempts - 1] ?? LONGEST_DELAY) * (1 + random() / 4);
}
