import type { Clock } from '../../src/clock';

/** A clock that stands still until a test moves it. */
export function movableClock(
  start = new Date('2026-11-22T06:00:00Z'),
): Clock & { advance(seconds: number): void } {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}
