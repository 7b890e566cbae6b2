/** The operator in front of this process: its streams, its files, its user. */
import { mkdir, open, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Failure, type AdminIo } from './admin';
import { plain } from './print/plain-text';

/** Width of tables that go into a pipe or a file. */
const PIPE_COLUMNS = 100;

export function createTerminal(): AdminIo {
  const { stdin, stdout, stderr } = process;
  // On a stream that is no terminal isTTY is undefined, whatever its type says.
  // Whoever reads us may stop early (`| head`); that is no fault.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  return {
    stdout: (text) => {
      stdout.write(text);
    },
    stderr: (text) => {
      stderr.write(text);
    },
    columns: stdout.isTTY ? stdout.columns : PIPE_COLUMNS,
    interactive: Boolean(stdin.isTTY && stderr.isTTY),
    // hasColors also heeds NO_COLOR and TERM=dumb.
    colour: Boolean(stdout.isTTY && stdout.hasColors()),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    operator: operatorName(),
    ask: async (question) => {
      const lines = createInterface({ input: stdin, output: stderr });
      const closed = new Promise<string>((resolve) => {
        lines.once('close', () => {
          resolve('');
        });
      });
      const answer = await Promise.race([lines.question(`${question} [yes/no] `), closed]);
      lines.close();
      if (answer === '') stderr.write('\n');
      return /^y(es)?$/i.test(answer.trim());
    },
    readFile: readOperatorFile,
    saveFile: saveOperatorFile,
  };
}

function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/** A name in a folder, and nothing that leads out of it or hides. */
const FILE_NAME = /^[^./\\\p{C}][^/\\\p{C}]{0,199}$/u;

/** Never writes over what is there, and nobody else may read it. @throws Failure */
async function saveOperatorFile(folder: string, name: string, content: Buffer): Promise<void> {
  if (!FILE_NAME.test(name)) throw new Failure('failed', 'A document has a name that no file may have.');
  const path = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = (error as { code?: string }).code === 'EEXIST';
    throw new Failure(
      'usage',
      `The file ${plain(path)} ${exists ? 'exists already; name another folder' : 'cannot be written'}.`,
    );
  }
}

/** What comes through a pipe, up to one byte more than `limit`. */
async function readStdin(limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > limit) break;
  }
  return Buffer.concat(parts);
}

/** Reads at most `limit` bytes, so that a wrong path cannot fill the memory; `-` is the standard input. @throws Failure */
async function readOperatorFile(path: string, limit: number): Promise<Buffer> {
  let bytes: Buffer;
  try {
    if (path === '-') bytes = await readStdin(limit);
    else {
      const file = await open(path, 'r');
      try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(limit + 1), 0, limit + 1, 0);
        bytes = buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    }
  } catch (error) {
    const why = (error as { code?: string }).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new Failure('usage', `The file ${plain(path)} ${why}.`);
  }
  if (bytes.length > limit)
    throw new Failure('usage', `The file ${plain(path)} is larger than ${Math.floor(limit / 1024)} KiB.`);
  return bytes;
}
