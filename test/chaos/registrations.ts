/**
 * Registrations while the server is killed every other second: stores, mail server and SMS gateway survive, the
 * product does not. People reload, and go on where they were.
 */
import { seededChance } from './chance';
import { registerAll } from './crowd';
import { outboxEmpty, type Findings } from './finding';
import { openPremises, startFleet } from './fleet';
import { startKilling, startKillingNodes, type Killing } from './killing';
import type { Story } from './registrant';
import { checkAudit, checkPost, checkRegistrations, type MailFigures } from './registration-checks';

export interface RegistrationPlan {
  registrations: number;
  /** Seconds between two kills, about. */
  killEvery: number;
  /** People at once; most of them wait for a message whose sender was killed. */
  parallel: number;
  seed: number;
  /** 1: the server itself; 2: one node after the other behind a proxy. */
  nodes: number;
}

/** Runs it in stores of its own. @throws Error when a server does not start */
export async function runRegistrations(
  plan: RegistrationPlan,
  note: (line: string) => void,
): Promise<Findings> {
  const place = await openPremises();
  const chance = seededChance(plan.seed);
  const killing =
    plan.nodes === 1
      ? await startKilling(place, plan.killEvery, chance)
      : startKillingNodes(await startFleet(place), plan.killEvery, chance);
  const begun = performance.now();
  const stories = await registerAll(place, plan, note);
  const seconds = (performance.now() - begun) / 1000;
  await killing.stop();
  note('waiting until the outbox is empty');
  await outboxEmpty(place.env.DATABASE_URL);
  const exitCode = await killing.end();
  const post = checkPost(place.post, stories);
  const invariants = [
    ...(await checkRegistrations(place.env.DATABASE_URL, stories)),
    ...post.invariants,
    checkAudit(place.command, place.env),
    { name: 'the server said nothing but its log', broken: killing.complaints },
    { name: 'the server stopped in order', broken: exitCode === 0 ? [] : [`exit code ${exitCode}`] },
  ];
  return { figures: figuresOf(stories, killing, seconds, post.figures), invariants };
}

function figuresOf(
  stories: readonly Story[],
  { kills, restarts, seconds: killingSeconds }: Killing,
  seconds: number,
  { sent, duplicates }: MailFigures,
): Record<string, string> {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  const took = stories.map((story) => story.seconds).sort((one, other) => one - other);
  const quantile = (part: number): string => (took[Math.floor((took.length - 1) * part)] ?? 0).toFixed(1);
  const refusals = stories.flatMap((story) => story.refusals);
  return {
    registrations: `${stories.filter((story) => story.acknowledged).length} of ${stories.length} in ${seconds.toFixed(0)} s`,
    kills: `${kills}, one every ${(killingSeconds / Math.max(1, kills - 1)).toFixed(1)} s`,
    'from start to ready': `${(sum(restarts) / restarts.length / 1000).toFixed(2)} s on average`,
    'requests without an answer': String(sum(stories.map((story) => story.failures))),
    'codes asked for again': String(sum(stories.map((story) => story.resends))),
    'forms that came back': `${refusals.length}${refusals.length > 0 ? `, such as "${refusals[0] ?? ''}"` : ''}`,
    'one registration took': `p50 ${quantile(0.5)} s, p95 ${quantile(0.95)} s, at most ${quantile(1)} s`,
    mails: `${sent}, ${duplicates} of them twice (${((100 * duplicates) / Math.max(1, sent)).toFixed(2)} %)`,
  };
}
