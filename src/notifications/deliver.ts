/**
 * The worker that empties the outbox of one channel. Each node runs one a channel, and nodes share the work;
 * channels share nothing, so that a gateway that is away holds up no mail.
 */
import { addSeconds } from '../clock';
import { attemptMessage, type AttemptOptions, type Outcome } from './attempt';
import { claimMessages, type Claim } from './store';

export interface DeliveryOptions extends AttemptOptions {
  /** Messages under way at once on this node. */
  concurrency?: number;
  /** How often an empty outbox is looked at, in milliseconds. */
  intervalMs?: number;
  /** Hears of every try, for logs and metrics. */
  onOutcome?: (outcome: Outcome) => void;
  /** Hears of faults of the worker itself, such as a database that is away; it goes on afterwards. */
  onError: (error: unknown) => void;
}

export interface Delivery {
  start(): void;
  /** Takes nothing more and waits up to ten seconds for what is under way; what is left is sent again later. */
  stop(): Promise<void>;
  /** Delivers what is due until nothing is, or nothing can be sent. */
  deliverDue(): Promise<void>;
}

/**
 * Longer than the longest try (twenty seconds for the mail, thirty more to ask whether the server is up) by a
 * margin for nodes whose clocks differ. Only then may another worker take the message over.
 */
export const LEASE_SECONDS = 75;
const DRAIN_MS = 10_000;

interface Slots {
  /** Fills the free places with due messages; the number taken. A lease begins only when its message does. */
  fill(): Promise<number>;
  /** What is being sent now. */
  underWay: Set<Promise<void>>;
}

function createSlots(options: DeliveryOptions, onDone: () => void): Slots {
  const { concurrency = 8, onOutcome = () => undefined } = options;
  const underWay = new Set<Promise<void>>();
  let pausedUntil = new Date(0);

  async function attempt(claim: Claim): Promise<void> {
    const outcome = await attemptMessage(options, claim);
    if (outcome.pause !== undefined) pausedUntil = addSeconds(options.clock.now(), outcome.pause);
    onOutcome(outcome);
  }

  async function fill(): Promise<number> {
    const free = concurrency - underWay.size;
    const now = options.clock.now();
    if (free < 1 || now < pausedUntil) return 0;
    const claims = await claimMessages(options.db, options.courier.channel, free, now, LEASE_SECONDS);
    for (const claim of claims) {
      const work = attempt(claim)
        .catch(options.onError)
        .finally(() => {
          underWay.delete(work);
          onDone();
        });
      underWay.add(work);
    }
    return claims.length;
  }

  return { fill, underWay };
}

/** Resolves with `work`, or after `milliseconds` if that is sooner. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { intervalMs = 1000, onError } = options;
  let wake = (): void => undefined;
  const { fill, underWay } = createSlots(options, () => wake());
  let loop: Promise<void> | undefined;
  let stopped = false;

  async function run(): Promise<void> {
    while (!stopped) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await fill().catch(onError);
      await within(intervalMs, woken);
    }
  }

  return {
    start() {
      loop ??= run();
    },
    async stop() {
      stopped = true;
      wake();
      await loop;
      await within(DRAIN_MS, Promise.all(underWay));
    },
    async deliverDue() {
      while ((await fill()) > 0 || underWay.size > 0) await Promise.race(underWay);
    },
  };
}
