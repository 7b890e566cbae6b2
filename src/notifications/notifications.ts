/**
 * Messages to people. A message is written into the outbox by the transaction that causes it, and a worker
 * delivers it afterwards: nobody waits for a mail server or an SMS gateway, and no message tells of what was
 * undone. It owns the table `outbox`, the message templates, the mail transport and the SMS gateways. It does not
 * know why a message is sent, and it makes no link and no code itself: they come in as values, and a link must
 * lead to the issuer.
 *
 * Mail is delivered at least once: a worker that dies between sending and noting it has the mail sent again, with
 * the same Message-ID, so that mail software can tell. An SMS is delivered at most once: nothing on a phone can
 * tell a copy, gateways punish repetition, and the person can ask for another code. The same box takes notices to relying
 * parties that a session is over; they are sent at least once.
 */

import { randomInt } from 'node:crypto';
import type { LogoutFacts } from '../storage/tables';

export type Locale = 'ru' | 'en';

/** Every mail, by the name of its template under views/messages/email/, with the values it needs. */
interface ActionMail {
  /** How to address the person; left out of the mail when it does not look like a name. */
  name: string;
  /** Page of the issuer that the mail leads to. */
  link: string;
}

interface LinkMail extends ActionMail {
  /** How long the link is good for. */
  days: number;
}

/** An application by its number and the day it was sent, as people write it. */
interface ToldApplication extends ActionMail {
  number: string;
  date: string;
}

/** What a member may do for the company; `until` is the last day of `acts_until`. */
interface GivenRights {
  right: 'reads' | 'acts' | 'acts_until';
  until: string;
}

export interface EmailTemplates {
  /** An account stands under this address; its password is to be set. */
  set_password: LinkMail;
  /** Somebody registers with this address; the link proves it, or the code typed where they register. */
  prove_email: LinkMail & { code: string };
  /** Somebody registers with an address that has an account. */
  already_registered: LinkMail;
  /** Somebody recovers access to this account; the link does it, or the code typed where they began. */
  recover_access: ActionMail & { code: string };
  /** Somebody tried to, but the account is blocked. */
  recovery_blocked: ActionMail;
  /** An operator started the recovery. */
  recovery_by_operator: LinkMail;
  /** The account has a new password. */
  password_changed: ActionMail;
  /** To the address that was the account's until now: an operator has given it another. */
  email_changed: ActionMail & { masked: string };
  /** The same, but other devices stay signed in. */
  password_changed_only: ActionMail;
  /** Proves the address that the person wants instead of the one they have. */
  prove_new_email: LinkMail & { code: string };
  /** To the address that was the account's until now: the person has taken another. */
  email_changed_by_owner: ActionMail & { masked: string };
  /** The person has taken another phone. */
  phone_changed: ActionMail & { masked: string };
  /** The person has taken another login name, or none. */
  login_changed: ActionMail;
  /** The person wants the account closed; until that day they can undo it. */
  account_closing_asked: ActionMail & { day: string };
  /** They have undone it. */
  account_closing_undone: ActionMail;
  /** The application was approved. */
  application_approved: ActionMail & GivenRights & { company: string };
  /** The application was declined. */
  application_declined: ToldApplication & {
    company: string;
    /** A code of the list in views/texts, `decline_reasons`. */
    reasonCode: string;
    /** What the reviewer adds; may be empty. */
    comment: string;
  };
  /** A reviewer wants to know something before deciding. */
  application_question: ToldApplication & { company: string; question: string };
  /** Nobody decided the application in time. */
  application_expired: ToldApplication & { company: string };
  /** The power of attorney that a member attached was accepted, or it was not. */
  power_accepted: ActionMail & GivenRights & { company: string };
  power_declined: ActionMail & { company: string; comment: string };
  membership_suspended: ActionMail & { company: string };
  membership_restored: ActionMail & { company: string };
  membership_revoked: ActionMail & { company: string };
  /** The person is a contact person now, who decides about colleagues. */
  contact_appointed: ActionMail & { company: string };
  /** To contact persons: somebody asks to be let into their company. */
  application_received: ActionMail & { company: string; applicant: string };
  /** To contact persons: an applicant has answered a question. */
  application_answered: ActionMail & { company: string; applicant: string };
  /** To contact persons: a member has attached a power of attorney. */
  power_attached: ActionMail & { company: string; applicant: string };
  /** To contact persons: so many applications wait. */
  applications_waiting: ActionMail & { waiting: string };
  /** A consent that an account cannot be without was withdrawn; its data are destroyed by that day. */
  account_closing: ActionMail & { day: string };
  /** A code opened the person the door to a company, without an application. */
  company_activated: ActionMail & { company: string };
  /** To a company's own address: somebody adds the company to their account, or takes it off. */
  company_code: ActionMail & { code: string; company: string; applicant: string };
  company_leave_code: ActionMail & { code: string; company: string; applicant: string };
  /** The code from the company's mail was right. */
  company_added: ActionMail & { company: string };
  /** The person took the company off their list. */
  company_left: ActionMail & { company: string };
  /** A contract came into the account. */
  contract_added: ActionMail & { number: string };
  /** A contract has ended, or was taken out of the account. */
  contract_gone: ActionMail & { number: string; why: string };
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

/** Every text message, by the name of its text under views/messages/texts/, with the values it needs. */
export interface SmsTemplates {
  /** Proves a phone during registration. */
  phone_code: { code: string };
  /** Somebody registers with a phone that has an account. */
  already_registered: Record<string, never>;
  /** Proves the phone that an account is to have instead of its own. */
  phone_change_code: { code: string };
  /** Recovers access; the code stands at the end, behind a slash. */
  recovery_code: { code: string };
  /** The account has a new password. */
  password_changed: Record<string, never>;
}

export type SmsTemplateName = keyof SmsTemplates;

export type SmsMessage = {
  [Name in SmsTemplateName]: {
    channel: 'sms';
    /** E.164. */
    to: string;
    template: Name;
    locale: Locale;
    values: SmsTemplates[Name];
    /** From here on the message is worth nothing and is not sent any more. */
    expiresAt: Date;
  };
}[SmsTemplateName];

/** What is written to people. */
export type Message = EmailMessage | SmsMessage;

/** Tells a relying party that a session of a person is over (OIDC Back-Channel Logout 1.0 §2.5). */
export interface LogoutNotice extends LogoutFacts {
  channel: 'logout';
  template: 'logout';
}

export type Outgoing = Message | LogoutNotice;
export type Channel = Outgoing['channel'];

/** A phone number as gateways take it (ITU-T E.164). */
export const E164 = /^\+[1-9]\d{6,14}$/;

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

/** Carries the opened messages of one channel. */
export interface Courier {
  readonly channel: Channel;
  /** Whether a message that may have arrived is sent again. */
  readonly repeats: boolean;
  /** Seconds to wait after each failed try; the last one stands for all further tries. */
  readonly delays: readonly number[];
  /** Gives what the other side calls the message, if it says. @throws DeliveryFailure */
  carry(message: Outgoing, id: string): Promise<string | undefined>;
}

/**
 * `permanent`: this message will never be taken. `transient`: this message was not taken now.
 * `unreachable`: nothing can be sent now, which is not the message's fault and costs it none of its tries.
 * `unknown`: it may have arrived, and must not be sent twice. `expired`: it came too late to be sent.
 */
export type FailureKind = 'permanent' | 'transient' | 'unreachable' | 'unknown' | 'expired';

export interface FailureOptions extends ErrorOptions {
  /** Seconds before which another try is pointless. */
  retryAfter?: number;
}

export class DeliveryFailure extends Error {
  readonly retryAfter?: number;

  constructor(
    readonly kind: FailureKind,
    message: string,
    options: FailureOptions = {},
  ) {
    super(message, options);
    this.name = 'DeliveryFailure';
    this.retryAfter = options.retryAfter;
  }
}

/** Tries of one message before it is given up. */
export const MAX_ATTEMPTS = 12;

/** A number from 0 to 1, 1 excluded. */
export function chance(): number {
  return randomInt(1_000_000) / 1_000_000;
}

/**
 * Seconds until the next try after `attempts` failed ones: as the channel's `delays` say, each up to a quarter
 * longer, so that what failed together does not come back together.
 */
export function retryDelay(
  delays: readonly number[],
  attempts: number,
  random: () => number = chance,
): number {
  return (delays[attempts - 1] ?? delays.at(-1) ?? 0) * (1 + random() / 4);
}
