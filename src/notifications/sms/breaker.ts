/** Spares a gateway that is down, and the people behind its timeouts: after five failures in a row it rests. */
import { addSeconds, type Clock } from '../../clock';
import type { SendResult, SmsGateway } from './gateway';

/** Failures in a row that open the breaker. */
export const BREAKER_FAILURES = 5;
/** Seconds until an open breaker lets one message through to see. */
export const BREAKER_SECONDS = 20;
/** While that one is under way the others wait this long: as long as it can take. */
const PROBE_SECONDS = 3;

/** Whether any other message would have fared the same. */
const isFailure = (result: SendResult): boolean =>
  result.outcome === 'unknown' || (result.outcome === 'rejected' && result.about === 'gateway');

const resting = (retryAfter: number): SendResult => ({
  outcome: 'rejected',
  reason: 'gateway_resting',
  retryable: true,
  about: 'gateway',
  retryAfter,
});

/** Wraps a gateway. Each process has a breaker of its own. */
export function withBreaker(gateway: SmsGateway, clock: Clock): SmsGateway {
  let failures = 0;
  let closedAgainAt = new Date(0);
  let probing = false;

  function note(result: SendResult): void {
    failures = isFailure(result) ? failures + 1 : 0;
    if (failures >= BREAKER_FAILURES) closedAgainAt = addSeconds(clock.now(), BREAKER_SECONDS);
  }

  return {
    name: gateway.name,
    async send(sms) {
      const open = failures >= BREAKER_FAILURES;
      const wait = Math.ceil((closedAgainAt.getTime() - clock.now().getTime()) / 1000);
      if (open && wait > 0) return resting(wait);
      if (open && probing) return resting(PROBE_SECONDS);
      probing = open;
      try {
        const result = await gateway.send(sms);
        note(result);
        return result;
      } finally {
        if (open) probing = false;
      }
    },
  };
}
