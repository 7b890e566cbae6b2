import type { Courier, Transport } from './notifications';
import type { MessageRenderer } from './render';

export interface MailCourierOptions {
  renderer: MessageRenderer;
  transport: Transport;
  /** Its host stands behind the "@" of every Message-ID. */
  issuer: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DELAYS = [30, 2 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR];

/** Draws a mail and hands it to the transport; every try of one mail has the same Message-ID. */
export function createMailCourier({ renderer, transport, issuer }: MailCourierOptions): Courier {
  const { hostname } = new URL(issuer);
  return {
    channel: 'email',
    repeats: true,
    delays: DELAYS,
    async carry(message, id) {
      if (message.channel !== 'email') throw new TypeError('not a mail');
      const { to, template, locale, values } = message;
      const mail = renderer.renderEmail(template, locale, values);
      await transport.send({ ...mail, to, messageId: `<${id}@${hostname}>` });
      return undefined;
    },
  };
}
