/** What is left for machines while people sign in: tokens of one relying party, quiet and beside sign-ins. */
import type { Connection } from '../client/connection';
import { CONNECTIONS, drive, openConnections, type Measured } from './measure';
import { quantile } from './statistics';
import type { Turns } from './turns';
import { clientCredentials, coldFlow } from './workloads';

export const STORM = 'tokens beside a sign-in storm';

/** Connections that sign in with a password again and again. */
export const STORMING = 8;

interface Half {
  perSecond: number;
  p50: number;
  p99: number;
}

export interface StormFigures {
  subject: string;
  quiet: Half;
  beside: Half;
  signInsPerSecond: number;
}

interface Tally {
  latencies: number[];
  seconds: number;
  signIns: number;
}

/** Quiet and stormy times take turns. The first turn warms up and does not count. */
export async function measureStorm(subject: string, measured: Measured, turns: Turns): Promise<StormFigures> {
  const halves = { quiet: emptyTally(), beside: emptyTally() };
  for (let turn = 0; turn <= turns.count; turn += 1) {
    for (const [name, tally] of Object.entries(halves)) {
      const made = await spell(measured, turn === 0 ? turns.seconds / 2 : turns.seconds, name === 'beside');
      if (turn > 0) add(tally, made);
    }
  }
  const { quiet, beside } = halves;
  return {
    subject,
    quiet: summarise(quiet),
    beside: summarise(beside),
    signInsPerSecond: beside.signIns / beside.seconds,
  };
}

const emptyTally = (): Tally => ({ latencies: [], seconds: 0, signIns: 0 });

function add(tally: Tally, made: Tally): void {
  for (const latency of made.latencies) tally.latencies.push(latency);
  tally.seconds += made.seconds;
  tally.signIns += made.signIns;
}

function summarise({ latencies, seconds }: Tally): Half {
  return {
    perSecond: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

async function spell({ target }: Measured, seconds: number, storming: boolean): Promise<Tally> {
  const calm = await openConnections(target.port, CONNECTIONS);
  const others = storming ? await openConnections(target.port, STORMING) : [];
  try {
    const signIn = (connection: Connection): Promise<void> => coldFlow(connection, target);
    const [tokens, signIns] = await Promise.all([
      drive(clientCredentials(target), calm, seconds),
      drive(signIn, others, seconds),
    ]);
    return { latencies: tokens.latencies, seconds: tokens.elapsed, signIns: signIns.latencies.length };
  } finally {
    for (const connection of [...calm, ...others]) connection.close();
  }
}
