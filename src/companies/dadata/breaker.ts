/** Leaves a service alone that keeps failing, and lets one question through now and then to see whether it is back. */
import { addSeconds, type Clock } from '../../clock';

export interface Breaker {
  /** True when a question may go out; whoever got it says afterwards how it went. */
  admit(): boolean;
  succeeded(): void;
  failed(): void;
}

export interface BreakerLimits {
  /** Failures in a row that open it. */
  failures: number;
  /** Seconds until one question is let through. */
  rest: number;
}

export function createBreaker(clock: Clock, { failures, rest }: BreakerLimits): Breaker {
  let inARow = 0;
  let restsUntil: Date | undefined;
  let probing = false;
  return {
    admit: () => {
      if (!restsUntil) return true;
      if (probing || clock.now() < restsUntil) return false;
      probing = true;
      return true;
    },
    succeeded: () => {
      inARow = 0;
      probing = false;
      restsUntil = undefined;
    },
    failed: () => {
      inARow += 1;
      probing = false;
      if (inARow >= failures) restsUntil = addSeconds(clock.now(), rest);
    },
  };
}
