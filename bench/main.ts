/**
 * `npm run bench`: what the protocol's endpoints cost, beside bare oidc-providers in the same run, and the bars that
 * are held to it. docs/performance.md says how to read it. It brings its own Postgres and Redis and leaves nothing behind.
 *
 *   npm run bench -- [--quick] [--only TEXT]... [--embedded] [--json] [--profile FOLDER]
 */
import { stopEverything } from '../test/support/bench/running';
import { readPlan, type Plan } from './comparison/plan';
import {
  barTable,
  demandTable,
  footprintTable,
  stormTable,
  table,
  threadTable,
  type Report,
} from './comparison/report';
import { note, run } from './comparison/run';
import { STORM, STORMING } from './comparison/storm';

async function main(): Promise<void> {
  const plan = readPlan();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  try {
    const report = await run(plan);
    process.stdout.write(plan.json ? `${JSON.stringify(report, undefined, 2)}\n` : print(report, plan));
  } finally {
    await stopEverything();
  }
}

function print(report: Report, plan: Plan): string {
  const { hash, storm } = report;
  const sections = [
    `${report.machine}; ${report.at.slice(0, 10)}\n${report.method}`,
    table(report.figures),
    threadTable(report.figures),
    hash &&
      `one password check by itself: ${hash.cpuPerThousand.toFixed(2)} ms CPU, ${hash.perSecond.toFixed(0)} a second`,
    storm && stormTable(storm),
    demandTable(report.demands),
    footprintTable(report.footprints),
    legend(report, plan),
    `bars\n\n${barTable(report.bars)}`,
  ];
  return `${sections.filter((section) => section !== undefined).join('\n\n')}\n`;
}

function legend({ idToken, nodeFlags }: Report, plan: Plan): string {
  const flags = nodeFlags.length === 0 ? "Node's default flags" : nodeFlags.join(' ');
  const names = [
    ...plan.subjects,
    ...plan.workloads,
    { name: STORM, meaning: `client credentials, then the same beside ${STORMING} connections that sign in` },
  ];
  return [
    'CPU ms: processor time of the server for one operation, all threads, median of the rounds; stores: the same of',
    'Postgres and Redis. They carry over between machines of a kind; ops/s do not.',
    '× bare, × redis: how many times less processor time, how many times more operations a second, than they in the',
    'same turn; median of the turns. ±: half of how far the quartiles of what stands before it lie apart.',
    'Redis commands: also those that scripts call; round trips: reads from sockets. SQL: BEGIN and COMMIT apart.',
    `All of them run with ${flags} and sign ID tokens alike, ${idToken}.`,
    '',
    ...names.map(({ name, meaning }) => `  ${name.padEnd(30)}${meaning}`),
  ].join('\n');
}

main().catch((error: unknown) => {
  const failure = error instanceof Error ? error : new Error(String(error));
  const cause = failure.cause instanceof Error ? `: ${failure.cause.message}` : '';
  note(`The bench failed: ${failure.message}${cause}`);
  process.exitCode = 1;
});
