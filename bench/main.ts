/**
 * `npm run bench`: what the protocol's endpoints cost, beside a bare oidc-provider in the same run.
 * docs/performance.md says how to read it. It brings its own Postgres and Redis and leaves nothing behind.
 *
 *   npm run bench -- [--quick] [--only TEXT]... [--json] [--profile FOLDER]
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePrograms } from '../test/support/bench/programs';
import { onStop, stopEverything } from '../test/support/bench/running';
import { FOLDER_VARIABLE, temporaryFolder } from '../test/support/processes';
import { compile } from './compile';
import { CONNECTIONS, runRound, type Measured, type Round } from './measure';
import { describeMachine, footprintTable, summarise, table, type Footprint, type Report } from './report';
import { startServer, type ServerPlace } from './server';
import { SUBJECTS, folderOf, type Subject } from './subjects';
import { WORKLOADS, type Workload } from './workloads';

interface Plan {
  workloads: readonly Workload[];
  rounds: number;
  /** Seconds of a measured round, and of the one before the first. */
  seconds: number;
  warmUpSeconds: number;
  profileFolder: string | undefined;
}

interface RunningSubject extends Measured {
  subject: Subject;
  idleBytes: number;
}

const MIB = 1024 * 1024;

/** Progress goes to stderr, so that what a program reads from stdout is the result alone. */
const note = (line: string): boolean => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const plan: Plan = {
    workloads: chooseWorkloads(values.only),
    ...(values.quick
      ? { rounds: 1, seconds: 0.6, warmUpSeconds: 0.2 }
      : { rounds: 3, seconds: 2, warmUpSeconds: 0.8 }),
    profileFolder: values.profile === undefined ? undefined : resolve(values.profile),
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void stopEverything().finally(() => process.exit(130)));
  }
  try {
    const report = await run(plan);
    process.stdout.write(values.json ? `${JSON.stringify(report, undefined, 2)}\n` : print(report, plan));
  } finally {
    await stopEverything();
  }
}

function chooseWorkloads(wanted: readonly string[]): readonly Workload[] {
  const chosen = WORKLOADS.filter(
    ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  if (chosen.length === 0) {
    throw new Error(`no workload of that name; there are: ${WORKLOADS.map(({ name }) => name).join(', ')}`);
  }
  return chosen;
}

async function run(plan: Plan): Promise<Report> {
  ensurePrograms();
  const folder = openFolder();
  note('compiling');
  const programFolder = resolve(folder, 'program');
  mkdirSync(programFolder);
  compile(programFolder);
  const running: RunningSubject[] = [];
  for (const subject of SUBJECTS) {
    note(`starting ${subject.name}`);
    running.push(await install(subject, folder, { programFolder, profileFolder: plan.profileFolder }));
  }
  const figures = [];
  for (const workload of plan.workloads) figures.push(...(await measure(workload, running, plan)));
  const footprints: Footprint[] = [];
  for (const { subject, server, idleBytes } of running) {
    const { residentBytes } = await server.usage();
    const { startMs } = server;
    footprints.push({
      subject: subject.name,
      startMs,
      idleMib: idleBytes / MIB,
      afterMib: residentBytes / MIB,
    });
  }
  return {
    machine: describeMachine(),
    at: new Date().toISOString(),
    method: method(plan),
    figures,
    footprints,
  };
}

function openFolder(): string {
  const folder = temporaryFolder();
  // Postgres runs as another user and has to get through to its own folder.
  chmodSync(folder.path, 0o711);
  process.env[FOLDER_VARIABLE] = folder.path;
  onStop(() => Promise.resolve(folder.remove()));
  return folder.path;
}

async function install(
  subject: Subject,
  parent: string,
  place: Omit<ServerPlace, 'log'>,
): Promise<RunningSubject> {
  const folder = folderOf(parent, subject);
  mkdirSync(folder, { mode: 0o700 });
  const { program, target, storePids } = await subject.install(folder, onStop);
  const server = await startServer(program, { ...place, log: `${folder}.log` }, target.port);
  onStop(server.stop);
  const { residentBytes } = await server.usage();
  return { subject, server, target, storePids, idleBytes: residentBytes };
}

/** Rounds of the subjects take turns, so that what slows the machine for a while slows them all. */
async function measure(workload: Workload, running: readonly RunningSubject[], plan: Plan) {
  const rounds = new Map<RunningSubject, Round[]>(running.map((one) => [one, []]));
  note(workload.name);
  for (let turn = 0; turn <= plan.rounds; turn += 1) {
    for (const one of running) {
      const seconds = turn === 0 ? plan.warmUpSeconds : plan.seconds;
      const round = await runRound(one, workload, seconds).catch((error: unknown) => {
        throw new Error(`${workload.name} on ${one.subject.name} failed`, { cause: error });
      });
      if (turn > 0) rounds.get(one)?.push(round);
    }
  }
  return [...rounds].map(([{ subject }, made]) => summarise(workload.name, subject.name, made));
}

function method(plan: Plan): string {
  return `${CONNECTIONS} connections, ${plan.rounds} × ${plan.seconds} s in turns after ${plan.warmUpSeconds} s of warming up, driver on the same machine`;
}

function print(report: Report, plan: Plan): string {
  const legend = [...SUBJECTS, ...plan.workloads].map(
    ({ name, meaning }) => `  ${name.padEnd(20)}${meaning}`,
  );
  return [
    `${report.machine}; ${report.at.slice(0, 10)}`,
    report.method,
    '',
    table(report.figures),
    '',
    footprintTable(report.footprints),
    '',
    'CPU s/1000: processor seconds of the server per 1,000 operations; ±: how far the rounds lie apart;',
    'stores: the same of Postgres and Redis. They carry over between machines of a kind; ops/s do not.',
    '',
    ...legend,
    '',
  ].join('\n');
}

main().catch((error: unknown) => {
  const failure = error instanceof Error ? error : new Error(String(error));
  const cause = failure.cause instanceof Error ? `: ${failure.cause.message}` : '';
  note(`The bench failed: ${failure.message}${cause}`);
  process.exitCode = 1;
});
