import type { SmsGateway } from '../sms/gateway';

/** Accepts every message and carries none: development reads them in the outbox. */
export function createOutboxGateway(): SmsGateway {
  return { name: 'outbox', send: ({ id }) => Promise.resolve({ outcome: 'accepted', id }) };
}
