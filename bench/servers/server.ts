/** One server process under measurement: starting, asking what it used, ending. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tail } from '../../test/support/processes';
import { openConnection, requestText } from '../client/connection';
import { productionEnvironment, productionFlags } from './node-flags';
import type { Usage } from './usage';

export interface ServerProgram {
  /** Compiled entry file, relative to the folder of the compiled program. */
  entry: string;
  env: Record<string, string>;
}

export interface ServerPlace {
  /** Where `compile` put the program. */
  programFolder: string;
  /** File that takes what the server writes to stderr. */
  log: string;
  /** Folder for processor profiles, written when the server ends; undefined for none. */
  profileFolder?: string;
}

export interface Server {
  pid: number;
  /** From the start of the process to the first answer, in milliseconds. */
  startMs: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;

/** A compiled program with the flags of production, and the probe that tells what it uses. */
export function startProgram({ entry, env }: ServerProgram, place: ServerPlace): ChildProcess {
  const profile = place.profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${place.profileFolder}`] : [];
  const probe = ['--require', join(place.programFolder, 'bench/subjects/probe.js')];
  return fork(join(place.programFolder, entry), {
    execArgv: [...productionFlags(), ...probe, ...profile],
    env: { PATH: process.env.PATH, ...productionEnvironment(place.programFolder), ...env },
    // The log is written as in production, but nobody reads it.
    stdio: ['ignore', 'ignore', openSync(place.log, 'a'), 'ipc'],
  });
}

/** Starts a server and waits for its discovery document. @throws Error when it ends or says nothing within 30 s. */
export async function startServer(program: ServerProgram, place: ServerPlace, port: number): Promise<Server> {
  const begun = performance.now();
  const child = startProgram(program, place);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const server = { pid: child.pid ?? 0, usage: () => askUsage(child), stop: () => stopProgram(child) };
  while (!(await answers(port))) {
    if (ended()) throw new Error(`${program.entry} ended: ${tail(place.log)}`);
    if (performance.now() - begun > PATIENCE_MS) {
      await server.stop();
      throw new Error(`${program.entry} does not answer: ${tail(place.log)}`);
    }
    await sleep(5);
  }
  return { ...server, startMs: performance.now() - begun };
}

async function answers(port: number): Promise<boolean> {
  const connection = await openConnection(port).catch(() => undefined);
  if (!connection) return false;
  const request = requestText(`localhost:${port}`, 'GET', '/.well-known/openid-configuration');
  try {
    return (await connection.send(request)).status === 200;
  } catch {
    return false;
  } finally {
    connection.close();
  }
}

/** What a program with the probe has used so far. */
export function askUsage(child: ChildProcess): Promise<Usage> {
  return new Promise((resolve, reject) => {
    const gone = (): void => {
      reject(new Error('the server has ended'));
    };
    if (!child.connected) {
      gone();
      return;
    }
    child.once('disconnect', gone);
    child.once('message', (usage) => {
      child.off('disconnect', gone);
      resolve(usage as Usage);
    });
    child.send('usage');
  });
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await gone;
  clearTimeout(late);
}
