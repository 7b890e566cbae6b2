/** The command's side of the admin socket: hands the arguments to the server, shows, answers, fetches files. */
import { connect, type Socket } from 'node:net';
import { Failure, type AdminIo } from './admin';
import { FILE_PART, fromServer, MAX_LINE, receive, send, type FromServer } from './wire';

/** Connects to a server's admin socket; undefined when nobody answers there. */
export function connectToServer(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => {
      resolve(undefined);
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** Runs a command in the server and gives its exit code. @throws Failure when the server breaks off. */
export function runRemotely(socket: Socket, argv: readonly string[], io: AdminIo): Promise<number> {
  return new Promise((resolve, reject) => {
    let code: number | undefined;
    const conversation: Conversation = { socket, argv, io, parts: [] };
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (code !== undefined) resolve(code);
      else reject(brokenOff());
    });
    receive(socket, fromServer, MAX_LINE.fromServer, (message) => {
      if (message.type === 'exit') code = message.code;
      else
        react(message, conversation).catch(() => {
          socket.destroy();
        });
    });
    const { columns, colour, interactive, timeZone, operator } = io;
    send(socket, {
      type: 'run',
      protocol: 1,
      argv: [...argv],
      columns: Math.min(Math.max(columns, 40), 1000),
      colour,
      interactive,
      timeZone,
      operator: operator.slice(0, 100),
    });
  });
}

const brokenOff = (): Failure =>
  new Failure(
    'unavailable',
    'The server broke off; see whether it still runs and is of the same version, then look whether the command was done.',
  );

interface Conversation {
  socket: Socket;
  argv: readonly string[];
  io: AdminIo;
  /** Parts of a file that the server is about to have saved. */
  parts: Buffer[];
}

async function react(
  message: Exclude<FromServer, { type: 'exit' }>,
  conversation: Conversation,
): Promise<void> {
  const { socket, io } = conversation;
  switch (message.type) {
    case 'stdout':
      io.stdout(message.text);
      return;
    case 'stderr':
      io.stderr(message.text);
      return;
    case 'ask':
      send(socket, { type: 'answer', yes: await io.ask(message.question) });
      return;
    case 'read':
      await sendFile(message, conversation);
      return;
    case 'save_part':
      conversation.parts.push(Buffer.from(message.content, 'base64'));
      return;
    case 'save':
      await saveFile(message, conversation);
  }
}

/** What the operator named on the command line, and nothing else, is read or written. */
const isNamed = (argv: readonly string[], path: string): boolean =>
  argv.some((argument) => argument === path || argument.endsWith(`=${path}`));

async function saveFile(
  { folder, name, content }: Extract<FromServer, { type: 'save' }>,
  conversation: Conversation,
): Promise<void> {
  const { socket, argv, io, parts } = conversation;
  conversation.parts = [];
  try {
    if (!isNamed(argv, folder))
      throw new Failure('failed', 'The server would write into a folder that the command does not name.');
    await io.saveFile(folder, name, Buffer.concat([...parts, Buffer.from(content, 'base64')]));
    send(socket, { type: 'saved' });
  } catch (error) {
    const reason = error instanceof Failure ? error.message : 'The file cannot be written.';
    send(socket, { type: 'no_file', reason: reason.slice(0, 1000) });
  }
}

async function sendFile(
  { path, limit }: Extract<FromServer, { type: 'read' }>,
  { socket, argv, io }: Conversation,
): Promise<void> {
  try {
    if (!isNamed(argv, path))
      throw new Failure('failed', 'The server asked for a file that the command does not name.');
    const content = await io.readFile(path, limit);
    let at = 0;
    for (; content.length - at > FILE_PART; at += FILE_PART)
      send(socket, { type: 'file_part', content: content.toString('base64', at, at + FILE_PART) });
    send(socket, { type: 'file', content: content.toString('base64', at) });
  } catch (error) {
    const reason = error instanceof Failure ? error.message : 'The file cannot be read.';
    send(socket, { type: 'no_file', reason: reason.slice(0, 1000) });
  }
}
