import { z } from 'zod';
import { sendRequest } from '../sms/call';
import type { Rejection, SendResult, SmsGateway } from '../sms/gateway';

export interface SmsRuOptions {
  origin: string;
  apiId: string;
  /** Name the person sees as the sender; must be agreed with the gateway. */
  sender?: string;
}

type Meaning = Pick<Rejection, 'reason' | 'retryable' | 'about' | 'retryAfter'>;

const ours = (reason: Rejection['reason']): Meaning => ({ reason, retryable: false, about: 'gateway' });
const theirs = (reason: Rejection['reason']): Meaning => ({ reason, retryable: false, about: 'message' });

/** `status_code`, of the whole request or of the one number: the same list. */
const ERRORS: Record<number, Meaning> = {
  200: ours('bad_credentials'),
  201: ours('no_money'),
  202: theirs('undeliverable'),
  203: ours('bad_request'),
  204: ours('sender_refused'),
  205: theirs('too_long'),
  206: ours('account_limit'),
  // No route to this number; the usual case is a landline.
  207: theirs('landline'),
  209: theirs('stop_list'),
  210: ours('bad_request'),
  212: ours('bad_request'),
  213: ours('bad_request'),
  220: { reason: 'gateway_busy', retryable: true, about: 'gateway' },
  230: theirs('number_limit'),
  231: { reason: 'repeated', retryable: true, about: 'message', retryAfter: 60 },
  232: theirs('repeated'),
  233: theirs('repeated'),
  300: ours('bad_credentials'),
  301: ours('bad_credentials'),
  302: ours('bad_credentials'),
  500: { reason: 'gateway_busy', retryable: true, about: 'gateway' },
};

const OK = 100;
const status = z.object({ status: z.enum(['OK', 'ERROR']), status_code: z.coerce.number().int() });
const ofNumber = status.extend({ sms_id: z.string().optional() });
const answered = status.extend({ sms: z.record(z.string(), ofNumber).optional() });

const rejected = (code: number): SendResult => ({
  outcome: 'rejected',
  ...(ERRORS[code] ?? ours('gateway_refused')),
  code,
});

function readAnswer(answer: unknown, id: string): SendResult | undefined {
  const whole = answered.safeParse(answer).data;
  if (!whole) return undefined;
  if (whole.status === 'ERROR') return rejected(whole.status_code);
  const [number] = Object.values(whole.sms ?? {});
  if (!number) return undefined;
  const taken = number.status === 'OK' && number.status_code === OK;
  return taken ? { outcome: 'accepted', id: number.sms_id ?? id } : rejected(number.status_code);
}

/** SMS.ru. Its answers have two levels: a request that is OK may hold a number that is not. */
export function createSmsRu({ origin, apiId, sender }: SmsRuOptions): SmsGateway {
  const urls = [new URL('/sms/send', origin).href];
  return {
    name: 'sms-ru',
    send({ to, text, id }) {
      const form = new URLSearchParams({ api_id: apiId, to: to.slice(1), msg: text, json: '1' });
      if (sender !== undefined) form.set('from', sender);
      const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
      return sendRequest({ urls, contentType, body: form.toString() }, (answer) => readAnswer(answer, id));
    },
  };
}
