/** What the product has to reach, and whether it does. */
import type { Figures } from './figures';
import type { DemandFigures, Report } from './report';
import { BARE, OURS, REDIS } from '../servers/subjects';
import { COLD_FLOW, SESSION_FLOW, jwtName } from './workloads';

export interface Bar {
  name: string;
  wanted: string;
  reached: string;
  /** What else is worth knowing of it: for a ratio of processor times, the one of operations a second. */
  beside: string;
  held: boolean;
}

/** All that the bars are judged by. */
export type Measurements = Pick<Report, 'figures' | 'demands' | 'hash' | 'storm' | 'footprints'>;

/** [workload, other subject, how many times its processor time ours has to be less at least] */
const RATIOS: readonly [workload: string, other: string, least: number][] = [
  ['discovery', BARE, 1.5],
  ['jwks', BARE, 1.5],
  [jwtName('ES256'), BARE, 1],
  [SESSION_FLOW, BARE, 1],
  [SESSION_FLOW, REDIS, 1.6],
  ['refresh', BARE, 1.3],
];

/** A script is one command: it is sent, read and answered once. What it calls is told beside. */
const DEMANDS: readonly [
  name: string,
  of: 'redisCommandsSent' | 'redisTrips' | 'statements',
  most: number,
][] = [
  ['Redis commands', 'redisCommandsSent', 12],
  ['Redis round trips', 'redisTrips', 8],
  ['SQL statements', 'statements', 5],
];

/** Work in the background is taken off a count by its average: what is left of it is chance. */
const COUNTING_NOISE = 0.2;

const HASH_TIMES = 1.3;
const STORM_PERCENT = 40;
const STORM_P99_TIMES = 3;
const READY_MS = 1000;
const IDLE_MIB = 130;

const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;

/** Of what was measured; what was left out has no line. */
export function judge(measured: Measurements): Bar[] {
  return [
    ...RATIOS.flatMap((ratio) => ratioBar(measured.figures, ratio)),
    ...demandBars(measured.demands),
    ...hashBar(measured),
    ...stormBars(measured),
    ...footprintBars(measured),
  ];
}

const oursOf = (figures: readonly Figures[], workload: string): Figures | undefined =>
  figures.find((row) => row.workload === workload && row.subject === OURS);

function ratioBar(figures: readonly Figures[], [workload, other, least]: (typeof RATIOS)[number]): Bar[] {
  const ratio = oursOf(figures, workload)?.ratios[other];
  if (!ratio) return [];
  return [
    {
      name: workload,
      wanted: `≥ ${least.toFixed(1)} × ${other}`,
      reached: times(ratio.cpu),
      beside: `± ${(100 * ratio.cpuSpread).toFixed(0)} %, ops/s ${times(ratio.perSecond)}`,
      held: ratio.cpu >= least,
    },
  ];
}

function demandBars(demands: readonly DemandFigures[]): Bar[] {
  const find = (flow: string): DemandFigures | undefined =>
    demands.find(({ workload, subject }) => workload === flow && subject === OURS);
  const [cold, session] = [find(COLD_FLOW), find(SESSION_FLOW)];
  if (!cold) return [];
  return DEMANDS.map(([name, of, most]) => ({
    name: `${name}, cold flow`,
    wanted: `≤ ${most}`,
    reached: cold[of].toFixed(1),
    beside: [
      session ? `session flow ${session[of].toFixed(1)}` : '',
      of === 'redisCommandsSent' ? `${cold.redisCommands.toFixed(1)} with what scripts call` : '',
    ]
      .filter(Boolean)
      .join(', '),
    held: cold[of] <= most + COUNTING_NOISE,
  }));
}

/** Held to the hash as it ran in the server: beside all that keeps the machine busy, as the rest of the sign-in did. */
function hashBar({ figures, hash }: Measurements): Bar[] {
  const threads = oursOf(figures, COLD_FLOW)?.threads;
  if (!threads || !hash) return [];
  const { whole, password } = threads;
  const [reached, alone] = [whole / password, hash.cpuPerThousand];
  return [
    {
      name: 'password sign-in',
      wanted: `≤ ${HASH_TIMES} × its hash`,
      reached: times(reached),
      beside: `${password.toFixed(1)} of ${whole.toFixed(1)} ms; ${times(whole / alone)} one by itself, ${alone.toFixed(1)} ms`,
      held: reached <= HASH_TIMES,
    },
  ];
}

function stormBars({ storm }: Measurements): Bar[] {
  if (!storm) return [];
  const { quiet, beside, signInsPerSecond } = storm;
  const kept = (100 * beside.perSecond) / quiet.perSecond;
  const slower = beside.p99 / quiet.p99;
  return [
    {
      name: 'tokens beside a storm, rate',
      wanted: `≥ ${STORM_PERCENT} %`,
      reached: `${kept.toFixed(0)} %`,
      beside: `${signInsPerSecond.toFixed(0)} sign-ins/s`,
      held: kept >= STORM_PERCENT,
    },
    {
      name: 'tokens beside a storm, p99',
      wanted: `≤ ${STORM_P99_TIMES} ×`,
      reached: times(slower),
      beside: `${beside.p99.toFixed(1)} ms`,
      held: slower <= STORM_P99_TIMES,
    },
  ];
}

function footprintBars({ footprints }: Measurements): Bar[] {
  const ours = footprints.find(({ subject }) => subject === OURS);
  const bare = footprints.find(({ subject }) => subject === BARE);
  if (!ours) return [];
  return [
    {
      name: 'ready',
      wanted: `≤ ${READY_MS} ms`,
      reached: `${ours.startMs.toFixed(0)} ms`,
      beside: bare ? `bare ${bare.startMs.toFixed(0)} ms` : '',
      held: ours.startMs <= READY_MS,
    },
    {
      name: 'idle',
      wanted: `≤ ${IDLE_MIB} MiB`,
      reached: `${ours.idleMib.toFixed(0)} MiB`,
      beside: bare ? `bare ${bare.idleMib.toFixed(0)} MiB` : '',
      held: ours.idleMib <= IDLE_MIB,
    },
  ];
}
