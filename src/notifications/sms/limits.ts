import { E164 } from '../notifications';

/** One counter, in the words of the request limits. */
export interface SmsLimit {
  key: string;
  max: number;
  /** Seconds. */
  window: number;
}

/** Messages an hour. */
export interface SmsCaps {
  /** To numbers that begin alike. */
  prefix: number;
  /** Asked for from one network address. */
  address: number;
  global: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** "+7" and six more digits: the ten thousand numbers that fraud buys together. */
const PREFIX_LENGTH = '+7909000'.length;

/**
 * The counters that one message asked for by a visitor uses (security.md 43). Whoever pays for messages is robbed
 * by robots that ask for them, so there is a cap on everything.
 * @param to in E.164, so that all spellings of a number share one count.
 * @param addressBlock the visitor's network address, an IPv6 one by its /64.
 * @throws TypeError when the number is not in E.164.
 */
export function smsLimits(caps: SmsCaps, to: string, addressBlock: string): SmsLimit[] {
  if (!E164.test(to)) throw new TypeError('a number that is not in E.164');
  return [
    { key: `sms:number:${to}`, max: 3, window: 10 * MINUTE },
    { key: `sms:number_day:${to}`, max: 10, window: DAY },
    { key: `sms:prefix:${to.slice(0, PREFIX_LENGTH)}`, max: caps.prefix, window: HOUR },
    { key: `sms:address:${addressBlock}`, max: caps.address, window: HOUR },
    { key: 'sms:all', max: caps.global, window: HOUR },
  ];
}
