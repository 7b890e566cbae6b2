/** Mail over SMTP. The only file that knows nodemailer, which is loaded with the first mail: no start waits for it. */
import { setTimeout } from 'node:timers/promises';
import type { Transporter } from 'nodemailer';
import { isMailAddress, parseMailbox } from './mail-address';
import { DeliveryFailure, type FailureKind, type OutgoingMail, type Transport } from './notifications';

export interface MailerOptions {
  /** smtp:// or smtps:// with credentials, if any. */
  smtpUrl: string;
  /** Sender of every mail: `Name <address>` or an address. */
  from: string;
  /** Signs every mail (RFC 6376); without it the mail server is expected to. */
  dkim?: { domainName: string; keySelector: string; privateKey: string };
  /** Longest silence of the mail server, in milliseconds; the whole mail gets twice as long. */
  timeoutMs?: number;
}

/** Refusals that speak of the session, not of this mail (RFC 5321 §4.2.3, RFC 4954 §6). */
const ABOUT_THE_SESSION = new Set([503, 530, 534, 535, 538]);
const SERVER_CODES = new Set(['EAUTH', 'ENOAUTH', 'EDNS', 'ETLS', 'EREQUIRETLS', 'ECONFIG', 'EPROXY']);

interface SmtpError extends Error {
  code?: string;
  command?: string;
  responseCode?: number;
}

/**
 * What an error of nodemailer means for the mail; undefined when the error alone does not tell. A refused
 * sender (MAIL FROM) is a mistake in the settings: the mail waits until somebody mends it.
 */
function kindOf({ code = '', command = '', responseCode = 0 }: SmtpError): FailureKind | undefined {
  if (SERVER_CODES.has(code)) return 'unreachable';
  if (code === 'EENVELOPE' && responseCode === 0) return 'permanent';
  if (command === 'CONN' || responseCode < 400 || responseCode === 421) return undefined;
  const aboutTheMail = ['RCPT TO', 'DATA'].includes(command) && !ABOUT_THE_SESSION.has(responseCode);
  return aboutTheMail && responseCode >= 500 ? 'permanent' : 'transient';
}

/** The mail server gets ten seconds for every answer. Nothing in a mail makes this read a file or fetch a URL. */
export function createMailer({ smtpUrl, from, dkim, timeoutMs = 10_000 }: MailerOptions): Transport {
  const sender = parseMailbox(from);
  let opened: Promise<Transporter> | undefined;
  const transporter = (): Promise<Transporter> => (opened ??= openTransporter({ smtpUrl, dkim, timeoutMs }));

  let probe: Promise<boolean> | undefined;
  const probeServer = async (): Promise<boolean> => {
    const server = await transporter();
    return server.verify().then(
      () => true,
      () => false,
    );
  };

  /** A broken connection may be the server's fault or this mail's: a server that answers now is up. */
  async function serverAnswers(): Promise<boolean> {
    // nodemailer bounds each silence, not the whole: a server that trickles has the time of a mail, and one socket.
    probe ??= probeServer().finally(() => {
      probe = undefined;
    });
    const decided = new AbortController();
    const late = setTimeout(2 * timeoutMs, false, { ref: false, signal: decided.signal }).catch(() => false);
    return Promise.race([probe, late]).finally(() => {
      decided.abort();
    });
  }

  async function failure(error: unknown): Promise<DeliveryFailure> {
    const fault = error instanceof Error ? (error as SmtpError) : new Error(String(error));
    const kind = kindOf(fault) ?? ((await serverAnswers()) ? 'transient' : 'unreachable');
    return new DeliveryFailure(kind, fault.message, { cause: error });
  }

  return {
    async send({ messageId, to, subject, text, html }: OutgoingMail) {
      if (!isMailAddress(to)) throw new DeliveryFailure('permanent', 'not a plain mail address');
      if (/[\r\n]/.test(subject)) throw new DeliveryFailure('permanent', 'a subject of several lines');
      try {
        const server = await transporter();
        await server.sendMail({
          messageId,
          from: sender,
          to: { name: '', address: to },
          // Said outright, so that no parser decides where the mail goes (GHSA-mm7p-fcc7-pg87).
          envelope: { from: sender.address, to: [to] },
          subject,
          text,
          html,
          // Keeps holiday replies away (RFC 3834 §5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal: AbortSignal.timeout(2 * timeoutMs),
        });
      } catch (error) {
        throw await failure(error);
      }
    },
  };
}

async function openTransporter({
  smtpUrl,
  dkim,
  timeoutMs,
}: Omit<MailerOptions, 'from'>): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  return createTransport({
    url: smtpUrl,
    dkim,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Accepts every mail and carries none: development reads them in the outbox. */
export function createIdleTransport(): Transport {
  return { send: () => Promise.resolve() };
}
