/**
 * The port to SMS gateways, and the courier that uses it. A gateway is one file in ../gateways/ that speaks a
 * provider's protocol; it sends each message at most once and says what is known of it afterwards.
 */
import { DeliveryFailure, type Courier } from '../notifications';
import type { MessageRenderer } from '../render';

export interface OutgoingSms {
  /** E.164. */
  to: string;
  text: string;
  /** Our own id of the message, at most 40 characters. */
  id: string;
}

export type RejectionReason =
  /** The number cannot have messages. */
  | 'landline'
  | 'bad_number'
  | 'undeliverable'
  /** Its owner, the operator or the gateway wants no messages there, or no more of them. */
  | 'stop_list'
  | 'number_limit'
  | 'repeated'
  | 'too_long'
  /** The account at the gateway, or what we ask of it. */
  | 'bad_credentials'
  | 'no_money'
  | 'account_limit'
  | 'sender_refused'
  | 'bad_request'
  | 'gateway_refused'
  /** For now. */
  | 'gateway_busy'
  | 'gateway_unreachable'
  | 'gateway_resting';

export interface Rejection {
  outcome: 'rejected';
  reason: RejectionReason;
  /** Whether the same message may be taken later. */
  retryable: boolean;
  /** `gateway`: no message would have been taken, which is what a breaker counts. */
  about: 'message' | 'gateway';
  /** The gateway's own code. */
  code?: number;
  /** Seconds before which another try is pointless. */
  retryAfter?: number;
}

export type SendResult =
  /** `id`: what the gateway calls the message. */
  | { outcome: 'accepted'; id: string }
  /** Certainly not sent. */
  | Rejection
  /** Perhaps sent; never to be sent again. */
  | { outcome: 'unknown'; reason: string };

export interface SmsGateway {
  readonly name: string;
  /** Answers within three seconds, and never rejects because of the gateway. */
  send(sms: OutgoingSms): Promise<SendResult>;
}

/** Seconds between tries: a code is worth ten minutes, and somebody is waiting for it. */
const DELAYS = [2, 5, 10, 30, 60, 90];

/** What the outbox shows: one of the words above first, then where it comes from. Never a number or a text. */
function failureOf(gateway: string, result: Exclude<SendResult, { outcome: 'accepted' }>): DeliveryFailure {
  if (result.outcome === 'unknown')
    return new DeliveryFailure('unknown', `unknown (${gateway}: ${result.reason})`);
  const { reason, code, retryable, retryAfter } = result;
  const kind = reason === 'gateway_resting' ? 'unreachable' : retryable ? 'transient' : 'permanent';
  const source = code === undefined ? gateway : `${gateway} ${code}`;
  return new DeliveryFailure(kind, `${reason} (${source})`, { retryAfter });
}

/** Draws a text message and hands it to the gateway. */
export function createSmsCourier(renderer: MessageRenderer, gateway: SmsGateway): Courier {
  return {
    channel: 'sms',
    repeats: false,
    delays: DELAYS,
    async carry(message, id) {
      if (message.channel !== 'sms') throw new TypeError('not a text message');
      const text = renderer.renderSms(message.template, message.locale, message.values);
      const result = await gateway.send({ to: message.to, text, id });
      if (result.outcome === 'accepted') return result.id;
      throw failureOf(gateway.name, result);
    },
  };
}
