/**
 * Throw-away servers on loopback, which a test may kill and bring back. The test bench starts its shared
 * ones with the same functions.
 */
import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RunningProcess {
  pid: number;
  /** False once the process has ended. */
  alive(): boolean;
  /** Ends it with `signal` (SIGTERM unless told otherwise) and resolves when it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The operating system user a server runs as, where it must not be root. */
export interface ProcessOwner {
  uid: number;
  gid: number;
}

/** True when something accepts connections on a port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

/** Asks `check` until it agrees. @throws Error naming `what` after `seconds`. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  seconds = 30,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
    await sleep(20);
  }
}

/** Where a program stands on PATH; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/**
 * Starts a program whose output goes to `log`. Where the system allows it, the program ends together with
 * this process, however that dies.
 */
export function startProcess(command: string[], log: string, owner?: ProcessOwner): RunningProcess {
  const guard = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  const [file = '', ...parameters] = guard ? [guard, '--pdeathsig', 'INT', '--', ...command] : command;
  const output = openSync(log, 'a');
  const child = spawn(file, parameters, { stdio: ['ignore', output, output], cwd: tmpdir(), ...owner });
  closeSync(output);
  child.unref();
  child.on('error', () => undefined);
  return runningProcess(child);
}

function runningProcess(child: ChildProcess): RunningProcess {
  const alive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    alive,
    stop: async (signal = 'SIGTERM') => {
      if (!alive()) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.ref();
      child.kill(signal);
      await gone;
    },
  };
}

/** Names the bench's own folder, in which all others are made, so that ending the bench removes them too. */
export const FOLDER_VARIABLE = 'PORT_ONE_ID_TEST_FOLDER';

/** A new folder, and what removes it. */
export function temporaryFolder(owner?: ProcessOwner): { path: string; remove(): void } {
  const parent = process.env[FOLDER_VARIABLE];
  const path = mkdtempSync(parent ? join(parent, 't-') : join(tmpdir(), 'port-one-id-test-'));
  chmodSync(path, 0o700);
  if (owner) chownSync(path, owner.uid, owner.gid);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** The end of a log file, for the message of a failure. */
export function tail(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-1500) : '(no output)';
}

/** The unprivileged user for programs that refuse to run as root; undefined when we are not root. */
export function unprivilegedOwner(): ProcessOwner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string, user: string) =>
    Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const owners = ['postgres', 'nobody'].flatMap((user) => {
    try {
      return [{ uid: idOf('-u', user), gid: idOf('-g', user) }];
    } catch {
      return [];
    }
  });
  return owners[0];
}
