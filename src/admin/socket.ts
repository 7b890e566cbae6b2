/**
 * The server's side of the admin socket: `DATA_DIR/admin.sock`. The embedded database belongs to one process, so
 * commands given beside a running server run inside it. Whoever may open the socket may do everything: the
 * folder is 0700 and the socket 0600, and nothing of it is reachable over the network.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { EXIT, Failure, type AdminIo } from './admin';
import { FILE_PART, fromCommand, MAX_LINE, receive, send, type FromCommand } from './wire';

/** Runs one command. Never rejects. */
export type RunCommand = (argv: readonly string[], io: AdminIo) => Promise<number>;

export interface AdminSocket {
  /** @throws Error when the path cannot be listened at (a Unix socket's path may have about 100 bytes). */
  listen(): Promise<void>;
  /** Takes no more commands and waits up to 5 s for those under way; unanswered questions count as no. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 8;
const GREETING_MS = 10_000;
const ANSWER_MS = 600_000;
const CLOSE_MS = 5000;

interface Conversation {
  /** Ends a question that waits for its answer. */
  hangUp(): void;
  done: Promise<void>;
}

/** Listens at `path`; the lock on the data folder makes sure that whatever stands there is stale. */
export function createAdminSocket(path: string, run: RunCommand): AdminSocket {
  const conversations = new Set<Conversation>();
  const server = createServer((socket) => {
    const conversation = converse(socket, run);
    conversations.add(conversation);
    void conversation.done.then(() => conversations.delete(conversation));
  });
  server.maxConnections = MAX_CONNECTIONS;

  return {
    listen: () =>
      new Promise((resolve, reject) => {
        rmSync(path, { force: true });
        server.once('error', reject);
        server.listen(path, () => {
          chmodSync(path, 0o600);
          server.off('error', reject);
          resolve();
        });
      }),
    close: async () => {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      const open = [...conversations];
      for (const conversation of open) conversation.hangUp();
      const late = AbortSignal.timeout(CLOSE_MS);
      const tooLate = new Promise((resolve) => {
        late.addEventListener('abort', resolve);
      });
      await Promise.race([Promise.all([closed, ...open.map(({ done }) => done)]), tooLate]);
    },
  };
}

/** What the operator's side answers, a file in one piece. */
type Reply = Exclude<FromCommand, { type: 'run' | 'file' | 'file_part' }> | { type: 'file'; content: Buffer };

/** Puts a file together again. */
interface Assembly {
  parts: Buffer[];
  /** Bytes that may still come. */
  room: number;
}

/** One connection: a command comes, runs, asks back as often as it likes, and ends. */
function converse(socket: Socket, run: RunCommand): Conversation {
  let waiting: ((reply: Reply | undefined) => void) | undefined;
  let running: Promise<void> | undefined;
  let file: Assembly = { parts: [], room: 0 };
  const reply = (message: Reply | undefined): void => {
    waiting?.(message);
    waiting = undefined;
  };
  const question: Ask = (message) =>
    new Promise((resolve) => {
      if (!socket.writable) {
        resolve(undefined);
        return;
      }
      waiting = resolve;
      file = { parts: [], room: message.type === 'read' ? message.limit : 0 };
      send(socket, message);
    });
  /** False when more comes than was asked for. */
  const takePart = (content: string): boolean => {
    const part = Buffer.from(content, 'base64');
    file.parts.push(part);
    file.room -= part.length;
    return waiting !== undefined && file.room >= 0;
  };

  socket.setTimeout(GREETING_MS, () => socket.destroy());
  const gone = new Promise<void>((resolve) => {
    socket
      .on('error', () => undefined)
      .once('close', () => {
        reply(undefined);
        resolve();
      });
  });
  receive(socket, fromCommand, MAX_LINE.fromCommand, (message) => {
    if (message.type === 'file' || message.type === 'file_part') {
      if (!takePart(message.content)) socket.destroy();
      else if (message.type === 'file') reply({ type: 'file', content: Buffer.concat(file.parts) });
      return;
    }
    if (message.type !== 'run') {
      reply(message);
      return;
    }
    socket.setTimeout(ANSWER_MS);
    running ??= run(message.argv, remoteIo(socket, message, question))
      .catch(() => EXIT.failed)
      .then((code) => {
        send(socket, { type: 'exit', code });
        socket.end();
      });
  });
  return {
    hangUp: () => {
      if (waiting || !running) socket.destroy();
    },
    done: gone.then(() => running),
  };
}

type Ask = (
  message:
    | { type: 'ask'; question: string }
    | { type: 'read'; path: string; limit: number }
    | { type: 'save'; folder: string; name: string; content: string },
) => Promise<Reply | undefined>;

/** The operator at the other end of the connection. */
function remoteIo(socket: Socket, hello: Extract<FromCommand, { type: 'run' }>, question: Ask): AdminIo {
  const { columns, colour, interactive, operator } = hello;
  return {
    columns,
    colour,
    interactive,
    operator,
    timeZone: knownZone(hello.timeZone),
    stdout: (text) => {
      send(socket, { type: 'stdout', text });
    },
    stderr: (text) => {
      send(socket, { type: 'stderr', text });
    },
    ask: async (text) => {
      const answer = await question({ type: 'ask', question: text });
      return answer?.type === 'answer' && answer.yes;
    },
    readFile: async (path, limit) => {
      const answer = await question({ type: 'read', path, limit });
      if (answer?.type === 'no_file') throw new Failure('usage', answer.reason);
      if (answer?.type !== 'file') throw new Failure('failed', 'The file did not arrive; try again.');
      return answer.content;
    },
    saveFile: async (folder, name, content) => {
      let at = 0;
      for (; content.length - at > FILE_PART; at += FILE_PART)
        send(socket, { type: 'save_part', content: content.toString('base64', at, at + FILE_PART) });
      const answer = await question({ type: 'save', folder, name, content: content.toString('base64', at) });
      if (answer?.type === 'no_file') throw new Failure('usage', answer.reason);
      if (answer?.type !== 'saved') throw new Failure('failed', 'The file was not saved; try again.');
    },
  };
}

function knownZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return 'UTC';
  }
}
