/** A mail server and an SMS gateway on loopback that take everything, and their time about it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { CREDENTIALS } from '../support/sms';

/** Milliseconds until each answer; a mail has three of them. */
const SLOWNESS = 100;

export interface SlowPost {
  /** The settings that send messages there. */
  env: Record<string, string>;
  /** Messages taken. */
  taken: { mails: number; sms: number };
  close(): Promise<void>;
}

export async function openSlowPost(): Promise<SlowPost> {
  const taken = { mails: 0, sms: 0 };
  const mail = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onMailFrom: (_address, _session, done) => setTimeout(done, SLOWNESS),
    onRcptTo: (_address, _session, done) => setTimeout(done, SLOWNESS),
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on('end', () => {
        taken.mails += 1;
        setTimeout(done, SLOWNESS);
      });
    },
  });
  // Whoever hangs up has sent nothing.
  mail.on('error', () => undefined);
  const sms = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      taken.sms += 1;
      setTimeout(() => response.end('{"status":"OK","status_code":100,"sms":{}}'), SLOWNESS);
    });
  });
  await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => sms.listen(0, '127.0.0.1', resolve));
  const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
  return {
    taken,
    env: {
      SMTP_URL: `smtp://127.0.0.1:${portOf(mail.server)}`,
      ...{ SMS_GATEWAY: 'sms-ru', SMS_RU_API_ID: CREDENTIALS.apiId },
      SMS_RU_URL: `http://127.0.0.1:${portOf(sms)}`,
    },
    close: async () => {
      sms.closeAllConnections();
      await new Promise((resolve) => sms.close(resolve));
      await new Promise<void>((resolve) => void mail.close(resolve));
    },
  };
}
