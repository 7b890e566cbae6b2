import { statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Failure, type AdminIo } from '../../src/admin/admin';
import { connectToServer, runRemotely } from '../../src/admin/remote';
import { createAdminSocket, type AdminSocket, type RunCommand } from '../../src/admin/socket';
import { temporaryFolder } from '../support/processes';
import { recordingIo } from './desk';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let socket: AdminSocket | undefined;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'admin.sock');
});
afterEach(async () => {
  await socket?.close();
  folder.remove();
});

async function serve(run: RunCommand): Promise<void> {
  socket = createAdminSocket(path, run);
  await socket.listen();
}

async function command(argv: string[], facts: Partial<AdminIo> = {}, files = new Map<string, Buffer>()) {
  const { io, answer } = recordingIo(files, facts);
  const server = await connectToServer(path);
  if (!server) throw new Error('nobody answers');
  answer.code = await runRemotely(server, argv, io);
  return answer;
}

/** What the server does with raw bytes: everything it sends until it hangs up. */
function raw(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const client = connect(path, () => client.write(bytes));
    client.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    client.on('error', () => undefined).on('close', () => resolve(heard));
  });
}

test('arguments, output and the exit code pass; the operator is told to the server', async () => {
  await serve((argv, io) => {
    io.stdout(`${argv.join('|')} ${io.operator} ${io.timeZone} ${io.columns} ${String(io.colour)}\n`);
    io.stderr('Ёж\u2028\n');
    return Promise.resolve(3);
  });
  const facts = { operator: 'anna', timeZone: 'Asia/Omsk', columns: 120, colour: true };
  expect(await command(['a b', 'ё\n"'], facts)).toEqual({
    code: 3,
    out: 'a b|ё\n" anna Asia/Omsk 120 true\n',
    err: 'Ёж\u2028\n',
  });
});

test('questions and files are asked for at the operator', async () => {
  await serve(async (_argv, io) => {
    const yes = await io.ask('Sure?');
    const logo = await io.readFile('logo.png', 10);
    const missing = await io.readFile('gone', 10).catch((error: unknown) => (error as Failure).message);
    io.stdout(`${String(yes)} ${logo.toString('hex')} ${String(missing)}`);
    return 0;
  });
  const questions: string[] = [];
  const ask = (question: string) => Promise.resolve(questions.push(question) > 0);
  const files = new Map([['logo.png', Buffer.from('00ff', 'hex')]]);
  const { out } = await command(['x', '--logo=logo.png', 'gone'], { interactive: true, ask }, files);
  expect([questions, out]).toEqual([['Sure?'], 'true 00ff No file gone.']);
});

test('files come to the operator in any size, and only into a folder that the command line names', async () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 7, 'ё');
  await serve(async (_argv, io) => {
    await io.saveFile('./17', 'scan.pdf', large);
    await io.saveFile('./17', 'empty', Buffer.alloc(0));
    io.stdout(
      await io.saveFile('/etc', 'passwd', large).then(String, (error: unknown) => (error as Error).message),
    );
    return 0;
  });
  const files = new Map<string, Buffer>();
  const { out, code } = await command(['show', '--documents', './17'], {}, files);
  expect(code).toBe(0);
  expect(out).toContain('does not name');
  expect([...files.keys()]).toEqual(['./17/scan.pdf', './17/empty']);
  expect(files.get('./17/scan.pdf')?.equals(large)).toBe(true);
});

test('a file that the command line does not name is not handed out', async () => {
  await serve(async (_argv, io) => {
    io.stdout(
      await io.readFile('/etc/hostname', 100).then(String, (error: unknown) => (error as Error).message),
    );
    return 0;
  });
  const files = new Map([['/etc/hostname', Buffer.from('private')]]);
  expect((await command(['accounts', 'list'], {}, files)).out).toMatch(/does not name/);
});

test('a file in parts arrives whole, with the bytes that were sent', async () => {
  const content = Buffer.from(Array.from({ length: 3 * 1024 * 1024 + 7 }, (_, n) => (n * 7919) % 251));
  let same = false;
  await serve(async (_argv, io) => {
    same = (await io.readFile('big', 4 * 1024 * 1024)).equals(content);
    return 0;
  });
  expect([(await command(['big'], {}, new Map([['big', content]]))).code, same]).toEqual([0, true]);
});

test.each([
  ['nobody asked for', false],
  ['are more than was asked for', true],
])('parts of a file that %s are hung up on', async (_what, reads) => {
  let failed: unknown;
  let ended = (): void => undefined;
  const end = new Promise<void>((resolve) => (ended = resolve));
  await serve(async (_argv, io) => {
    if (reads) failed = await io.readFile('big', 10).catch((error: unknown) => error);
    await end;
    return 0;
  });
  const run = {
    type: 'run',
    protocol: 1,
    argv: [],
    columns: 80,
    colour: false,
    interactive: false,
    timeZone: 'UTC',
  };
  const part = { type: 'file_part', content: Buffer.alloc(11).toString('base64') };
  const lines = [{ ...run, operator: 'anna' }, part].map((message) => `${JSON.stringify(message)}\n`);
  expect(await raw(lines.join(''))).not.toContain('exit');
  ended();
  expect(failed instanceof Failure).toBe(reads);
});

test('only the owner may open it, and a stale file is replaced', async () => {
  writeFileSync(path, 'left behind');
  await serve(() => Promise.resolve(0));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await command([])).code).toBe(0);
});

test('nobody there is told apart from a server', async () => {
  expect(await connectToServer(path)).toBeUndefined();
  writeFileSync(path, '');
  expect(await connectToServer(path)).toBeUndefined();
});

test('many commands run at once, each with its own answers', async () => {
  await serve(async (argv, io) => {
    io.stdout(`${argv[0] ?? ''} ${String(await io.ask(argv[0] ?? ''))}`);
    return 0;
  });
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      command([String(n)], { ask: (q) => Promise.resolve(Number(q) % 2 === 0) }),
    ),
  );
  expect(answers.map(({ out }) => out)).toEqual([
    '0 true',
    '1 false',
    '2 true',
    '3 false',
    '4 true',
    '5 false',
  ]);
});

test.each([
  ['nonsense', 'GET / HTTP/1.1\r\n\r\n'],
  ['an unknown message', '{"type":"shell"}\n'],
  ['another version', '{"type":"run","protocol":2}\n'],
  [
    'a run with more than it may hold',
    `${JSON.stringify({ type: 'run', protocol: 1, argv: [], columns: 80, root: true })}\n`,
  ],
  ['an endless line', Buffer.alloc(3 * 1024 * 1024, 'x')],
])('%s is hung up on and runs nothing', async (_what, bytes) => {
  let ran = 0;
  await serve(() => Promise.resolve((ran += 1)));
  expect([await raw(bytes), ran]).toEqual(['', 0]);
  expect((await command([])).code).toBe(1);
});

test('closing answers a waiting question with no and lets the command end', async () => {
  let answered: boolean | undefined;
  let asked = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (asked = resolve));
  await serve(async (_argv, io) => {
    answered = await io.ask('Sure?');
    return 0;
  });
  const ask = () => {
    asked();
    return new Promise<boolean>(() => undefined);
  };
  const broken = command(['x'], { ask }).catch((error: unknown) => error);
  await waiting;
  await socket?.close();
  expect(answered).toBe(false);
  expect(await broken).toMatchObject({
    exitCode: 5,
    message: expect.stringContaining('The server broke off') as string,
  });
  expect(await connectToServer(path)).toBeUndefined();
});

test('an operator who goes away has said no', async () => {
  let answer = (_yes: boolean): void => undefined;
  const answered = new Promise<boolean>((resolve) => (answer = resolve));
  await serve(async (_argv, io) => {
    answer(await io.ask('Sure?'));
    return 0;
  });
  const { io } = recordingIo(new Map(), { interactive: true });
  const server = await connectToServer(path);
  const gone = runRemotely(server as never, ['x'], {
    ...io,
    ask: () => (server?.destroy(), Promise.resolve(true)),
  });
  await expect(gone).rejects.toThrow(Failure);
  expect(await answered).toBe(false);
});
