/** What the rounds of one workload say, of each subject and of each beside the others. */
import type { Round } from './measure';
import { median, quantile, spread, sum } from './statistics';

export interface Figures {
  workload: string;
  subject: string;
  operations: number;
  /** Processor seconds of the server per 1,000 operations, which are milliseconds of one; median of the rounds. */
  cpuPerThousand: number;
  /** Of the rounds' processor times: how noisy the machine was. */
  spread: number;
  /** The same as `cpuPerThousand`, of Postgres and Redis together. */
  storeCpuPerThousand: number;
  perSecond: number;
  p50: number;
  p99: number;
  /** Beside each other subject, by its name. */
  ratios: Record<string, Ratio>;
  /** Absent where no password is checked, or threads cannot be told apart. */
  threads?: ThreadFigures;
}

/** How many times better than another subject; each the median of the turns, of which each is a ratio of its own. */
export interface Ratio {
  /** The other's processor time to this one's. */
  cpu: number;
  cpuSpread: number;
  /** This one's operations a second to the other's. */
  perSecond: number;
}

/** Milliseconds of processor time of one operation, over all rounds. */
export interface ThreadFigures {
  whole: number;
  main: number;
  password: number;
  /** Those of libuv and V8. */
  rest: number;
}

/** What one subject did in its turns, in their order. */
export interface Turned {
  subject: string;
  rounds: readonly Round[];
}

/** @param all of one workload: so many rounds of each, at least one */
export function summarise(workload: string, all: readonly Turned[]): Figures[] {
  return all.map(({ subject, rounds }) => {
    const others = all.filter((other) => other.subject !== subject);
    return {
      workload,
      subject,
      ...figuresOf(rounds),
      ratios: Object.fromEntries(others.map((other) => [other.subject, ratio(rounds, other.rounds)])),
      threads: threadsOf(rounds),
    };
  });
}

const cost = ({ cpuSeconds, operations }: Round): number => (1000 * cpuSeconds) / operations;
const rate = ({ operations, seconds }: Round): number => operations / seconds;
const operationsOf = (rounds: readonly Round[]): number => sum(rounds.map(({ operations }) => operations));

function figuresOf(rounds: readonly Round[]): Omit<Figures, 'workload' | 'subject' | 'ratios' | 'threads'> {
  const operations = operationsOf(rounds);
  const latencies = rounds.flatMap((round) => round.latencies);
  return {
    operations,
    cpuPerThousand: median(rounds.map(cost)),
    spread: spread(rounds.map(cost)),
    // Counted in hundredths of a second: too coarse for a single round.
    storeCpuPerThousand: (1000 * sum(rounds.map((round) => round.storeCpuSeconds))) / operations,
    perSecond: median(rounds.map(rate)),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

/** The machine's speed changes by the second, so each round is compared with the other's of the same turn. */
function ratio(rounds: readonly Round[], others: readonly Round[]): Ratio {
  const perTurn = (compare: (own: Round, other: Round) => number): number[] =>
    rounds.flatMap((own, turn) => {
      const other = others[turn];
      return other ? [compare(own, other)] : [];
    });
  const costs = perTurn((own, other) => cost(other) / cost(own));
  const rates = perTurn((own, other) => rate(own) / rate(other));
  return { cpu: median(costs), cpuSpread: spread(costs), perSecond: median(rates) };
}

function threadsOf(rounds: readonly Round[]): ThreadFigures | undefined {
  const each = (seconds: (round: Round) => number): number =>
    (1000 * sum(rounds.map(seconds))) / operationsOf(rounds);
  const whole = each((round) => round.cpuSeconds);
  const main = each((round) => round.threadSeconds.main);
  const password = each((round) => round.threadSeconds.password);
  return password > 0 ? { whole, main, password, rest: whole - main - password } : undefined;
}
