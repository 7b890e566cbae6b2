import { z } from 'zod';
import { sendRequest } from '../sms/call';
import type { Rejection, SendResult, SmsGateway } from '../sms/gateway';

export interface SmscOptions {
  /** Origins of the service, the reserve one behind the first. */
  origins: readonly string[];
  /** An API key, or login and password. */
  credentials: { apikey: string } | { login: string; psw: string };
  /** Name the person sees as the sender; must be agreed with the gateway. */
  sender?: string;
}

type Meaning = Pick<Rejection, 'reason' | 'retryable' | 'about' | 'retryAfter'>;

const ours = (reason: Rejection['reason']): Meaning => ({ reason, retryable: false, about: 'gateway' });
const theirs = (reason: Rejection['reason']): Meaning => ({ reason, retryable: false, about: 'message' });

/** `error_code` of the whole request. */
const ERRORS: Record<number, Meaning> = {
  1: ours('bad_request'),
  2: ours('bad_credentials'),
  3: ours('no_money'),
  // Blocked after many errors in a row: asking again keeps it so.
  4: ours('account_limit'),
  5: ours('bad_request'),
  6: ours('sender_refused'),
  7: theirs('bad_number'),
  8: theirs('undeliverable'),
  // The same request twice within a minute.
  9: { reason: 'repeated', retryable: true, about: 'message', retryAfter: 60 },
};

/** `error` of the one number (`op=1`): what the operator says of it. */
const NUMBER_ERRORS: Record<number, Meaning> = {
  1: theirs('bad_number'),
  // No service for messages, as on a landline.
  11: theirs('landline'),
  13: theirs('stop_list'),
};

const code = z.coerce.number().int();
const refusal = z.object({ error_code: code });
const success = z.object({
  id: z.union([z.string().min(1), z.number()]),
  phones: z.array(z.object({ error: code.optional() })).optional(),
});

const rejected = (meaning: Meaning, number: number): SendResult => ({
  outcome: 'rejected',
  ...meaning,
  code: number,
});

function readAnswer(answer: unknown): SendResult | undefined {
  const failed = refusal.safeParse(answer).data;
  if (failed) return rejected(ERRORS[failed.error_code] ?? ours('gateway_refused'), failed.error_code);
  const taken = success.safeParse(answer).data;
  if (!taken) return undefined;
  const error = taken.phones?.[0]?.error ?? 0;
  if (error !== 0) return rejected(NUMBER_ERRORS[error] ?? theirs('undeliverable'), error);
  return { outcome: 'accepted', id: String(taken.id) };
}

/**
 * SMSC.ru over its JSON interface. Errors come inside HTTP 200; without `charset` it would read windows-1251.
 * A "+" before the number keeps it from guessing another one.
 */
export function createSmsc({ origins, credentials, sender }: SmscOptions): SmsGateway {
  const urls = origins.map((origin) => new URL('/rest/send/', origin).href);
  return {
    name: 'smsc',
    send({ to, text, id }) {
      const order = { phones: to, mes: text, id, fmt: 3, op: 1, charset: 'utf-8', sender };
      const body = JSON.stringify({ ...credentials, ...order });
      return sendRequest({ urls, contentType: 'application/json; charset=utf-8', body }, readAnswer);
    },
  };
}
