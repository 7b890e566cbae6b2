/** The command line over a database of the test's own: run a command, read what the operator reads. */
import { join } from 'node:path';
import { adminTools } from '../../src/node/admin-socket';
import { Failure, type AdminIo, type AdminTools } from '../../src/admin/admin';
import { runCli } from '../../src/admin/cli';
import { loadConfig } from '../../src/config';
import type { Foundation } from '../../src/foundation';
import { createLogger } from '../../src/log';
import { movableClock } from '../support/clock';
import { openTestDatabase, type StorageKind, type TestDatabase } from '../support/database';
import { testSecrets } from '../support/secrets';

export interface Answer {
  code: number;
  out: string;
  err: string;
}

export interface Desk {
  database: TestDatabase;
  tools: AdminTools;
  clock: ReturnType<typeof movableClock>;
  /** Files on the operator's side, by path. */
  files: Map<string, Buffer>;
  run(...argv: string[]): Promise<Answer>;
  /** With a person at a terminal, who gives this answer to every question. */
  runAsking(yes: boolean, ...argv: string[]): Promise<Answer & { questions: string[] }>;
  /** With --json: the parsed document. @throws Error when the command fails. */
  json<Shape>(...argv: string[]): Promise<Shape>;
  close(): Promise<void>;
}

export const ISSUER = 'https://id.example.test';

/** An operator's streams, kept as text. */
export function recordingIo(files: Map<string, Buffer>, facts: Partial<AdminIo> = {}) {
  const answer: Answer = { code: -1, out: '', err: '' };
  const io: AdminIo = {
    stdout: (text) => {
      answer.out += text;
    },
    stderr: (text) => {
      answer.err += text;
    },
    columns: 100,
    interactive: false,
    colour: false,
    timeZone: 'Europe/Moscow',
    operator: 'test-operator',
    ask: () => Promise.resolve(false),
    readFile: (path, limit) => {
      const content = files.get(path);
      if (!content || content.length > limit) return Promise.reject(new Failure('usage', `No file ${path}.`));
      return Promise.resolve(content);
    },
    saveFile: (folder, name, content) => {
      files.set(`${folder}/${name}`, content);
      return Promise.resolve();
    },
    ...facts,
  };
  return { io, answer };
}

export async function openDesk(kind: StorageKind): Promise<Desk> {
  return openDeskOver(await openTestDatabase(kind));
}

/** Over a database that is there already; closing the desk closes it. */
export function openDeskOver(database: TestDatabase): Desk {
  const clock = movableClock();
  const config = loadConfig({ ISSUER, CAPTCHA_PROVIDER: 'none' });
  const foundation: Foundation = {
    ...database,
    config,
    secrets: testSecrets,
    clock,
    log: createLogger('silent'),
    viewsDir: join(__dirname, '../../views'),
  };
  const tools = adminTools(foundation);
  const files = new Map<string, Buffer>();
  const start = async (argv: string[], facts?: Partial<AdminIo>): Promise<Answer> => {
    const { io, answer } = recordingIo(files, facts);
    answer.code = await runCli(argv, { io, tools: () => Promise.resolve(tools), loadConfig: () => config });
    return answer;
  };
  return {
    database,
    tools,
    clock,
    files,
    run: (...argv) => start(argv),
    runAsking: async (yes, ...argv) => {
      const questions: string[] = [];
      const ask = (question: string): Promise<boolean> => {
        questions.push(question);
        return Promise.resolve(yes);
      };
      return { ...(await start(argv, { interactive: true, ask })), questions };
    },
    json: async <Shape>(...argv: string[]) => {
      const { code, out, err } = await start([...argv, '--json']);
      if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${err}`);
      return JSON.parse(out) as Shape;
    },
    close: () => database.close(),
  };
}
